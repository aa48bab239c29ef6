// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Elements whose copying, moving and comparing throw, at every place once, in all that
// holds elements of the user's: nothing is lost without an exception that says so,
// nothing is left broken or leaked, and nobody waits for ever.
#include <atomic>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

struct fuse_blown {};

/// Whatever may throw does so when the fuse has burnt down.
struct fragile {
  static inline std::atomic<int> alive = 0;
  static inline std::atomic<int> fuse = -1;  // < 0: nothing throws
  static inline std::atomic<bool> blown = false;
  int v;

  static void burn() {
    if (fuse < 0 || fuse-- > 0) return;
    blown = true;
    throw fuse_blown();
  }
  explicit fragile(int value) : v(value) { ++alive; }
  fragile(const fragile& o) : v(o.v) {
    burn();
    ++alive;
  }
  fragile(fragile&& o) : v(o.v) {
    burn();
    ++alive;
  }
  fragile& operator=(const fragile& o) {
    burn();
    v = o.v;
    return *this;
  }
  fragile& operator=(fragile&& o) {
    burn();
    v = o.v;
    return *this;
  }
  ~fragile() { --alive; }
  friend bool operator<(const fragile& a, const fragile& b) {
    burn();
    return a.v < b.v;
  }
};

/// Elements without a copy, so that containers cannot fall back to it.
struct move_only : fragile {
  using fragile::fragile;
  move_only(move_only&&) = default;
  move_only& operator=(move_only&&) = default;
};

/// Runs the scenario with a throw at the first place, the second, … until none is left.
template <class Scenario>
void at_every_throw(const char* name, const Scenario& scenario) {
  SCOPED_TRACE(name);
  for (int place = 0; place < 1000; ++place) {
    SCOPED_TRACE("throws at place " + std::to_string(place));
    fragile::blown = false;
    fragile::fuse = place;
    test::run_virtual([&]() -> rondo::task<> {
      // What is lost by throwing is the scenario's to see, not standard error's.
      rondo::loop::current().set_exception_handler([](const rondo::diagnostic&) {});
      co_await scenario();
    });
    fragile::fuse = -1;
    ASSERT_EQ(fragile::alive.load(), 0) << "leaked, or destroyed twice";
    if (!fragile::blown) return;
  }
  FAIL() << "it throws for ever";
}

/// Whether f went well; only the fuse may throw.
template <class F>
bool well(F&& f) {
  try {
    f();
    return true;
  } catch (const fuse_blown&) {
    return false;
  }
}

template <class Queue>
rondo::task<> use_queue() {
  using item = typename Queue::item_type;
  Queue q(16);
  std::vector<int> in;
  for (int v : {3, 1, 4, 1, 5}) {
    bool put = well([&] {
      if (v % 2) {
        q.put_nowait(item(v));
      } else {
        EXPECT_TRUE(q.try_put(item(v)));
      }
    });
    EXPECT_EQ(q.size(), in.size() + (put ? 1 : 0));
    if (put) in.push_back(v);
  }
  std::vector<int> out;
  while (!q.empty()) {
    std::size_t before = q.size();
    std::optional<item> got;
    // One that could not be taken out is still there.
    if (!well([&] { static_cast<void>(q.empty() ? 0 : (got.emplace(q.get_nowait()), 0)); })) {
      if (q.size() < before) out.push_back(-1);  // it threw on its way to us
      continue;
    }
    EXPECT_EQ(q.size(), before - 1);
    out.push_back(got->v);
  }
  EXPECT_EQ(out.size(), in.size()) << "an item was lost";
  // Well to use afterwards, and in order.
  fragile::fuse = -1;
  for (int v : {9, 7, 8}) q.put_nowait(item(v));
  EXPECT_EQ(q.size(), 3u);
  int first = q.get_nowait().v;
  int second = q.get_nowait().v;
  int third = q.get_nowait().v;
  EXPECT_EQ(first + second + third, 24);
  EXPECT_EQ(std::vector<int>({first, second, third}), Queue::order());
  co_return;
}

