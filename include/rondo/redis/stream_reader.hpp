// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace redis {

/// An entry of a stream.
struct stream_entry {
  std::string stream;  ///< its key
  std::string id;      ///< "1700000000000-0"
  std::vector<std::pair<std::string, std::string>> fields;
  /// The stream was cut (MAXLEN, XTRIM) behind the entry that was read last: what stood
  /// between may have been lost unread.
  bool gap = false;
  /// Of a group: it was given to somebody before, who has not acknowledged it.
  bool again = false;

  /// The value of a field; none if there is none.
  std::optional<std::string_view> field(std::string_view name) const noexcept;
};

struct stream_options {
  /// Entries fetched at a time.
  std::size_t count = 100;
  /// How long the server waits for new ones before we ask anew.
  delay block = std::chrono::seconds(5);
};
static_assert(std::is_trivially_destructible_v<stream_options>);

struct group_options {
  std::size_t count = 100;
  delay block = std::chrono::seconds(5);
  /// Where a group that is made begins: "0" with the stream's first entry, "$" behind its
  /// last. Copied at the call.
  std::string_view from = "0";
  /// Takes over entries that another consumer was given so long ago and has not acknowledged;
  /// none: leaves them alone.
  std::optional<delay> claim_after = std::chrono::minutes(1);
};
static_assert(std::is_trivially_destructible_v<group_options>);

namespace detail {
class stream_reader_core;
struct end_stream_reader {
  void operator()(stream_reader_core* core) const noexcept;
};
}  // namespace detail

/// Entries of a stream, one after the other, from client::read_stream and client::read_group;
/// when the stream has no more it waits for new ones, on a connection of its own. It knows
/// where it stands, so connections come and go:
///
///     auto log = r.read_stream("log", "0");
///     while (auto e = co_await log.next()) use(e->id);
///
/// One reader at a time. Belongs to the loop's thread.
class [[nodiscard]] stream_reader {
 public:
  explicit stream_reader(detail::stream_reader_core* core) noexcept;

  /// The next entry; never none. Waits as long as it takes, also for a server that is not
  /// there. Throws redis::error (WRONGTYPE, NOPERM…), not_connected when the client is closed.
  /// Cancelling it loses nothing: what is on its way is there for the next call.
  RONDO_CORO_COPYING_WRAPPER task<std::optional<stream_entry>> next();
  /// Of a group: the entry is done with. Throws as call does; usage_error without a group.
  /// Cancelled as call is.
  RONDO_CORO_COPYING_WRAPPER task<> ack(const stream_entry& entry);

 private:
  std::unique_ptr<detail::stream_reader_core, detail::end_stream_reader> core_;
};

}}}  // namespace rondo::v0::redis
