// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/coro/task.hpp>
#include <rondo/coro/task_handle.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/redis/detail/convert.hpp>
#include <rondo/redis/stream_reader.hpp>
#include <rondo/sync/event.hpp>
#include "redis/client_core.hpp"
#include "redis/lease.hpp"

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

/// Where a reader stands in its stream. A task of the loop's fetches what comes next, once it
/// was asked for; who is cancelled leaves it to work for the next call. All that is known is
/// here and changes in one step when an answer has come whole.
///
/// Of a group, the server knows as well what it has given us. What was on its way when a
/// connection ended is ours there, and was not seen here: it is asked for by its id, as what
/// is ours behind the last that was seen, before anything new. So is, at first, all that this
/// consumer has not acknowledged in an earlier life.
class stream_reader_core : public rondo::detail::counted<stream_reader_core> {
 public:
  using self_ref = rondo::detail::ref<stream_reader_core>;
  stream_reader_core(rondo::detail::ref<client_core> client, std::string_view key,
                     std::string_view after, stream_options options);
  stream_reader_core(rondo::detail::ref<client_core> client, std::string_view key,
                     std::string_view group, std::string_view consumer, group_options options);

  static task<std::optional<stream_entry>> next(self_ref self);
  static task<> ack(self_ref self, std::string id);
  /// Nobody wants more.
  void stop() noexcept;

 private:
  static task<> fetch_some(self_ref self);
  task<> fetch();
  task<> prepare(lease& on);
  task<> look_for_gap(lease& on);
  task<> claim(lease& on);
  task<> read(lease& on);
  task<reply> run(lease& on, command c, std::optional<delay> limit);
  void take(std::vector<reply>& entries, bool again);
  question to(std::string_view command) const noexcept { return {command, client_.get()}; }
  bool is_group() const noexcept { return !group_.empty(); }

  rondo::detail::ref<client_core> client_;
  const std::string key_;
  const std::string group_;  // empty: none
  const std::string consumer_;
  const std::string from_;
  const std::size_t count_;
  const delay block_;
  const std::optional<delay> claim_after_;

  bool prepared_ = false;   // the group is there; the place to begin at is known
  bool ours_first_ = true;  // of a group: what is ours and was not seen is asked for
  std::string last_;        // the id that was seen last
  bool behind_ = false;     // it may be that the stream is cut before we read on
  bool gap_ = false;        // it was: the next entry says so
  std::string claim_from_ = "0-0";
  std::int64_t next_claim_ = 0;
  std::deque<stream_entry> entries_;
  unsigned failures_ = 0;
  bool busy_ = false;  // a task waits in next
  bool fetching_ = false;
  task_handle<> fetcher_;
  event fetched_;
  std::exception_ptr failure_;
};

}}}}  // namespace rondo::v0::redis::detail
