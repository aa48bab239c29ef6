// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <rondo/coro/detail/outside.hpp>

#include "support/async.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::detail::outside;

/// What others can see of a knock: who takes it out of here decides how it ends.
using door = std::atomic<outside*>;

/// Waits until somebody arrives who has taken it from the door.
class knock final : public rondo::detail::operation {
 public:
  knock(door& d, outside::by who) : door_(&d), who_(who) {}
  knock(knock&&) = default;
  bool begin() noexcept override {
    outside_.hold(*this, who_);
    door_->store(&outside_);
    return false;
  }
  bool cancel() noexcept override {
    outside* mine = &outside_;
    if (!door_->compare_exchange_strong(mine, nullptr)) return false;
    outside_.withdraw();
    return true;
  }
  int result() const noexcept { return 7; }
  const char* describe() const noexcept override { return "knock"; }

 private:
  door* door_;
  outside::by who_;
  outside outside_;
};

unsigned& threads_at_work() { return rondo::detail::this_thread_scheduler->threads_at_work; }

TEST(outside, completes_the_operation_in_the_loop_s_own_turn) {
  test::run([]() -> rondo::task<> {
    door d{nullptr};
    auto answer = rondo::create_task(knock(d, outside::by::thread));
    co_await test::turns(2);
    EXPECT_EQ(threads_at_work(), 1u);
    d.exchange(nullptr)->arrive();
    EXPECT_FALSE(answer.done());
    EXPECT_EQ(co_await answer, 7);
    EXPECT_EQ(threads_at_work(), 0u);
  });
}

TEST(outside, fires_at_once_for_who_is_on_the_loop_s_thread) {
  test::run([]() -> rondo::task<> {
    door d{nullptr};
    auto answer = rondo::create_task(knock(d, outside::by::wish));
    co_await test::turns(2);
    EXPECT_EQ(threads_at_work(), 0u);  // nobody works at it
    d.exchange(nullptr)->arrive_or_fire();
    co_await test::turns(1);
    EXPECT_TRUE(answer.done());
  });
}

TEST(outside, is_withdrawn_by_a_cancellation_that_comes_first) {
  test::run([]() -> rondo::task<> {
    door d{nullptr};
    auto answer = rondo::create_task(knock(d, outside::by::thread));
    co_await test::turns(2);
    answer.cancel();
    EXPECT_EQ(threads_at_work(), 0u);
    co_await test::ended(answer);
    EXPECT_TRUE(answer.cancelled());
    EXPECT_EQ(d.load(), nullptr);
  });
}

TEST(outside, an_arrival_that_is_on_its_way_wins_against_the_cancellation) {
  test::run([]() -> rondo::task<> {
    door d{nullptr};
    auto answer = rondo::create_task(knock(d, outside::by::thread));
    co_await test::turns(2);
    outside* taken = d.exchange(nullptr);
    answer.cancel();
    co_await test::turns(3);
    EXPECT_FALSE(answer.done());
    std::thread other([&] { taken->arrive(); });
    EXPECT_EQ(co_await answer, 7);
    other.join();
  });
}

// In virtual time a loop in which nothing can happen is a deadlock, and ends.
TEST(outside, keeps_the_loop_from_taking_itself_for_deadlocked) {
  std::atomic<bool> told{false};
  test::run_virtual([&]() -> rondo::task<> {
    door d{nullptr};
    std::thread other([&] {
      while (!d.load()) std::this_thread::yield();
      told = true;
      d.exchange(nullptr)->arrive();
    });
    EXPECT_EQ(co_await knock(d, outside::by::wish), 7);
    other.join();
  });
  EXPECT_TRUE(told);
}

// Whoever comes second finds the other, and nobody touches what is gone: for the
// sanitizers, and for the counts.
TEST(outside, races_of_arrivals_and_cancellations_each_end_once) {
  constexpr int rounds = 3000;
  constexpr std::size_t doors = 4;
  int arrived = 0, stopped = 0;
  test::run([&]() -> rondo::task<> {
    std::vector<door> all(doors);
    std::atomic<bool> over{false};
    std::thread other([&] {
      for (std::size_t i = 0; !over; i = (i + 1) % doors)
        if (outside* o = all[i].exchange(nullptr)) o->arrive();
    });
    // Until both have come first at times, whatever the machine is busy with.
    for (int n = 0; n < rounds || arrived == 0 || stopped == 0; ++n) {
      std::vector<rondo::task_handle<int>> answers;
      for (door& d : all)
        answers.push_back(
            rondo::create_task(knock(d, n % 2 ? outside::by::thread : outside::by::wish)));
      co_await rondo::sleep(0s);
      if (n % 3 == 0) std::this_thread::yield();
      for (auto& a : answers) a.cancel();
      auto ended = co_await rondo::wait(std::move(answers));
      for (auto& a : ended.done) ++(a.cancelled() ? stopped : arrived);
      EXPECT_EQ(threads_at_work(), 0u);
    }
    over = true;
    other.join();
  });
  EXPECT_GE(arrived + stopped, rounds * static_cast<int>(doors));
}

}  // namespace
