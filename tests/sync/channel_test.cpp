// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

TEST(channel, hands_items_over_in_order) {
  for (std::size_t capacity : {0, 1, 3}) {
    test::run([&]() -> rondo::task<> {
      rondo::channel<int> c(capacity);
      EXPECT_EQ(c.capacity(), capacity);
      auto send = [&]() -> rondo::task<> {
        for (int i = 0; i < 10; ++i) co_await c.send(i);
        c.close();
      };
      auto sender = rondo::create_task(send());
      int expected = 0;
      while (auto x = co_await c.receive()) EXPECT_EQ(*x, expected++);
      EXPECT_EQ(expected, 10);
      co_await sender;
    });
  }
}

TEST(channel, is_bounded_and_first_come_first_served) {
  test::run([]() -> rondo::task<> {
    rondo::channel<int> c(1);
    test::journal j;
    auto send = [&](int i) -> rondo::task<> {
      co_await c.send(i);
      j.say("sent " + std::to_string(i));
    };
    std::vector<rondo::task_handle<>> senders;
    for (int i = 0; i < 3; ++i) senders.push_back(rondo::create_task(send(i)));
    co_await test::turns(3);
    EXPECT_EQ(j.lines, test::lines{"sent 0"});
    EXPECT_EQ(c.size(), 1u);
    for (int i = 0; i < 3; ++i) {
      auto x = co_await c.receive();
      EXPECT_EQ(*x, i);
    }
    for (auto& s : senders) co_await s;
    EXPECT_EQ(j.lines, (test::lines{"sent 0", "sent 1", "sent 2"}));
    EXPECT_EQ(c.size(), 0u);
  });
}

TEST(channel, try_send_and_try_receive_never_wait) {
  rondo::channel<std::unique_ptr<int>> c(1);
  EXPECT_FALSE(c.try_receive());
  auto one = std::make_unique<int>(1);
  auto two = std::make_unique<int>(2);
  EXPECT_TRUE(c.try_send(std::move(one)));
  EXPECT_FALSE(c.try_send(std::move(two)));
  EXPECT_TRUE(two) << "a refused item is untouched";
  auto got = c.try_receive();
  EXPECT_EQ(**got, 1);
  c.close();
  EXPECT_FALSE(c.try_send(std::move(two)));
  EXPECT_TRUE(two && c.closed());
}

TEST(channel, closing_lets_drain_and_wakes_all) {
  test::run([]() -> rondo::task<> {
    rondo::channel<int> c(1);
    co_await c.send(1);
    auto send = [&]() -> rondo::task<> { co_await c.send(2); };
    auto sender = rondo::create_task(send());
    co_await test::turns(2);
    c.close();
    c.close();
    auto refused = co_await rondo::outcome_of(sender);
    EXPECT_NE(rondo::describe(refused.exception()).find("channel_closed"), std::string::npos);
    auto late = co_await rondo::outcome_of(c.send(3));
    EXPECT_TRUE(late.has_error());
    EXPECT_EQ(*co_await c.receive(), 1);
    EXPECT_FALSE((co_await c.receive()).has_value());

    rondo::channel<int> d(1);
    auto receive = [&]() -> rondo::task<bool> { co_return (co_await d.receive()).has_value(); };
    auto a = rondo::create_task(receive()), b = rondo::create_task(receive());
    co_await test::turns(2);
    d.close();
    EXPECT_FALSE(co_await a);
    EXPECT_FALSE(co_await b);
  });
}

TEST(channel, cancelled_calls_move_nothing_and_completed_ones_are_delivered) {
  test::run([]() -> rondo::task<> {
    rondo::channel<int> c(1);
    int got = 0;
    auto receive = [&]() -> rondo::task<> {
      auto x = co_await c.receive();
      got = *x;
      co_await rondo::sleep(0s);
    };
    auto r = rondo::create_task(receive());
    co_await test::turns(2);
    r.cancel();
    co_await c.send(1);
    co_await test::ended(r);
    EXPECT_EQ(got, 0);
    EXPECT_EQ(c.size(), 1u) << "it stays in the channel";

    bool sent = false;
    auto send = [&]() -> rondo::task<> {
      co_await c.send(2);
      sent = true;
    };
    auto s = rondo::create_task(send());
    co_await test::turns(2);
    s.cancel();
    co_await test::ended(s);
    EXPECT_FALSE(sent);
    EXPECT_EQ(*co_await c.receive(), 1);
    EXPECT_EQ(c.size(), 0u);

    r = rondo::create_task(receive());
    co_await test::turns(2);
    co_await c.send(3);  // handed over, and then cancelled in the same turn
    r.cancel();
    co_await test::ended(r);
    EXPECT_EQ(got, 3);
    EXPECT_TRUE(r.cancelled());

    auto cancelled = [&]() -> rondo::task<> {  // begun by a cancelled task
      rondo::current_task().cancel();
      co_await c.send(4);
    };
    co_await test::ended(rondo::create_task(cancelled()));
    EXPECT_EQ(c.size(), 0u);
  });
}

