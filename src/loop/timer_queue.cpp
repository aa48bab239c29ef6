// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/loop/detail/timer_queue.hpp>

#include <bit>

namespace rondo { inline namespace v0 { namespace detail {

namespace {

void make_empty(timer_link& list) noexcept { list.next = list.previous = &list; }
bool is_empty(const timer_link& list) noexcept { return list.next == &list; }
timer& as_timer(timer_link* l) noexcept { return *static_cast<timer*>(l); }

unsigned digit(std::int64_t time, unsigned level, unsigned bits) noexcept {
  return static_cast<unsigned>(static_cast<std::uint64_t>(time) >> (level * bits)) &
         ((1u << bits) - 1);
}
unsigned level_of(std::int64_t a, std::int64_t b, unsigned bits) noexcept {
  auto different = static_cast<std::uint64_t>(a) ^ static_cast<std::uint64_t>(b);
  return static_cast<unsigned>(63 - std::countl_zero(different)) / bits;
}

}  // namespace

timer_queue::timer_queue() noexcept {
  for (auto& level : slots_)
    for (timer_link& slot : level) make_empty(slot);
  make_empty(due_);
}

void timer_queue::append(timer_link& list, timer_link& t) noexcept {
  t.next = &list;
  t.previous = list.previous;
  list.previous->next = &t;
  list.previous = &t;
}

void timer_queue::move_all(timer_link& from, timer_link& to) noexcept {
  if (is_empty(from)) return;
  from.next->previous = to.previous;
  to.previous->next = from.next;
  from.previous->next = &to;
  to.previous = from.previous;
  make_empty(from);
}

void timer_queue::place(timer& t) noexcept {
  if (t.deadline <= base_) {
    append(due_, t);
    return;
  }
  unsigned level = level_of(t.deadline, base_, bits);
  unsigned slot = digit(t.deadline, level, bits);
  append(slots_[level][slot], t);
  used_[level] |= std::uint64_t{1} << slot;
}

void timer_queue::arm(timer& t, std::int64_t deadline) noexcept {
  t.deadline = deadline;
  if (deadline < next_) next_ = deadline;
  ++count_;
  place(t);
}

void timer_queue::disarm(timer& t) noexcept {
  if (!t.armed()) return;
  t.previous->next = t.next;
  t.next->previous = t.previous;
  t.next = t.previous = nullptr;
  --count_;
}

// Stable merge sort, bottom up: bin i holds a sorted run of 2^i timers.
void timer_queue::sort(timer_link& list) noexcept {
  if (is_empty(list) || list.next->next == &list) return;
  timer_link* bins[64] = {};
  auto merge = [](timer_link* a, timer_link* b) {  // a was armed before b
    timer_link* head = nullptr;
    timer_link** end = &head;
    while (a && b) {
      timer_link*& first = as_timer(b).deadline < as_timer(a).deadline ? b : a;
      *end = first;
      end = &first->next;
      first = first->next;
    }
    *end = a ? a : b;
    return head;
  };
  list.previous->next = nullptr;
  for (timer_link* t = list.next; t;) {
    timer_link* rest = t->next;
    t->next = nullptr;
    unsigned i = 0;
    for (; bins[i]; ++i) {
      t = merge(bins[i], t);
      bins[i] = nullptr;
    }
    bins[i] = t;
    t = rest;
  }
  timer_link* sorted = nullptr;
  for (timer_link* bin : bins)
    if (bin) sorted = merge(bin, sorted);
  make_empty(list);
  for (timer_link* t = sorted; t;) {
    timer_link* rest = t->next;
    append(list, *t);
    t = rest;
  }
}

void timer_queue::advance(std::int64_t now) noexcept {
  if (now < next_) return;
  timer_link due;
  make_empty(due);
  sort(due_);  // armed in the past, so in any order
  move_all(due_, due);
  if (now > base_) {
    unsigned top = level_of(now, base_, bits);
    auto take_slots = [&](unsigned level, std::uint64_t which) {
      std::uint64_t used = used_[level] & which;
      used_[level] &= ~which;
      for (; used; used &= used - 1) {
        timer_link& slot = slots_[level][std::countr_zero(used)];
        if (level > 0) sort(slot);
        move_all(slot, due);
      }
    };
    // Below the highest digit that changes, everything is past; in that digit,
    // what lies before now's; now's own slot is dealt out anew.
    for (unsigned level = 0; level < top; ++level) take_slots(level, ~std::uint64_t{0});
    unsigned slot = digit(now, top, bits);
    take_slots(top, (std::uint64_t{1} << slot) - 1);
    timer_link present;
    make_empty(present);
    move_all(slots_[top][slot], present);
    used_[top] &= ~(std::uint64_t{1} << slot);
    base_ = now;
    while (!is_empty(present)) {
      timer& t = as_timer(present.next);
      t.previous->next = t.next;
      t.next->previous = t.previous;
      place(t);
    }
    sort(due_);
    move_all(due_, due);
  }
  next_ = never;  // calls below may arm; the rest is found by next_wakeup
  while (!is_empty(due)) {
    timer& t = as_timer(due.next);
    disarm(t);
    t.expire(t);
  }
  next_wakeup();
}

std::int64_t timer_queue::next_wakeup() noexcept {
  if (count_ == 0) return next_ = never;
  if (!is_empty(due_)) return next_ = base_;
  for (unsigned level = 0; level < levels; ++level) {
    while (used_[level]) {
      auto slot = static_cast<unsigned>(std::countr_zero(used_[level]));
      timer_link& list = slots_[level][slot];
      if (is_empty(list)) {  // its timers were disarmed
        used_[level] &= ~(std::uint64_t{1} << slot);
        continue;
      }
      std::int64_t first = never;
      int looked = 0;
      for (timer_link* t = list.next; t != &list && looked <= 16; t = t->next, ++looked)
        if (as_timer(t).deadline < first) first = as_timer(t).deadline;
      if (looked > 16) {
        unsigned shift = level * bits;
        std::uint64_t above = shift + bits >= 64 ? 0 : ~std::uint64_t{0} << (shift + bits);
        first = static_cast<std::int64_t>((static_cast<std::uint64_t>(base_) & above) |
                                          (std::uint64_t{slot} << shift));
      }
      return next_ = first;
    }
  }
  return next_ = never;
}

}}}  // namespace rondo::v0::detail
