// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include <rondo/coro/task.hpp>
#include <rondo/http/client/body.hpp>
#include <rondo/sync/event.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

struct transfer_state;

/// A body in pieces on its way to libcurl. A task (run) takes them from their
/// source; libcurl fetches them, and its transfer pauses while there are none. The
/// source waits while enough of them lie here.
class upload {
 public:
  explicit upload(transfer_state& t) noexcept : transfer_(t) {}
  upload(const upload&) = delete;
  upload& operator=(const upload&) = delete;

  /// Moves the body until the transfer has ended. Throws what its source throws.
  task<> run();
  /// The same until all of it has been sent.
  task<> run_to_end();

  /// For libcurl, as its read callback and seek callback.
  std::size_t take(char* to, std::size_t room) noexcept;
  bool rewind() noexcept;

  void drop_source() noexcept { source_ = {}; }

  bool paused() const noexcept { return paused_; }
  bool sent() const noexcept { return sent_; }
  /// The source has lost its meaning: the transfer has ended.
  void stop() noexcept { changed_.set(); }

 private:
  task<> wait();
  void check_length(bool at_end) const;
  void go_on();

  transfer_state& transfer_;
  body::pieces source_;
  event changed_;
  std::string ready_;
  std::size_t taken_ = 0;   // of ready_
  std::uint64_t come_ = 0;  // from the source
  bool opened_ = false;
  bool rewound_ = false;  // the source is to be opened anew
  bool ended_ = false;    // the source has no more
  bool paused_ = false;
  bool sent_ = false;  // libcurl knows the end
};

}}}  // namespace rondo::v0::http::detail
