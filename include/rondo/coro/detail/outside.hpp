// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/operation.hpp>
#include <rondo/detail/list.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// The share that somebody outside has in a loop: while there is one, the loop does not
/// take itself for deadlocked.
struct outside_hold {
  scheduler* sched;
  /// Another thread works at it and will tell by itself, so virtual time waits for it. Not
  /// what waits for somebody's wish: a promise to be kept, a stop to be requested.
  bool works;

  // On the loop's thread.
  void take() const noexcept {
    sched->outside->hold();
    if (works) ++sched->threads_at_work;
  }
  void give_back() const noexcept {
    if (works) --sched->threads_at_work;
    sched->outside->release();
  }
};

/// How an operation learns of what happens outside of its loop: on another thread, in a
/// foreign coroutine, in a callback. Part of the operation, or of what outlives it.
///
///   loop's thread   hold(op) ──────────> give *this away ─── … ──> arrived(op)
///   another thread                       arrive() ────────────────────^
///
/// - hold comes first, and only then may another thread see this: it could arrive before
///   the line that gave it away has returned.
/// - Then either arrive is called, once, by whoever; or, on the loop's thread, withdraw.
///   Who of the two comes is not decided here but by a lock or an atomic exchange of those
///   who share the thing: cancelling takes it back, or says false and waits for the arrival.
/// - After arrive the operation belongs to its loop's thread, which may have destroyed it
///   already, and this with it. Nothing of either may be touched: not after the call, and
///   not by a lock that is still held in it.
/// - arrived runs from the loop's top level, as whatever completes an operation does. Until
///   then the operation waits, so it may not be left, whatever cancels it.
class outside : private entry {
 public:
  using callback = void (*)(operation&) noexcept;

  outside() noexcept = default;
  outside(const outside&) noexcept : entry() {}  // with an operation that has not begun
  outside& operator=(const outside&) = delete;

  enum class by { thread, wish };
  void hold(operation& op, by who, callback arrived = &completed) noexcept {
    op_ = &op;
    arrived_ = arrived;
    works_ = who == by::thread;
    fire = &fired;
    link_ = op.waiter()->sched().outside;
    share().take();
  }
  operation& waiting() const noexcept { return *op_; }
  /// Between hold and what ends it, seen from the loop's thread.
  bool held() const noexcept { return link_ != nullptr; }

  /// Thread safe.
  void arrive() noexcept {
    outside_link* link = link_;
    link->post_and_release(*this);
  }
  /// The same, which on the loop's own thread does not wait for the next turn.
  void arrive_or_fire() noexcept {
    if (&op_->waiter()->sched() != this_thread_scheduler) return arrive();
    outside_link* link = link_;
    fired(*this);
    link->release();
  }

  /// Nobody will call arrive.
  void withdraw() noexcept {
    link_ = nullptr;
    share().give_back();
  }
  /// What withdraw gives back: for who must leave this before that is known.
  outside_hold share() const noexcept { return {&op_->waiter()->sched(), works_}; }

 private:
  static void completed(operation& op) noexcept { op.complete(); }
  static void fired(entry& e) noexcept;

  operation* op_ = nullptr;
  outside_link* link_ = nullptr;
  callback arrived_ = nullptr;
  bool works_ = false;
};

/// One of several that wait for the same thing, in a list that a lock guards.
class outside_waiter : public outside, public list_link<outside_waiter> {};

}}}  // namespace rondo::v0::detail
