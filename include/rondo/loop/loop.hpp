// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/coro/create_task.hpp>
#include <rondo/coro/detail/scheduler.hpp>
#include <rondo/coro/diagnostic.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/loop/backend_kind.hpp>
#include <rondo/loop/detail/timer_queue.hpp>
#include <rondo/loop/loop_ref.hpp>
#include <rondo/loop/scheduled.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

namespace detail {
class backend;
class loop_link;
class watchdog;
struct scheduled_call;
struct child_of_fork;
}  // namespace detail

struct loop_options {
  backend_kind backend = backend_kind::automatic;
  /// Finds blocked loops and keeps async_backtraces; also on with RONDO_DEBUG=1 and in debug
  /// builds.
  bool debug = false;
};

/// The event loop of one thread: runs tasks in turns, waits for the kernel and
/// for timers. `run` makes one by itself; make one yourself to run Rondo inside
/// of another loop (see fd and run_once).
///
/// Everything but ref(), backend() and time() belongs to the thread that made it: on
/// another one it throws usage_error.
class loop : private detail::scheduler {
 public:
  /// Throws usage_error when a loop runs on this thread already, and
  /// std::system_error when the backend cannot be had.
  explicit loop(loop_options options = {});
  /// Cancels what is left and waits for it.
  ~loop();
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  /// The loop of this thread; throws usage_error when there is none.
  static loop& current();

  backend_kind backend() const noexcept;
  /// Now on the loop's clock, read afresh.
  time_point time() const noexcept;

  /// Calls f in the next turn, with the context variables of who asks for it. It
  /// must not throw: an exception goes to the exception handler.
  template <class F>
  void call_soon(F&& f, std::source_location where = std::source_location::current()) {
    require_own_thread("call_soon");
    post_call(detail::unique_function<void()>(std::forward<F>(f)),
              {where.file_name(), where.line()});
  }
  template <class F>
  scheduled call_at(time_point when, F&& f,
                    std::source_location where = std::source_location::current()) {
    require_own_thread("call_at");
    return post_call_at(when.time_since_epoch().count(),
                        detail::unique_function<void()>(std::forward<F>(f)), "call_at",
                        {where.file_name(), where.line()});
  }
  template <class F>
  scheduled call_later(delay wait, F&& f,
                       std::source_location where = std::source_location::current()) {
    require_own_thread("call_later");
    return post_call_at((time() + wait).time_since_epoch().count(),
                        detail::unique_function<void()>(std::forward<F>(f)), "call_later",
                        {where.file_name(), where.line()});
  }

  loop_ref ref() noexcept;

  /// Receives the problems that no caller can be told of. Empty: standard error.
  void set_exception_handler(diagnostic_handler handler) {
    require_own_thread("set_exception_handler");
    this->handler = std::move(handler);
  }

  /// Starts a task from outside of tasks.
  template <class A>
  auto create_task(A&& what, std::source_location where = std::source_location::current()) {
    require_own_thread("create_task");
    auto handle = rondo::create_task(std::forward<A>(what), {}, where);
    notify_guest();
    return handle;
  }

  /// One turn: takes what the kernel has completed, fires due timers, runs what
  /// was ready. Does not wait. For use inside another loop: when fd() is readable,
  /// and after that loop has woken tasks by itself (event.set(), promise.set_value()).
  /// Throws usage_error inside of the loop's own tasks and callbacks, as run_until and
  /// cancel_all_and_wait do: co_await there.
  void run_once();
  /// Readable when run_once has something to do. -1 in virtual time.
  int fd();

  /// Runs turns until done() is true. Throws deadlock_error when it never can be.
  template <class Done>
  void run_until(Done&& done) {
    require_outside("run_until");
    while (!done()) {
      if (!turn(true)) throw_deadlock();
    }
  }

  /// Asks everything that still runs to stop, and runs it to its end.
  void cancel_all_and_wait();

  /// The loop's own T, made at its first use and destroyed when the loop closes,
  /// before its tasks could outlive it: name resolution, pools of connections.
  template <class T>
  T& local() {
    require_own_thread("local");
    static constexpr char key = 0;
    if (void* found = find_local(&key)) return *static_cast<T*>(found);
    auto* made = new T(*this);
    try {
      add_local(&key, made, [](void* p) noexcept { delete static_cast<T*>(p); });
    } catch (...) {
      delete made;
      throw;
    }
    return *made;
  }

  // For operations:
  static loop& of(const detail::node& n) noexcept { return static_cast<loop&>(n.sched()); }
  detail::backend& kernel() noexcept { return *backend_; }
  std::int64_t now_ns() const noexcept;
  detail::timer_queue& timers() noexcept { return timers_; }
  detail::scheduler& scheduler() noexcept { return *this; }

 private:
  class top_node;
  friend struct detail::scheduled_call;
  friend struct detail::child_of_fork;

  struct local_entry;
  void* find_local(const void* key) noexcept;
  void add_local(const void* key, void* object, void (*destroy)(void*) noexcept);

  void require_own_thread(const char* caller) const {
    if (detail::this_thread_scheduler != this) [[unlikely]]
      throw_wrong_thread(caller);
  }
  /// Throws inside of what the loop runs.
  void require_outside(const char* caller) const;
  [[noreturn]] void throw_wrong_thread(const char* caller) const;

  void post_call(detail::unique_function<void()> f, detail::code_place where);
  scheduled post_call_at(std::int64_t when, detail::unique_function<void()> f, const char* kind,
                         detail::code_place where);
  /// False: nothing can ever happen here.
  bool turn(bool may_wait) noexcept;
  void end_all() noexcept;
  void arm_kernel_timer() noexcept;
  void notify_guest() noexcept {
    if (guest_fd_ >= 0) arm_kernel_timer();
  }
  [[noreturn]] void throw_deadlock();

  detail::backend* backend_ = nullptr;
  detail::loop_link* link_ = nullptr;
  detail::watchdog* watchdog_ = nullptr;
  top_node* top_ = nullptr;
  local_entry* locals_ = nullptr;
  detail::timer_queue timers_;
  unsigned turns_without_poll_ = 0;
  bool closing_ = false;
  bool in_turn_ = false;
  int guest_timer_fd_ = -1;
  int guest_fd_ = -1;
};

/// The same calls on the loop of this thread, as in asyncio's loop methods.
template <class F>
void call_soon(F&& f, std::source_location where = std::source_location::current()) {
  loop::current().call_soon(std::forward<F>(f), where);
}
template <class F>
scheduled call_later(delay wait, F&& f,
                     std::source_location where = std::source_location::current()) {
  return loop::current().call_later(wait, std::forward<F>(f), where);
}
template <class F>
scheduled call_at(time_point when, F&& f,
                  std::source_location where = std::source_location::current()) {
  return loop::current().call_at(when, std::forward<F>(f), where);
}

}}  // namespace rondo::v0
