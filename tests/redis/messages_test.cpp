// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Published messages and streams, over restarts and cancellations.
#include <gtest/gtest.h>
#include <random>
#include <set>

#include <rondo/redis.hpp>
#include <rondo/rondo.hpp>

#include "support/folder.hpp"
#include "support/redis.hpp"
#include "support/run.hpp"

namespace redis = rondo::redis;
using namespace std::chrono_literals;

namespace {

template <class A>
rondo::task<std::string> error_of(A what) {
  auto o = co_await rondo::outcome_of(std::move(what));
  co_return test::error_text(std::move(o));
}

TEST(redis_messages, come_from_channels_and_patterns) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    auto news = r.subscribe("news", std::string("sport"));
    auto all = r.psubscribe("n*");
    co_await news.ready();
    co_await all.ready();
    EXPECT_EQ(co_await r.publish("news", "a\r\nb"), 2);
    EXPECT_EQ(co_await r.publish("sport", "goal"), 1);
    auto m = co_await news.next();
    EXPECT_EQ(m.value().channel, "news");
    EXPECT_EQ(m.value().payload, "a\r\nb");
    EXPECT_EQ(m.value().pattern, "");
    EXPECT_FALSE(m.value().gap);
    m = co_await news.next();
    EXPECT_EQ(m.value().channel + " " + m.value().payload, "sport goal");
    m = co_await all.next();
    EXPECT_EQ(m.value().pattern + " " + m.value().channel, "n* news");
    // Cancelling loses nothing.
    auto nothing = co_await rondo::move_on_after(news.next(), 1ms);
    EXPECT_FALSE(nothing.has_value());
    co_await r.publish("news", "later");
    m = co_await news.next();
    EXPECT_EQ(m.value().payload, "later");
    news.close();
    EXPECT_FALSE((co_await news.next()).has_value());
    EXPECT_THROW(static_cast<void>(r.subscribe()), rondo::usage_error);
  });
}

TEST(redis_messages, a_slow_reader_is_waited_for) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    redis::client_options options;
    options.max_messages = 4;
    auto r = co_await redis::connect(server.url(), options);
    auto news = r.subscribe("news");
    co_await news.ready();
    redis::batch b;
    for (int i = 0; i < 5000; ++i) b.add("PUBLISH", "news", i);
    co_await r.run(b);
    for (int i = 0; i < 5000; ++i) {
      auto m = co_await news.next();
      EXPECT_EQ(m.value().payload, std::to_string(i));
    }
  });
}

TEST(redis_messages, a_restart_is_told_as_a_gap) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    auto news = r.subscribe("news");
    co_await news.ready();
    for (int i = 0; i < 3; ++i) {
      co_await r.publish("news", "before");
      auto m = co_await news.next();
      EXPECT_EQ(m.value().payload, "before");
      server.kill();
      server.start();
      m = co_await news.next();
      EXPECT_TRUE(m.value().gap) << m.value().payload;
      EXPECT_EQ(m.value().channel, "");
    }
  });
}

TEST(redis_messages, a_user_who_may_not_subscribe_is_told) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    co_await r.call<void>("ACL", "SETUSER", "bob", "on", ">pw", "~*", "+@all", "resetchannels");
    auto bob = co_await redis::connect("redis://bob:pw@127.0.0.1:" + std::to_string(server.port()));
    auto news = bob.subscribe("news");
    EXPECT_NE((co_await error_of(news.ready())).find("NOPERM"), std::string::npos);
    EXPECT_NE((co_await error_of(news.next())).find("SUBSCRIBE: NOPERM"), std::string::npos);
  });
}

TEST(redis_messages, a_closed_subscription_is_never_ready) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    auto news = r.subscribe("news");
    news.close();
    EXPECT_NE((co_await error_of(news.ready())).find("the subscription is closed"),
              std::string::npos);
  });
}