template <class T>
struct fifo : rondo::queue<T> {
  using item_type = T;
  using rondo::queue<T>::queue;
  static std::vector<int> order() { return {9, 7, 8}; }
};
template <class T>
struct lifo : rondo::lifo_queue<T> {
  using item_type = T;
  using rondo::lifo_queue<T>::lifo_queue;
  static std::vector<int> order() { return {8, 7, 9}; }
};
template <class T>
struct priority : rondo::priority_queue<T> {
  using item_type = T;
  using rondo::priority_queue<T>::priority_queue;
  static std::vector<int> order() { return {7, 8, 9}; }
};

TEST(throwing_elements, queues_lose_nothing_and_stay_in_order) {
  at_every_throw("queue", use_queue<fifo<fragile>>);
  at_every_throw("queue, move only", use_queue<fifo<move_only>>);
  at_every_throw("lifo_queue", use_queue<lifo<fragile>>);
  at_every_throw("lifo_queue, move only", use_queue<lifo<move_only>>);
  at_every_throw("priority_queue", use_queue<priority<fragile>>);
  at_every_throw("priority_queue, move only", use_queue<priority<move_only>>);
}

/// Items in a priority_queue in whose midst a comparison throws come out sorted.
TEST(throwing_elements, a_priority_queue_is_in_order_after_a_throw) {
  at_every_throw("priority_queue", []() -> rondo::task<> {
    rondo::priority_queue<move_only> q;
    std::size_t in = 0;
    for (int v : {8, 3, 6, 1, 7, 2, 5, 4}) in += well([&] { q.put_nowait(move_only(v)); });
    for (int i = 0; i < 2; ++i) {
      std::size_t before = q.size();
      static_cast<void>(well([&] { q.get_nowait(); }));
      in -= before - q.size();
    }
    fragile::fuse = -1;
    int last = 0;
    for (; !q.empty(); --in) {
      int v = q.get_nowait().v;
      EXPECT_GE(v, last);
      last = v;
    }
    EXPECT_EQ(in, 0u);
    co_return;
  });
}

template <class Queue>
rondo::task<> wait_in_queue() {
  using item = typename Queue::item_type;
  Queue q(1);
  int put = 0;
  int failed = 0;
  auto producer = [&](int v) -> rondo::task<> {
    try {
      co_await q.put(item(v));
      ++put;
    } catch (const fuse_blown&) {
      ++failed;
    }
  };
  int got = 0;
  int thrown = 0;
  auto consumer = [&]() -> rondo::task<> {
    for (;;) {
      try {
        co_await q.get();
        ++got;
      } catch (const fuse_blown&) {
        ++thrown;  // its item is still in the queue, or was lost on its way to us
      } catch (const rondo::queue_shut_down&) {
        co_return;
      }
    }
  };
  auto c = rondo::create_task(consumer);
  for (int turns : {0, 1}) {  // the getter waits first; then three putters at once
    if (turns == 0) co_await test::turns(2);
    auto a = rondo::create_task(producer, 1);
    auto b = rondo::create_task(producer, 2);
    auto d = rondo::create_task(producer, 3);
    co_await a;
    co_await b;
    co_await d;
  }
  EXPECT_EQ(put + failed, 6);
  q.shutdown();
  co_await c;
  EXPECT_TRUE(got == put || got + thrown == put) << got << " got, " << put << " put";
}

TEST(throwing_elements, nobody_waits_for_ever_at_a_queue) {
  at_every_throw("queue", wait_in_queue<fifo<fragile>>);
  at_every_throw("lifo_queue", wait_in_queue<lifo<move_only>>);
  at_every_throw("priority_queue", wait_in_queue<priority<fragile>>);
}

