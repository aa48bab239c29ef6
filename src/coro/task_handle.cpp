// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/task_handle.hpp>

#include "coro/report_lost.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void throw_empty_handle() { throw usage_error("task_handle: it refers to no task"); }

void spawned_base::launch(node& parent, supervisor* who) noexcept {
  supervisor_ = who;
  retain();
  start_below(parent);
}

void spawned_base::keep_name() noexcept {
  if (!root()) return;
  coroutine_ = root()->created();
  last_await_line_ = root()->has_awaited() ? root()->awaiting().line : 0;
  coroutine_kind_ = root()->created_kind();
}

std::string spawned_base::display_name() const {
  std::string own = name();
  return own == "task" && coroutine_.line() ? coroutine_name(coroutine_.function_name()) : own;
}

std::string spawned_base::place_of_failure() const {
  std::string text, places;
  if (last_await_line_) {
    text = " after its co_await at " + short_location({coroutine_.file_name(), last_await_line_});
  } else if (coroutine_.line()) {
    text = " before its first co_await";
    places = std::string(place_word(coroutine_kind_)) + " at " + short_location(coroutine_);
  }
  if (created_at_.line())
    places += (places.empty() ? "created at " : ", created at ") + short_location(created_at_);
  return places.empty() ? text : text + " (" + places + ")";
}

void spawned_base::finish() noexcept {
  leave_tree();
  if (supervisor_) supervisor_->spawned_done(*this);
  while (completion_waiter* w = waiters_.pop_front()) w->notify(*w);
  release();
}

void spawned_base::report_if_unretrieved() noexcept {
  if (!failed() || retrieved_) return;
  report_lost(error(), [this] {
    return "task '" + display_name() + "' failed" + place_of_failure() +
           " and nobody asked for its result";
  });
}

void spawned_base::throw_wrong_thread(const char* caller) const {
  throw usage_error(std::string(caller) + ": task '" + display_name() +
                    "' runs on another thread's loop; use loop_ref::call_soon_threadsafe");
}

void spawned_base::throw_cannot_wait(const node* waiter) const {
  if (waiter == this) throw usage_error("task_handle: task '" + display_name() + "' awaits itself");
  throw usage_error("task_handle: task '" + display_name() +
                    "' runs on another thread's loop and cannot be awaited here; start it with "
                    "run_coroutine_threadsafe, or hand its result over in a promise");
}

void spawned_base::require_done() const {
  if (!done()) throw usage_error("task_handle::result: task '" + display_name() + "' still runs");
}

}}}  // namespace rondo::v0::detail
