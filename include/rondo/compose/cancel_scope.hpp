// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include <rondo/compose/detail/cancel_scope.hpp>
#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/detail/body.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

/// A region that can be cancelled as a whole, with a deadline that can be moved:
/// trio's CancelScope, `asyncio.timeout`.
///
///     rondo::cancel_scope scope(5s);
///     auto page = co_await scope.run(fetch(url));   // optional: empty if it was cancelled
///
/// What runs in it is cancelled when the deadline passes or cancel() is called;
/// completion wins. A cancelled scope stays cancelled: later runs are cancelled
/// before they begin. time_point::max() and delays of more than 292 years mean
/// no deadline. Belongs to the loop's thread: elsewhere cancel and reschedule throw
/// usage_error while something runs in it. Must outlive its runs.
class cancel_scope {
 public:
  cancel_scope() noexcept = default;
  explicit cancel_scope(delay timeout) { reschedule(timeout); }
  explicit cancel_scope(time_point deadline) { reschedule(deadline); }

  void cancel() {
    core_.require_own_thread("cancel");
    core_.cancel();
  }
  bool cancelled() const noexcept { return core_.cancelled(); }
  /// Whether it was the deadline that cancelled it.
  bool timed_out() const noexcept { return core_.timed_out(); }

  void reschedule(delay timeout) {
    core_.require_own_thread("reschedule");
    core_.set_deadline(timeout.endless() ? detail::timer_queue::never
                                         : timeout.after(now().time_since_epoch().count()));
  }
  void reschedule(time_point deadline) {
    core_.require_own_thread("reschedule");
    core_.set_deadline(deadline.time_since_epoch().count());
  }
  /// Empty when there is none.
  std::optional<time_point> deadline() const noexcept {
    if (core_.deadline_ns() == detail::timer_queue::never) return std::nullopt;
    return time_point(std::chrono::nanoseconds(core_.deadline_ns()));
  }

  /// Runs something in the scope and gives its value, or empty when the scope
  /// was cancelled first. Exceptions pass through.
  template <class A>
    requires detail::awaitable<A>
  awaitable<std::optional<detail::element_t<awaited_t<A>>>> auto run(A&& what) {
    return detail::scope_operation<detail::body_type<A>>(detail::make_body(std::forward<A>(what)),
                                                         core_);
  }
  template <class A>
    requires(!detail::awaitable<A>)
  detail::not_awaitable run(A&&) {
    detail::require_awaitable<A>();
    return {};
  }

 private:
  detail::scope_core core_;
};

}}  // namespace rondo::v0