TEST(throwing_elements, a_promise_that_could_not_take_its_value_can_still_be_kept) {
  at_every_throw("promise", []() -> rondo::task<> {
    rondo::promise<fragile> p;
    auto f = p.get_future();
    rondo::event asked;
    auto waiter = [&]() -> rondo::task<int> {
      for (;;) {
        try {
          co_return (co_await f).v;
        } catch (const fuse_blown&) {  // copying it out
        }
      }
    };
    auto h = rondo::create_task(waiter);
    co_await test::turns(1);
    while (!well([&] { p.set_value(fragile(5)); })) EXPECT_FALSE(f.done());
    EXPECT_EQ(co_await h, 5);
  });
}

TEST(throwing_elements, an_outcome_holds_a_value_or_nothing) {
  at_every_throw("outcome", []() -> rondo::task<> {
    rondo::outcome<fragile> a;
    bool set = well([&] { a.set_value(fragile(1)); });
    EXPECT_EQ(a.has_value(), set);
    rondo::outcome<fragile> b;
    b.set_cancelled();
    bool moved = well([&] { b = std::move(a); });
    EXPECT_EQ(b.has_value(), moved && set);
    EXPECT_EQ(b.settled(), moved && set);
    well([&] { rondo::outcome<fragile> c = b; });
    well([&] { rondo::outcome<fragile> c = std::move(b); });
    co_return;
  });
}

rondo::task<fragile> gives(int v) {
  co_await rondo::sleep(0s);
  co_return fragile(v);
}

/// Awaits what make() makes, and lets the fuse throw.
template <class Make>
rondo::task<> attempt(Make& make) {
  try {
    static_cast<void>(co_await make());
  } catch (const fuse_blown&) {
  }
}
template <class Make>
void attempt_at_every_throw(const char* name, Make make) {
  at_every_throw(name, [&]() -> rondo::task<> { co_await attempt(make); });
}

TEST(throwing_elements, results_of_tasks_and_of_what_combines_them) {
  attempt_at_every_throw("co_await",
                         []() -> rondo::task<> { static_cast<void>(co_await gives(1)); });
  attempt_at_every_throw("gather", [] { return rondo::gather(gives(1), gives(2)); });
  attempt_at_every_throw("gather of a range", [] {
    std::vector<rondo::task<fragile>> all;
    all.push_back(gives(1));
    all.push_back(gives(2));
    all.push_back(gives(3));
    return rondo::gather(std::move(all), 2);
  });
  attempt_at_every_throw("gather_outcomes",
                         [] { return rondo::gather_outcomes(gives(1), gives(2)); });
  attempt_at_every_throw("race", [] { return rondo::race(gives(1), gives(2)); });
  attempt_at_every_throw("wait_for", [] { return rondo::wait_for(gives(1), 1s); });
  attempt_at_every_throw("move_on_after", [] { return rondo::move_on_after(gives(1), 1s); });
  attempt_at_every_throw("shield", [] { return rondo::shield(gives(1)); });
  attempt_at_every_throw("outcome_of", [] { return rondo::outcome_of(gives(1)); });
  attempt_at_every_throw("finally", [] { return rondo::finally(gives(1), rondo::sleep(0s)); });
  at_every_throw("create_task", []() -> rondo::task<> {
    auto h = rondo::create_task(gives(1));
    co_await test::ended(h);
    if (!h.exception()) {
      well([&] { static_cast<void>(h.result().v); });
      auto copied = [&] { return rondo::wait_for(h, 1s); };
      co_await attempt(copied);
      auto moved = [&] { return rondo::wait_for(std::move(h), 1s); };
      co_await attempt(moved);
    }
  });
}

