// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/loop/detail/timer_queue.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace {

using rondo::detail::timer;
using rondo::detail::timer_queue;

struct numbered : timer {
  int number = 0;
  std::vector<int>* fired = nullptr;
  numbered() {
    expire = [](timer& t) noexcept {
      auto& self = static_cast<numbered&>(t);
      self.fired->push_back(self.number);
    };
  }
};

/// The same in the plainest way: an ordered map by deadline and order of arming.
struct model {
  std::multimap<std::int64_t, int> armed;  // equal keys keep their order of insertion
  void arm(int number, std::int64_t deadline) { armed.emplace(deadline, number); }
  void disarm(int number) {
    for (auto i = armed.begin(); i != armed.end(); ++i)
      if (i->second == number) {
        armed.erase(i);
        return;
      }
  }
  std::vector<int> advance(std::int64_t now) {
    std::vector<int> fired;
    auto end = armed.upper_bound(now);
    for (auto i = armed.begin(); i != end; ++i) fired.push_back(i->second);
    armed.erase(armed.begin(), end);
    return fired;
  }
  std::int64_t first() const { return armed.empty() ? timer_queue::never : armed.begin()->first; }
};

void compare_with_model(unsigned seed, std::int64_t span, int steps) {
  std::mt19937_64 random(seed);
  auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  timer_queue queue;
  model expected;
  std::vector<int> fired;
  constexpr int count = 200;
  std::vector<numbered> timers(count);
  for (int i = 0; i < count; ++i) {
    timers[static_cast<std::size_t>(i)].number = i;
    timers[static_cast<std::size_t>(i)].fired = &fired;
  }
  std::int64_t now = 1 + below(span);
  queue.advance(now);
  for (int step = 0; step < steps; ++step) {
    auto& t = timers[static_cast<std::size_t>(below(count))];
    int what = static_cast<int>(below(10));
    if (what < 6) {
      if (t.armed()) continue;
      // few different deadlines, so that many are equal; some are past
      std::int64_t deadline = now + below(16) * (span / 16 + 1) - span / 8;
      queue.arm(t, deadline);
      expected.arm(t.number, deadline);
    } else if (what < 8) {
      queue.disarm(t);
      expected.disarm(t.number);
    } else {
      std::int64_t wakeup = queue.next_wakeup();
      ASSERT_LE(wakeup, std::max(now, expected.first()))
          << "a timer is due before the wakeup, step " << step;
      if (expected.armed.empty()) {
        ASSERT_EQ(wakeup, timer_queue::never);
      }
      now += below(2) ? below(span / 4 + 2) : std::max<std::int64_t>(0, wakeup - now) % (4 * span);
      fired.clear();
      if (queue.may_be_due(now)) queue.advance(now);
      ASSERT_EQ(fired, expected.advance(now)) << "seed " << seed << ", step " << step;
    }
    ASSERT_EQ(queue.size(), expected.armed.size());
  }
  fired.clear();
  queue.advance(timer_queue::never);
  EXPECT_EQ(fired, expected.advance(timer_queue::never));
  EXPECT_TRUE(queue.empty());
}