TEST(redis_streams, an_entry_over_the_limit_is_told) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    redis::client_options options;
    options.max_string = 1000;
    auto r = co_await redis::connect(server.url(), options);
    co_await r.call<void>("XADD", "s", "*", "f", std::string(2000, 'x'));
    auto reader = r.read_stream("s", "0");
    EXPECT_THROW(static_cast<void>(co_await reader.next()), redis::protocol_error);
  });
}

TEST(redis_streams, a_reader_that_is_destroyed_ends_who_waits_in_it) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    std::optional<redis::stream_reader> reader(r.read_stream("s", "0"));
    auto waits = rondo::create_task(error_of(reader->next()));
    co_await rondo::sleep(0s);
    reader.reset();
    EXPECT_EQ(co_await waits, "stream_reader::next: the reader was destroyed meanwhile");
  });
}

TEST(redis_streams, are_read_on_over_restarts_and_cancels) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    redis::client_options options;
    options.least_pause = 1ms;
    auto r = co_await redis::connect(server.url(), options);
    constexpr int entries = 300;
    int written = 0;
    auto write = [&]() -> rondo::task<> {
      for (; written < entries; ++written) {
        // Its own id makes it idempotent: twice is an error that says so.
        std::string id = std::to_string(written + 1) + "-1";
        try {
          co_await r.call<std::string>(redis::idempotent, "XADD", "log", id, "n", written);
        } catch (const redis::error&) {
        }
        if (written % 100 == 50) {
          server.kill();
          server.start();
        }
      }
    };
    std::vector<std::string> read;
    auto reading = [&]() -> rondo::task<> {
      redis::stream_options some;
      some.count = 7;
      auto log = r.read_stream("log", "0", some);
      std::mt19937 random(1);
      while (read.size() < entries) {
        auto wait = std::chrono::microseconds(random() % 3000);
        auto e = co_await rondo::move_on_after(log.next(), wait);
        if (!e) continue;
        EXPECT_FALSE(e->value().gap);
        read.emplace_back(e->value().field("n").value());
      }
    };
    co_await rondo::gather(write(), reading());
    EXPECT_EQ(read.size(), static_cast<std::size_t>(entries));
    for (int i = 0; i < entries; ++i)
      EXPECT_EQ(read[static_cast<std::size_t>(i)], std::to_string(i));
  });
}

TEST(redis_streams, begin_where_they_are_told) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    std::string first = co_await r.xadd("log", "a", 1);
    co_await r.xadd("log", "b", 2, "c", 3);
    auto behind = r.read_stream("log", first);
    auto e = co_await behind.next();
    EXPECT_EQ(e.value().field("c"), "3");
    EXPECT_EQ(e.value().field("a"), std::nullopt);
    EXPECT_EQ(e.value().stream, "log");
    auto from_now = r.read_stream("log");
    auto waits = rondo::create_task([&]() -> rondo::task<std::optional<redis::stream_entry>> {
      co_return co_await from_now.next();
    });
    while (true) {
      auto clients = co_await r.call<std::string>("CLIENT", "LIST");
      if (clients.find("cmd=xread") != clients.npos) break;
      co_await rondo::sleep(1ms);
    }
    co_await r.xadd("log", "d", 4);
    e = co_await waits;
    EXPECT_EQ(e.value().field("d"), "4");
    co_await r.set("text", 1);
    auto wrong = r.read_stream("text", "0");
    EXPECT_NE((co_await error_of(wrong.next())).find("WRONGTYPE"), std::string::npos);
  });
}

TEST(redis_streams, what_was_cut_off_unread_is_told) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    for (int i = 0; i < 30; ++i) co_await r.xadd("log", "n", i);
    redis::stream_options some;
    some.count = 10;
    auto log = r.read_stream("log", "0", some);
    for (int i = 0; i < 10; ++i) EXPECT_FALSE((co_await log.next()).value().gap);
    co_await r.call<void>("XTRIM", "log", "MAXLEN", 5);
    auto e = co_await log.next();
    EXPECT_TRUE(e.value().gap);
    EXPECT_EQ(e.value().field("n"), "25");
    e = co_await log.next();
    EXPECT_FALSE(e.value().gap);
  });
}

