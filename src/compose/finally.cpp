// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/compose/finally.hpp>

#include <rondo/compose/wait_for.hpp>

namespace rondo { inline namespace v0 { namespace detail {

void finally_base::begin_limit(node& cleanup) noexcept {
  if (limit_ == timer_queue::never) return;
  cleanup_ = &cleanup;
  expire = [](timer& t) noexcept {
    auto& op = static_cast<finally_base&>(t);
    op.cut_off_ = true;
    if (const promise_base* root = op.cleanup_->root())
      op.cleanup_function_ = root->created().function_name();
    if (const operation* waited = op.cleanup_->waiting_on()) op.waited_for_ = waited->describe();
    if (const promise_base* leaf = op.cleanup_->leaf()) {
      op.waiting_function_ = leaf->created().function_name();
      op.waiting_at_ = leaf->awaiting();
    }
    op.cleanup_->request_cancel();
  };
  loop& l = loop::of(*waiter());
  l.timers().arm(*this, delay(std::chrono::nanoseconds(limit_)).after(l.now_ns()));
}

void finally_base::end_limit() noexcept { loop::of(*waiter()).timers().disarm(*this); }

void finally_base::report_cut_off() noexcept {
  if (!cut_off_) return;
  report_made([&] {
    std::string name = "?";
    if (cleanup_function_) {
      name = coroutine_name(cleanup_function_);
    } else if (waited_for_) {
      name = waited_for_;
    }
    std::string text = "the cleanup '" + name + "' of task '" + waiter()->name() +
                       "' was cut off after its limit of " + seconds(limit_);
    if (waited_for_ && waiting_function_)
      text += std::string("; it waited for ") + waited_for_ + " in " +
              coroutine_name(waiting_function_) + " at " + short_location(waiting_at_);
    return diagnostic{problem::cleanup_cut_off, std::move(text)};
  });
}

void finally_base::report_failed(const std::exception_ptr& error) noexcept {
  report_made([&] {
    return diagnostic{problem::exception_not_retrieved,
                      "the cleanup of a cancelled task failed: " + rondo::describe(error), error};
  });
}

void finally_base::report_replaced(const std::exception_ptr& error) noexcept {
  report_made([&] {
    return diagnostic{problem::exception_not_retrieved,
                      "the body before a failed cleanup failed too: " + rondo::describe(error),
                      error};
  });
}

}}}  // namespace rondo::v0::detail
