// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <algorithm>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

TEST(queue, gives_items_in_the_order_of_their_putting) {
  std::vector<int> got;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::queue<int> q;
    for (int i : {3, 1, 2}) co_await q.put(i);
    EXPECT_EQ(q.size(), 3u);
    while (!q.empty()) got.push_back(q.get_nowait());
  });
  EXPECT_EQ(got, (std::vector<int>{3, 1, 2}));
}

TEST(queue, lifo_gives_the_newest_first) {
  std::vector<int> got;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::lifo_queue<int> q;
    for (int i : {3, 1, 2}) co_await q.put(i);
    while (!q.empty()) {
      int item = co_await q.get();
      got.push_back(item);
    }
  });
  EXPECT_EQ(got, (std::vector<int>{2, 1, 3}));
}

TEST(queue, priority_gives_the_smallest_first) {
  std::vector<int> got;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::priority_queue<int> q;
    for (int i : {3, 1, 2, 1}) co_await q.put(i);
    while (!q.empty()) {
      int item = co_await q.get();
      got.push_back(item);
    }
  });
  EXPECT_EQ(got, (std::vector<int>{1, 1, 2, 3}));
}

TEST(queue, makes_putters_wait_for_room_and_getters_for_items) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::queue<int> q(1);
    auto producer = [&]() -> rondo::task<> {
      for (int i = 0; i < 3; ++i) {
        co_await q.put(i);
        j.say("put " + std::to_string(i));
      }
    };
    auto h = rondo::create_task(producer());
    co_await test::turns(3);
    EXPECT_TRUE(q.full());
    EXPECT_EQ(j.lines, (test::lines{"put 0"})) << "a full queue took more";
    for (int i = 0; i < 3; ++i) {
      int item = co_await q.get();
      EXPECT_EQ(item, i);
    }
    co_await h;
    auto getter = rondo::create_task(q.get());
    co_await test::turns(3);
    EXPECT_FALSE(getter.done());
    co_await q.put(7);
    EXPECT_TRUE(q.empty()) << "the item goes to who waits, not into the queue";
    int item = co_await getter;
    EXPECT_EQ(item, 7);
  });
}

TEST(queue, is_bounded_unless_told_otherwise) {
  EXPECT_EQ(rondo::queue<int>().maxsize(), 1024u);
  EXPECT_EQ(rondo::queue<int>(0).maxsize(), rondo::unbounded);
  EXPECT_EQ(rondo::queue<int>(rondo::unbounded).maxsize(), rondo::unbounded);
}

TEST(queue, nowait_calls_say_why_they_cannot) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<int> q(1);
    EXPECT_THROW(q.get_nowait(), rondo::queue_empty);
    q.put_nowait(1);
    EXPECT_THROW(q.put_nowait(2), rondo::queue_full);
    EXPECT_EQ(q.get_nowait(), 1);
    q.shutdown();
    EXPECT_THROW(q.put_nowait(2), rondo::queue_shut_down);
    EXPECT_THROW(q.get_nowait(), rondo::queue_shut_down);
    co_return;
  });
}

TEST(queue, serves_getters_and_putters_first_come_first_served) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::queue<int> q(1);
    auto get = [&](std::string name) -> rondo::task<> {
      int item = co_await q.get();
      j.say(name + std::to_string(item));
    };
    auto a = rondo::create_task(get("a"));
    auto b = rondo::create_task(get("b"));
    co_await test::turns(1);
    q.put_nowait(1);
    q.put_nowait(2);  // handed to b: the queue stays empty
    EXPECT_TRUE(q.empty());
    co_await a;
    co_await b;
    auto put = [&](int item) -> rondo::task<> { co_await q.put(item); };
    co_await put(3);
    auto c = rondo::create_task(put(4));
    auto d = rondo::create_task(put(5));
    co_await test::turns(1);
    for (int i = 3; i <= 5; ++i) co_await get("got ");
    co_await c;
    co_await d;
  });
  EXPECT_EQ(j.lines, (test::lines{"a1", "b2", "got 3", "got 4", "got 5"}));
}

TEST(queue, join_waits_until_every_item_is_said_to_be_done) {
  test::journal j;
  test::run_virtual([&]() -> rondo::task<> {
    rondo::queue<int> q(2);
    co_await q.join();  // nothing to wait for
    auto worker = [&]() -> rondo::task<> {
      while (true) {
        int item = co_await q.get();
        co_await rondo::sleep(1s);
        j.say("done " + std::to_string(item));
        q.task_done();
      }
    };
    auto h = rondo::create_task(worker());
    for (int i = 0; i < 3; ++i) co_await q.put(i);
    co_await q.join();
    j.say("joined");
    EXPECT_THROW(q.task_done(), rondo::usage_error);
    h.cancel();
  });
  EXPECT_EQ(j.lines, (test::lines{"done 0", "done 1", "done 2", "joined"}));
}

TEST(queue, shutdown_refuses_putters_and_lets_getters_empty_it) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<int> q(1);
    q.put_nowait(1);
    auto refused = [&]() -> rondo::task<bool> {
      try {
        co_await q.put(2);
        co_return false;
      } catch (const rondo::queue_shut_down&) {
        co_return true;
      }
    };
    auto waiting = rondo::create_task(refused());
    co_await test::turns(1);
    q.shutdown();
    bool yes = co_await waiting;
    EXPECT_TRUE(yes) << "a putter that waited was not told";
    yes = co_await refused();
    EXPECT_TRUE(yes);
    int item = co_await q.get();
    EXPECT_EQ(item, 1);
    bool ended = false;
    try {
      co_await q.get();
    } catch (const rondo::queue_shut_down&) {
      ended = true;
    }
    EXPECT_TRUE(ended);
  });
}