TEST(redis_streams, a_group_shares_and_loses_nothing) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    redis::client_options options;
    options.least_pause = 1ms;
    auto r = co_await redis::connect(server.url(), options);
    constexpr int entries = 400;
    std::multiset<std::string> seen;
    int again = 0;
    auto consume = [&](std::string name) -> rondo::task<> {
      redis::group_options some;
      some.count = 5;
      auto jobs = r.read_group("jobs", "workers", name, some);
      std::mt19937 random(static_cast<unsigned>(name.back()));
      while (seen.size() < entries) {
        auto wait = std::chrono::microseconds(random() % 2000);
        auto e = co_await rondo::move_on_after(jobs.next(), wait);
        if (!e) continue;
        again += e->value().again;
        seen.emplace(e->value().field("n").value());
        co_await jobs.ack(e->value());
      }
    };
    auto produce = [&]() -> rondo::task<> {
      for (int i = 0; i < entries; ++i) {
        co_await r.call<std::string>(redis::idempotent, "XADD", "jobs",
                                     std::to_string(i + 1) + "-1", "n", i);
        if (i == entries / 2) {
          while (seen.size() < 20) co_await rondo::sleep(1ms);
          server.kill();
          server.start();
        }
      }
    };
    co_await rondo::gather(produce(), consume("a"), consume("b"), consume("c"));
    std::set<std::string> different(seen.begin(), seen.end());
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(entries));
    EXPECT_EQ(different.size(), static_cast<std::size_t>(entries)) << again << " came again";
    auto pending = co_await r.call("XPENDING", "jobs", "workers");
    EXPECT_EQ(pending.elements().at(0).integer(), 0);
  });
}

TEST(redis_streams, a_dead_consumers_entries_are_taken_over) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    co_await r.xadd("jobs", "n", 1);
    co_await r.xadd("jobs", "n", 2);
    {
      auto dead = r.read_group("jobs", "workers", "dead");
      auto e = co_await dead.next();
      EXPECT_EQ(e.value().field("n"), "1");
      EXPECT_FALSE(e.value().again);
    }
    {  // the same name again is given what it had
      auto reborn = r.read_group("jobs", "workers", "dead");
      auto e = co_await reborn.next();
      EXPECT_EQ(e.value().field("n"), "1");
      EXPECT_TRUE(e.value().again);
      co_await reborn.ack(e.value());
    }
    redis::group_options soon;
    soon.claim_after = 1ms;
    soon.block = 5ms;
    auto heir = r.read_group("jobs", "workers", "heir", soon);
    auto e = co_await heir.next();
    EXPECT_EQ(e.value().field("n"), "2");
    EXPECT_TRUE(e.value().again);
    co_await heir.ack(e.value());
    auto pending = co_await r.call("XPENDING", "jobs", "workers");
    EXPECT_EQ(pending.elements().at(0).integer(), 0);
    EXPECT_THROW(static_cast<void>(r.read_group("jobs", "", "x")), rondo::usage_error);
    auto plain = r.read_stream("jobs", "0");
    EXPECT_NE((co_await error_of(plain.ack(e.value()))), "no error");
  });
}

TEST(redis_streams, a_group_goes_on_when_its_stream_was_deleted) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    redis::client_options options;
    options.least_pause = 1ms;
    auto r = co_await redis::connect(server.url(), options);
    auto jobs = r.read_group("jobs", "workers", "a");
    co_await r.xadd("jobs", "n", 1);
    EXPECT_EQ((co_await jobs.next()).value().field("n"), "1");
    auto waits = rondo::create_task([&]() -> rondo::task<std::optional<redis::stream_entry>> {
      co_return co_await jobs.next();
    });
    while (r.statistics().extra == 0) co_await rondo::sleep(1ms);
    co_await r.del("jobs");
    co_await r.xadd("jobs", "n", 2);
    auto e = co_await waits;
    EXPECT_EQ(e.value().field("n"), "2");
  });
}

}  // namespace
