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
  struct state;
  state* state_;
};

}}}  // namespace rondo::v0::detail