TEST(throwing_elements, operations_that_carry_one_are_moved_into_what_combines_them) {
  auto each = [](const char* name, auto combine) {
    at_every_throw(name, [combine]() -> rondo::task<> {
      rondo::queue<fragile> q(4);
      bool put = false;
      try {
        co_await combine(q);
        put = true;
      } catch (const fuse_blown&) {
      }
      EXPECT_EQ(q.size(), put ? 1u : 0u);
    });
  };
  each("gather", [](auto& q) { return rondo::gather(q.put(fragile(1))); });
  each("race", [](auto& q) { return rondo::race(q.put(fragile(1))); });
  each("wait_for", [](auto& q) { return rondo::wait_for(q.put(fragile(1)), 1s); });
  each("shield", [](auto& q) { return rondo::shield(q.put(fragile(1))); });
  each("create_task", [](auto& q) { return rondo::create_task(q.put(fragile(1))); });
  each("group", [](auto& q) {
    return rondo::with_task_group([&](rondo::task_group& g) { g.create_task(q.put(fragile(1))); });
  });
}

TEST(throwing_elements, arguments_and_results_of_other_threads) {
  auto increment = [](const fragile& f) { return fragile(f.v + 1); };
  attempt_at_every_throw("to_thread", [&] { return rondo::to_thread(increment, fragile(1)); });
  attempt_at_every_throw("to_thread, abandoned", [&] {
    return rondo::to_thread(rondo::abandon_on_cancel, increment, fragile(1));
  });
  rondo::thread_pool pool({.threads = 1});
  attempt_at_every_throw("thread_pool.run", [&] { return pool.run(increment, fragile(1)); });
  at_every_throw("thread_pool.submit", [&]() -> rondo::task<> {
    try {
      auto f = co_await pool.submit(increment, fragile(1));
      co_await f;
    } catch (const fuse_blown&) {
    }
  });
}

TEST(throwing_elements, a_context_variable_is_as_before_when_it_cannot_be_set) {
  static rondo::context_var<fragile> variable("fragile");
  at_every_throw("context_var", []() -> rondo::task<> {
    auto child = []() -> rondo::task<> {
      int before = 0;
      well([&] { before = variable.get().v; });
      bool set = well([&] { variable.set(fragile(2)); });
      EXPECT_EQ(variable.get().v, set ? 2 : before);
      co_return;
    };
    std::optional<rondo::context_var<fragile>::token> token;
    bool set = well([&] { token.emplace(variable.set(fragile(1))); });
    if (!set) co_return;
    co_await rondo::create_task(child());
    EXPECT_EQ(variable.get().v, 1);
    bool again = well([&] { variable.set(fragile(3)); });
    EXPECT_EQ(variable.get().v, again ? 3 : 1);
    well([&] { variable.reset(std::move(*token)); });
  });
}

TEST(throwing_elements, a_generator_passes_on_what_its_value_throws) {
  at_every_throw("async_generator", []() -> rondo::task<> {
    auto numbers = []() -> rondo::async_generator<fragile> {
      fragile named(1);
      co_yield named;
      co_yield fragile(2);
    };
    auto each = numbers();
    for (int i = 0; i < 3; ++i) {
      try {
        co_await each.next();
      } catch (const fuse_blown&) {
      }
    }
  });
}

/// An item of a channel moves without throwing, but may be made of something else.
struct made_of_fragile {
  int v;
  explicit made_of_fragile(int n) : v(n) {}
  explicit made_of_fragile(const fragile& f) : v(f.v) { fragile::burn(); }
};

TEST(throwing_elements, a_channel_is_as_before_when_an_item_cannot_be_made) {
  at_every_throw("channel", []() -> rondo::task<> {
    rondo::channel<made_of_fragile> c(1);
    fragile f(1);
    bool sent = well([&] { EXPECT_TRUE(c.try_send(f)); });
    EXPECT_EQ(c.size(), sent ? 1u : 0u);
    fragile::fuse = -1;
    EXPECT_EQ(c.try_send(f), !sent) << "it has room for one";
    EXPECT_EQ((co_await c.receive()).value().v, 1);
  });
}

}  // namespace
