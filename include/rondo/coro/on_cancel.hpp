// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <rondo/coro/current_task.hpp>
#include <rondo/detail/config.hpp>

namespace rondo { inline namespace v0 {

/// Calls a function if the scope that it stands in is left because its task is
/// cancelled: what `except asyncio.CancelledError` notes before it raises again.
///
///     rondo::on_cancel guard([&] { job.state = "stopped"; });
///
/// It is not called when the scope is left otherwise, be it by an exception, nor
/// when the task was cancelled but came to its end all the same. The function runs
/// in the order of destructors, cannot await, and must not throw: that ends the
/// program, as from any destructor of a task that is unwound.
template <class F>
class [[nodiscard]] on_cancel {
  static_assert(std::is_invocable_v<F&>, "rondo: on_cancel takes a function without arguments");

 public:
  explicit on_cancel(F f) noexcept(std::is_nothrow_move_constructible_v<F>)
      : function_(std::move(f)), in_unwinding_(unwinding()) {}
  on_cancel(const on_cancel&) = delete;
  on_cancel& operator=(const on_cancel&) = delete;
  ~on_cancel() {
    // One that a destructor made during an unwinding is not left by it.
    if (!in_unwinding_ && unwinding()) function_();
  }

 private:
  F function_;
  bool in_unwinding_;
};

}}  // namespace rondo::v0
