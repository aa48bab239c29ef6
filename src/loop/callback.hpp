// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <rondo/coro/context_var.hpp>
#include <rondo/coro/detail/frame_pool.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// A function posted to the ready queue, once. Calls of other threads bring no
/// context: they run in a copy of the thread's.
struct posted_call : entry, pooled {
  unique_function<void()> function;
  context* ctx = nullptr;
  const char* kind;
  code_place asked_for_at;
  bool has_context = false;
  posted_call(unique_function<void()> f, const char* k, code_place where)
      : function(std::move(f)), kind(k), asked_for_at(where) {
    fire = [](entry& e) noexcept { static_cast<posted_call&>(e).call(); };
  }
  ~posted_call() { release(ctx); }
  void capture_context() noexcept {
    ctx = retain(current_context());
    has_context = true;
  }
  void call() noexcept;
};

/// A function at a point in time. Counted: by the queue while it is armed, and
/// by the user's `scheduled`.
struct scheduled_call : timer, entry, pooled, counted<scheduled_call> {
  unique_function<void()> function;
  context* ctx = detail::retain(current_context());
  timer_queue* queue;
  scheduler* sched;
  const char* kind;
  code_place asked_for_at;
  bool cancelled = false;

  void forget_call() noexcept {
    function.reset();
    detail::release(std::exchange(ctx, nullptr));
  }
  static void due(timer& t) noexcept;
  static void call(entry& e) noexcept;
};

}}}  // namespace rondo::v0::detail
