// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/scheduler.hpp>

namespace rondo { inline namespace v0 { namespace detail {

class backend;

/// The part of a loop that other threads may hold: a queue of entries and the
/// way to wake the loop. Counted; outlives the loop. All of it is thread safe.
class loop_link final : public outside_link {
 public:
  static loop_link* make(backend& kernel);

  void hold() noexcept override;
  void release() noexcept override;
  /// Drops e when the loop has closed: then nobody can miss it any more.
  void post_and_release(entry& e) noexcept override;

  /// Posts e; false when the loop has closed.
  bool post(entry& e) noexcept;
  /// Moves what was posted into the ready queue. The loop's thread only.
  void drain(scheduler& s) noexcept;
  /// True if drain may have something to do.
  bool has_posts() const noexcept;
  /// References of others: tasks may be woken from there.
  unsigned holders() const noexcept;

  /// No post is accepted from now on.
  void close() noexcept;

  loop_link(const loop_link&) = delete;
  loop_link& operator=(const loop_link&) = delete;

 private:
  explicit loop_link(backend& kernel);
  ~loop_link();
  friend class owed_wake;
  struct state;
  state* state_;
};

/// To wake a loop that sleeps costs microseconds, and its thread may take the processor from
/// the one that wakes it. A thread that has more for the loop soon lets it sleep until then.
/// A loop that does not sleep sees at once what was posted. Belongs to its thread.
class owed_wake {
 public:
  owed_wake() noexcept = default;
  owed_wake(const owed_wake&) = delete;
  owed_wake& operator=(const owed_wake&) = delete;
  ~owed_wake() { pay(); }

  /// Calls f, which throws nothing; the loop is woken for what f completes when pay is called.
  /// That must be soon: nothing else wakes it for that, and it does not close before.
  template <class F>
  void owing(F f) noexcept {
    make_current(this);
    f();
    make_current(nullptr);
  }
  bool owed() const noexcept { return of_ != nullptr; }
  void pay() noexcept;

 private:
  friend class loop_link;
  static void make_current(owed_wake* w) noexcept;
  loop_link::state* of_ = nullptr;
  backend* sleeps_ = nullptr;
};

}}}  // namespace rondo::v0::detail