TEST(timer_queue, does_what_an_ordered_map_does) {
  for (unsigned seed = 1; seed <= 20; ++seed)
    for (std::int64_t span : {16ll, 5'000ll, 1'000'000'000ll, 1ll << 48}) {
      SCOPED_TRACE("span " + std::to_string(span));
      compare_with_model(seed, span, 2'000);
      if (HasFatalFailure()) return;
    }
}

TEST(timer_queue, equal_deadlines_fire_in_the_order_of_arming) {
  timer_queue queue;
  std::vector<int> fired;
  std::vector<numbered> timers(100);
  // Armed from different distances, so that they begin on different levels.
  for (int i = 0; i < 100; ++i) {
    auto& t = timers[static_cast<std::size_t>(i)];
    t.number = i;
    t.fired = &fired;
    queue.arm(t, 1'000'000'000);
    queue.advance(i * 10'101'010);
  }
  EXPECT_TRUE(fired.empty());
  queue.advance(1'000'000'000);
  ASSERT_EQ(fired.size(), 100u);
  EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
}

TEST(timer_queue, fires_nothing_early) {
  timer_queue queue;
  std::vector<int> fired;
  numbered t;
  t.fired = &fired;
  queue.arm(t, 1'000'000);
  queue.advance(999'999);
  EXPECT_TRUE(fired.empty());
  queue.advance(1'000'000);
  EXPECT_EQ(fired.size(), 1u);
}

TEST(timer_queue, far_deadlines_wait_for_their_time) {
  timer_queue queue;
  std::vector<int> fired;
  std::vector<numbered> timers(3);
  std::int64_t far[] = {INT64_MAX - 1, INT64_MAX / 2, INT64_MAX / 3};
  for (int i = 0; i < 3; ++i) {
    timers[static_cast<std::size_t>(i)].number = i;
    timers[static_cast<std::size_t>(i)].fired = &fired;
    queue.arm(timers[static_cast<std::size_t>(i)], far[i]);
  }
  for (std::int64_t now = 1; now < INT64_MAX / 4; now *= 3) queue.advance(now);
  EXPECT_TRUE(fired.empty());
  EXPECT_EQ(queue.next_wakeup(), INT64_MAX / 3);
  queue.advance(INT64_MAX / 3);
  queue.advance(INT64_MAX / 2);
  EXPECT_EQ(fired, (std::vector<int>{2, 1}));
  EXPECT_EQ(queue.next_wakeup(), INT64_MAX - 1);
  queue.advance(INT64_MAX - 1);
  EXPECT_EQ(fired, (std::vector<int>{2, 1, 0}));
}

TEST(timer_queue, a_hundred_thousand_timers_fire_in_order) {
  constexpr std::size_t count = 100'000;
  std::mt19937_64 random(7);
  timer_queue queue;
  std::vector<int> fired;
  fired.reserve(count);
  std::vector<numbered> timers(count);
  for (std::size_t i = 0; i < count; ++i) {
    timers[i].number = static_cast<int>(i);
    timers[i].fired = &fired;
    queue.arm(timers[i], static_cast<std::int64_t>(random() % 60'000'000'000u));
  }
  for (std::size_t i = 0; i < count; i += 3) queue.disarm(timers[i]);
  int wakeups = 0;
  while (!queue.empty()) {
    std::int64_t next = queue.next_wakeup();
    queue.advance(next);
    ASSERT_LT(++wakeups, 1'000'000) << "it wakes up without end";
  }
  ASSERT_EQ(fired.size(), count - (count + 2) / 3);
  for (std::size_t i = 1; i < fired.size(); ++i) {
    auto& a = timers[static_cast<std::size_t>(fired[i - 1])];
    auto& b = timers[static_cast<std::size_t>(fired[i])];
    ASSERT_LE(a.deadline, b.deadline) << "at " << i;
  }
}

// What expires may arm and disarm others, itself included, in the same advance.
struct meddling : timer {
  timer_queue* queue = nullptr;
  timer* victim = nullptr;
  timer* fresh = nullptr;
  std::int64_t fresh_deadline = 0;
  int fired = 0;
  meddling() {
    expire = [](timer& t) noexcept {
      auto& self = static_cast<meddling&>(t);
      ++self.fired;
      if (self.victim) self.queue->disarm(*self.victim);
      if (self.fresh) self.queue->arm(*self.fresh, self.fresh_deadline);
    };
  }
};

TEST(timer_queue, what_expires_may_disarm_one_that_is_due_too) {
  timer_queue queue;
  meddling a;
  meddling b;
  a.queue = &queue;
  a.victim = &b;
  queue.arm(a, 10);
  queue.arm(b, 20);
  queue.advance(100);
  EXPECT_EQ(a.fired, 1);
  EXPECT_EQ(b.fired, 0);
  EXPECT_TRUE(queue.empty());
}

TEST(timer_queue, one_that_rearms_itself_for_the_past_fires_in_the_next_advance) {
  timer_queue queue;
  meddling a;
  a.queue = &queue;
  a.fresh = &a;
  a.fresh_deadline = 5;
  queue.arm(a, 10);
  queue.advance(100);
  EXPECT_EQ(a.fired, 1) << "within one advance it would never end";
  EXPECT_TRUE(queue.may_be_due(100));
  EXPECT_LE(queue.next_wakeup(), 100);
  a.fresh = nullptr;
  queue.advance(100);
  EXPECT_EQ(a.fired, 2);
  EXPECT_TRUE(queue.empty());
}

TEST(timer_queue, disarming_twice_or_unarmed_is_nothing) {
  timer_queue queue;
  meddling a;
  queue.disarm(a);
  queue.arm(a, 10);
  queue.disarm(a);
  queue.disarm(a);
  EXPECT_TRUE(queue.empty());
  queue.advance(100);
  EXPECT_EQ(a.fired, 0);
}

}  // namespace
