// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/scheduler.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// The loop that an object belongs to: the one that has used it first, until that is
/// gone. So an object may be made before a loop runs, and serve several runs one
/// after the other, also on different threads.
class home_loop {
 public:
  home_loop() noexcept = default;
  explicit home_loop(scheduler_id id) noexcept : id_(id) {}

  /// Whether this thread may use it. One comparison where it may.
  bool here() noexcept { return id_ == this_thread_scheduler_id || move_here(); }

 private:
  bool move_here() noexcept;
  scheduler_id id_ = 0;  // 0: nobody has used it
};

}}}  // namespace rondo::v0::detail
