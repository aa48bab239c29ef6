// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/compose/finally.hpp>

#include <rondo/loop/loop.hpp>
#include "compose/cut_off.hpp"
#include "coro/report_lost.hpp"
#include "detail/duration_text.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void finally_base::begin_limit(node& cleanup) noexcept {
  if (limit_ == timer_queue::never) return;
  cleanup_ = &cleanup;
  expire = [](timer& t) noexcept {
    auto& op = static_cast<finally_base&>(t);
    node& cleanup = *op.cleanup_;
    if (cleanup.cancel_requested()) return;
    op.cut_off_ = true;
    cleanup.request_cancel(
        reason_made([&] { return op.text(cleanup.name()) + place_of_waiting(cleanup); }));
  };
  loop& l = loop::of(*waiter());
  l.timers().arm(*this, delay(std::chrono::nanoseconds(limit_)).after(l.now_ns()));
}

void finally_base::end_limit() noexcept { loop::of(*waiter()).timers().disarm(*this); }

void finally_base::report_cut_off() noexcept {
  if (!cut_off_) return;
  report_made([&] {
    cancel_reason told = cleanup_->why_cancelled();
    return diagnostic{problem::cleanup_cut_off, told ? std::string(told.message()) : text("?")};
  });
}

std::string finally_base::text(const std::string& cleanup) const {
  return "the cleanup '" + cleanup + "' of task '" + waiter()->name() +
         "' was cut off after its limit of " + duration_text(std::chrono::nanoseconds(limit_));
}

void finally_base::report_failed(const std::exception_ptr& error) noexcept {
  report_lost(error, "the cleanup of a cancelled task failed");
}

void finally_base::report_replaced(const std::exception_ptr& error) noexcept {
  report_lost(error, "the body before a failed cleanup failed too");
}

}}}  // namespace rondo::v0::detail
