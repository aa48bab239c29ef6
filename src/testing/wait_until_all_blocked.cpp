// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/testing/wait_until_all_blocked.hpp>

#include <new>
#include <utility>

#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 { namespace testing { namespace detail {

/// Goes through the ready queue once a turn, while somebody waits, and sees whether it is
/// alone there. One a loop, so that those who wait do not keep each other from it.
class quiet_watch final : rondo::detail::entry {
 public:
  explicit quiet_watch(loop& l) noexcept : sched_(l.scheduler()) { fire = &fired; }

  void add(all_blocked_operation& op) noexcept {
    waiting_.push_front(op);
    quiet_turns_ = 0;
    if (!posted_) post();
  }

 private:
  // A loop that is busy, as this makes it, may look at its kernel only every 16 turns
  // (loop::turn): what that has ready must have had its chance, and twice, because one
  // answer may be the beginning of another.
  static constexpr unsigned enough = 40;

  void post() noexcept {
    posted_ = true;
    was_first_ = !sched_.has_ready();
    sched_.post(*this);
  }
  static void fired(rondo::detail::entry& e) noexcept {
    auto& w = static_cast<quiet_watch&>(e);
    w.posted_ = false;
    if (w.waiting_.empty()) return;
    // Nothing before it in this turn, nothing behind it, nothing for the next one.
    bool alone = w.was_first_ && !e.next && !w.sched_.has_ready();
    w.quiet_turns_ = alone ? w.quiet_turns_ + 1 : 0;
    if (w.quiet_turns_ < enough) return w.post();
    while (all_blocked_operation* op = w.waiting_.pop_front()) op->complete();
  }

  rondo::detail::scheduler& sched_;
  rondo::detail::list<all_blocked_operation> waiting_;
  unsigned quiet_turns_ = 0;
  bool posted_ = false;
  bool was_first_ = false;
};

bool all_blocked_operation::begin() noexcept {
  try {
    watch_ = &loop::of(*waiter()).local<quiet_watch>();
  } catch (const std::bad_alloc&) {
    out_of_memory_ = true;
    return true;
  }
  watch_->add(*this);
  return false;
}

bool all_blocked_operation::cancel() noexcept {
  unlink();
  return true;
}

void all_blocked_operation::result() {
  if (out_of_memory_) throw std::bad_alloc();
}

}}}}  // namespace rondo::v0::testing::detail
