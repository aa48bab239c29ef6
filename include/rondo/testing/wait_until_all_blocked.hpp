// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/operation.hpp>
#include <rondo/detail/list.hpp>

namespace rondo { inline namespace v0 { namespace testing {

namespace detail {

class quiet_watch;

class [[nodiscard]] all_blocked_operation final
    : public rondo::detail::operation,
      public rondo::detail::list_link<all_blocked_operation> {
 public:
  all_blocked_operation() noexcept = default;
  all_blocked_operation(all_blocked_operation&&) noexcept = default;

  bool begin() noexcept override;
  bool cancel() noexcept override;
  void result();
  const char* describe() const noexcept override { return "wait_until_all_blocked"; }

 private:
  quiet_watch* watch_ = nullptr;
  bool out_of_memory_ = false;
};

}  // namespace detail

/// Waits until every other task of the loop waits for something that only time, the kernel,
/// a thread or the caller can bring, and no callback is to be called: trio's
/// wait_all_tasks_blocked. Virtual time stands still meanwhile. So a test can say "now it
/// waits" without a sleep that hopes to be long enough.
///
/// Several tasks may wait so at the same time; they count as blocked for each other. What
/// another process or a thread has yet to do is not waited for. Throws nothing. Cancelling it
/// takes effect at once.
inline detail::all_blocked_operation wait_until_all_blocked() noexcept { return {}; }

}}}  // namespace rondo::v0::testing