TEST(queue, shutdown_wakes_getters_and_immediate_drops_the_items) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<int> q;
    auto ended = [&]() -> rondo::task<bool> {
      try {
        co_await q.get();
        co_return false;
      } catch (const rondo::queue_shut_down&) {
        co_return true;
      }
    };
    auto waiting = rondo::create_task(ended());
    co_await test::turns(1);
    q.shutdown();
    bool yes = co_await waiting;
    EXPECT_TRUE(yes);

    rondo::queue<int> full;
    full.put_nowait(1);
    full.put_nowait(2);
    auto joining = rondo::create_task(full.join());
    co_await test::turns(1);
    full.shutdown(true);
    EXPECT_TRUE(full.empty());
    co_await joining;  // dropped items need no task_done
  });
}

TEST(queue, takes_items_that_cannot_be_copied) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<std::unique_ptr<int>> q(1);
    co_await q.put(std::make_unique<int>(1));
    auto waiting = rondo::create_task(q.put(std::make_unique<int>(2)));
    co_await test::turns(1);
    std::unique_ptr<int> one = co_await q.get();
    std::unique_ptr<int> two = co_await rondo::wait_for(q.get(), 1s);
    EXPECT_EQ(*one + *two, 3);
    co_await waiting;
  });
}

TEST(queue, loses_no_item_when_getters_and_putters_are_cancelled) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<test::counted> q(1);
    auto a = rondo::create_task(q.get());
    auto b = rondo::create_task(q.get());
    co_await test::turns(1);
    a.cancel();  // waits: the item must go to b
    q.put_nowait(test::counted(1));
    test::counted got = co_await std::move(b);
    EXPECT_EQ(got.value, 1);
    EXPECT_TRUE(a.cancelled());

    q.put_nowait(test::counted(2));
    auto p = rondo::create_task(q.put(test::counted(3)));
    auto r = rondo::create_task(q.put(test::counted(4)));
    co_await test::turns(1);
    p.cancel();  // its item never went into the queue
    for (int expected : {2, 4}) {
      test::counted item = co_await q.get();
      EXPECT_EQ(item.value, expected);
    }
    co_await r;
  });
  EXPECT_EQ(test::counted::alive, 0);
}

/// Moving it throws when told to: what a queue does with it must not lose
/// anybody who waits.
struct brittle {
  static inline bool breaks = false;
  int value = 0;
  explicit brittle(int v) : value(v) {}
  brittle(brittle&& o) : value(o.value) {
    if (breaks) throw std::runtime_error("moving failed");
  }
};

TEST(queue, keeps_its_getter_when_handing_an_item_over_fails) {
  brittle::breaks = false;
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<brittle> q;
    auto get = [&]() -> rondo::task<int> {
      auto item = co_await q.get();
      co_return item.value;
    };
    auto h = rondo::create_task(get());
    co_await test::turns(1);
    brittle one(1);
    brittle::breaks = true;
    EXPECT_THROW(q.put_nowait(std::move(one)), std::runtime_error);
    brittle::breaks = false;
    q.put_nowait(brittle(2));
    auto value = co_await rondo::move_on_after(h, 1s);
    EXPECT_EQ(value, std::optional<int>(2)) << "the getter was forgotten";
    h.cancel();
  });
}

TEST(queue, get_throws_what_taking_the_item_out_throws) {
  brittle::breaks = false;
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<brittle> q;
    q.put_nowait(brittle(1));
    brittle::breaks = true;
    bool thrown = false;
    try {
      co_await q.get();
    } catch (const std::runtime_error&) {
      thrown = true;
    }
    brittle::breaks = false;
    EXPECT_TRUE(thrown);
  });
}

TEST(queue, try_calls_say_whether_they_could) {
  test::run_virtual([]() -> rondo::task<> {
    rondo::queue<std::string> q(1);
    EXPECT_FALSE(q.try_get());
    EXPECT_TRUE(q.try_put("a"));
    std::string kept = "b";
    EXPECT_FALSE(q.try_put(std::move(kept)));
    EXPECT_EQ(kept, "b") << "an item that found no room was taken";
    EXPECT_EQ(q.try_get(), "a");
    // Handed to who waits, and room for who waits.
    auto getter = rondo::create_task(q.get());
    co_await test::turns(1);
    EXPECT_TRUE(q.try_put("c"));
    EXPECT_EQ(co_await getter, "c");
    co_await q.put("d");
    auto putter = rondo::create_task(q.put("e"));
    co_await test::turns(1);
    EXPECT_EQ(q.try_get(), "d");
    co_await putter;
    q.shutdown();
    EXPECT_FALSE(q.try_put("f"));
    EXPECT_EQ(q.try_get(), "e");
    EXPECT_FALSE(q.try_get());
  });
}

TEST(queue, priority_gives_the_smallest_first_for_any_order_of_puts) {
  test::run_virtual([]() -> rondo::task<> {
    unsigned seed = 1;
    for (int round = 0; round < 50; ++round) {
      rondo::priority_queue<int> q;
      std::vector<int> expected;
      for (int i = 0; i < round; ++i) {
        seed = seed * 1103515245 + 12345;
        int v = static_cast<int>(seed >> 16) % 20;
        co_await q.put(v);
        expected.push_back(v);
      }
      std::sort(expected.begin(), expected.end());
      std::vector<int> got;
      while (auto v = q.try_get()) got.push_back(*v);
      EXPECT_EQ(got, expected);
    }
  });
}

}  // namespace
