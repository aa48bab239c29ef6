// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "loop/child_of_fork.hpp"

#include <pthread.h>
#include <coroutine>
#include <utility>

#include <rondo/loop/loop.hpp>
#include "coro/fatal.hpp"
#include "loop/backend.hpp"
#include "loop/interrupt.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

[[noreturn]] void parents_loop_used() noexcept {
  fatal(
      "a child of fork goes on with a task of its parent, whose loop it does not have: let the "
      "child exec, _exit, or call rondo::run for tasks of its own");
}

/// In place of the parent's kernel interface, whose memory and fds are shared.
class parents_backend final : public backend {
 public:
  backend_kind kind() const noexcept override { parents_loop_used(); }
  bool start(io_operation&) noexcept override { parents_loop_used(); }
  bool cancel(io_operation&) noexcept override { parents_loop_used(); }
  void poll(std::int64_t, bool) noexcept override { parents_loop_used(); }
  bool wants_poll() noexcept override { parents_loop_used(); }
  void wake() noexcept override {}
  unsigned in_flight() const noexcept override { return 0; }
  std::int64_t now() noexcept override { return monotonic_now(); }
  int fd() noexcept override { return -1; }
  void forget(int) noexcept override {}
};

/// A coroutine whose only step ends the process.
struct refusal {
  struct promise_type {
    refusal get_return_object() noexcept {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept {}
  };
  std::coroutine_handle<> handle;
};
refusal refuse() {
  parents_loop_used();
  co_return;
}

}  // namespace

/// The thread that forks may be inside of a loop. The child does not have it: it
/// may run one of its own, but a step into the parent's ends it with a message.
struct child_of_fork {
  static void leave_loop() noexcept {
    interrupt_guard::leave_signals_to_default();
    scheduler* s = std::exchange(this_thread_scheduler, nullptr);
    if (!s) return;
    static refusal diverted = refuse();
    s->divert(diverted.handle);
    static parents_backend none;
    static_cast<loop*>(s)->backend_ = &none;
  }
};

void leave_loops_in_children() {
  [[maybe_unused]] static const int registered =
      ::pthread_atfork(nullptr, nullptr, &child_of_fork::leave_loop);
}

}}}  // namespace rondo::v0::detail