TEST(channel, a_loop_that_waits_for_one_is_not_deadlocked) {
  rondo::channel<int> c(1);
  std::atomic<bool> waiting{false};
  std::thread other([&] {
    while (!waiting) std::this_thread::yield();
    while (!c.try_send(7)) std::this_thread::yield();
  });
  test::run([&]() -> rondo::task<> {
    waiting = true;
    auto x = co_await c.receive();
    EXPECT_EQ(*x, 7);
  });
  other.join();
}

TEST(channel, nothing_is_lost_between_loops_with_cancels_everywhere) {
  constexpr int loops = 3, items = 400;
  for (std::size_t capacity : {0, 1, 16}) {
    rondo::channel<std::unique_ptr<int>> c(capacity);
    std::atomic<int> sending{loops};
    std::vector<std::atomic<int>> sent(loops * items), received(loops * items);

    auto producer = [&](int l) -> rondo::task<> {
      std::minstd_rand random(static_cast<unsigned>(l + 1));
      for (int i = 0; i < items; ++i) {
        int id = l * items + i;
        auto one = [&]() -> rondo::task<> {
          co_await c.send(std::make_unique<int>(id));
          ++sent[static_cast<std::size_t>(id)];
        };
        auto t = rondo::create_task(one());
        for (auto n = random() % 3; n > 0; --n) co_await rondo::sleep(0s);
        if (random() % 3 == 0) t.cancel();
        co_await test::ended(t);
      }
      if (--sending == 0) c.close();
    };
    auto consumer = [&](int l) -> rondo::task<> {
      std::minstd_rand random(static_cast<unsigned>(l + 100));
      bool open = true;
      while (open) {
        auto one = [&]() -> rondo::task<> {
          auto x = co_await c.receive();
          if (x) {
            ++received[static_cast<std::size_t>(**x)];
          } else {
            open = false;
          }
        };
        auto t = rondo::create_task(one());
        for (auto n = random() % 3; n > 0; --n) co_await rondo::sleep(0s);
        if (random() % 3 == 0) t.cancel();
        co_await test::ended(t);
      }
    };
    std::vector<std::thread> threads;
    for (int l = 0; l < loops; ++l)
      threads.emplace_back([&, l] {
        test::run([&]() -> rondo::task<> { co_await rondo::gather(producer(l), consumer(l)); });
      });
    for (auto& t : threads) t.join();
    int total = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      EXPECT_EQ(sent[i], received[i]) << "item " << i << ", capacity " << capacity;
      total += sent[i];
    }
    EXPECT_GT(total, items) << "hardly anything was sent at all";
  }
}

TEST(channel, plain_threads_and_tasks_meet) {
  rondo::channel<int> c(4);
  constexpr int count = 2'000;
  std::thread producer([&] {
    for (int i = 0; i < count; ++i)
      while (!c.try_send(i)) std::this_thread::yield();
    c.close();
  });
  long sum = 0;
  test::run([&]() -> rondo::task<> {
    while (auto x = co_await c.receive()) sum += *x;
  });
  producer.join();
  EXPECT_EQ(sum, long{count} * (count - 1) / 2);
}

TEST(channel_death, destroyed_while_somebody_waits) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(test::run([]() -> rondo::task<> {
                 auto c = std::make_unique<rondo::channel<int>>(1);
                 auto receive = [&]() -> rondo::task<> { co_await c->receive(); };
                 auto t = rondo::create_task(receive(), "lonely");
                 co_await test::turns(2);
                 c.reset();
               }),
               "a channel was destroyed while task 'lonely' waited for it");
}

}  // namespace
