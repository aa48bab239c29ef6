// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <utility>

#include <rondo/coro/detail/entry.hpp>
#include <rondo/coro/diagnostic.hpp>

namespace rondo { inline namespace v0 { namespace detail {

class node;
class step_record;

/// Past this much native stack a transfer between coroutines returns to the
/// loop and goes on in the same turn. Compilers promise no tail call at -O0.
inline constexpr long stack_limit = 32L * 1024;

/// How many operations that are ready at once a task may take before it yields.
inline constexpr unsigned turn_budget = 128;

/// The way into a scheduler from outside: from other threads, and from what can
/// complete without being seen by the loop. Every hold() keeps the loop from
/// taking itself for deadlocked, until one of the releases. The link outlives
/// the scheduler as long as it is held; posts to a closed one are dropped.
/// Thread safe.
class outside_link {
 public:
  virtual void hold() noexcept = 0;
  virtual void release() noexcept = 0;
  /// Posts e, to be fired on the scheduler's thread, and releases.
  virtual void post_and_release(entry& e) noexcept = 0;

 protected:
  ~outside_link() = default;
};

/// Names a scheduler, also when it is gone: no other ever has the same. 0: none.
using scheduler_id = unsigned long;

/// What runs coroutines: the ready queue, turns, and who is running. It knows
/// nothing of time or of the operating system; the loop above it does.
///
/// Belongs to one thread. All of it is noexcept: user code's exceptions end in
/// the promise of the coroutine that they leave.
class scheduler {
 public:
  scheduler() noexcept;
  ~scheduler();
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;

  /// From here on, this thread is the scheduler's; until leave_thread.
  void enter_thread() noexcept;
  static void leave_thread() noexcept;

  void post(entry& e) noexcept {
    e.next = nullptr;
    *tail_ = &e;
    tail_ = &e.next;
  }
  bool has_ready() const noexcept { return head_ != nullptr; }

  /// Runs exactly what was ready when it was called; what that posts waits for
  /// the next turn.
  void run_turn() noexcept {
    entry* e = head_;
    head_ = nullptr;
    tail_ = &head_;
    if (step) [[unlikely]]
      return run_watched(e);
    while (e) {
      entry* next = e->next;
      e->fire(*e);
      e = next;
    }
  }

  /// Resumes h on behalf of n, and whatever it transfers to. Top level only.
  inline void resume(node& n, std::coroutine_handle<> h) noexcept;

  /// The handle to transfer to: h, or a return to the loop when the native
  /// stack has grown deep.
  std::coroutine_handle<> transfer(std::coroutine_handle<> h) noexcept {
    if (stack_base_ - static_cast<char*>(__builtin_frame_address(0)) > stack_limit) [[unlikely]] {
      pending_ = h;
      return std::noop_coroutine();
    }
    return h;
  }

  /// Whether p points into the native stack of what runs in this step: gone when the
  /// step has ended.
  bool on_stack_of_step(const void* p) const noexcept {
    return p > __builtin_frame_address(0) && p < stack_base_;
  }

  /// Takes one ready operation from the running task's budget.
  bool take_budget() noexcept {
    if (budget_ == 0) [[unlikely]]
      return false;
    --budget_;
    return true;
  }

  /// In a child of fork, which is not to run any of this: when the step that has
  /// forked suspends, h is resumed in place of the other tasks.
  void divert(std::coroutine_handle<> h) noexcept {
    if (current) pending_ = h;
  }

  /// Hands a problem to the exception handler of the loop.
  void report(const diagnostic& d) noexcept;

  const scheduler_id id;
  node* current = nullptr;   ///< whose code runs now, or null
  node* finished = nullptr;  ///< whose outermost coroutine has just reached its end
  node* top = nullptr;       ///< the node above all others
  outside_link* outside = nullptr;
  diagnostic_handler handler;
  bool debug = false;
  unsigned threads_at_work = 0;  ///< jobs on other threads that will post when done
  step_record* step = nullptr;   ///< of the watchdog's; null without one

 private:
  void run_watched(entry* first) noexcept;
  void begin_resume(const node& n) noexcept;
  void end_resume(const node& n) noexcept;

  entry* head_ = nullptr;
  entry** tail_ = &head_;
  std::coroutine_handle<> pending_;
  char* stack_base_ = nullptr;
  unsigned budget_ = 0;
  scheduler* next_alive_ = nullptr;
  friend bool is_alive(scheduler_id) noexcept;
};

/// The scheduler that runs on this thread, or null.
extern constinit thread_local scheduler* this_thread_scheduler;
/// Its id; 0 when there is none.
extern constinit thread_local scheduler_id this_thread_scheduler_id;

/// Whether the scheduler of this id still is. Thread safe.
bool is_alive(scheduler_id id) noexcept;

}}}  // namespace rondo::v0::detail
