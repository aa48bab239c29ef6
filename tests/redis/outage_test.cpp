// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Servers that die, stop, restart and lie; connections that are cut anywhere; tasks that are
// cancelled at any time. No answer goes to another's task, and no write is made twice.
#include <gtest/gtest.h>
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <rondo/io.hpp>
#include <rondo/redis.hpp>
#include <rondo/rondo.hpp>
#include <rondo/testing.hpp>

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

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

TEST(redis_outage, a_hundred_thousand_cancels_mix_up_no_answers) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    constexpr int tasks = 100, rounds = 1000;
    int answered = 0, cancelled = 0, wrong = 0;
    unsigned longest = 2000;  // microseconds; as the machine is fast, so that both occur
    auto work = [&](int who) -> rondo::task<> {
      std::mt19937 random(static_cast<unsigned>(who));
      for (int i = 0; i < rounds; ++i) {
        int number = who * rounds + i;
        if (answered < cancelled / 8) longest = std::min(longest + longest / 50 + 1, 100'000u);
        if (cancelled < answered / 8) longest = std::max(longest - longest / 50, 50u);
        auto wait = std::chrono::microseconds(random() % longest);
        std::optional<int> got;
        switch (random() % 4) {
          case 0: {
            redis::batch b;
            b.add("ECHO", "x").add("ECHO", number).add("NOSUCH");
            auto all = co_await rondo::move_on_after(r.run(b), wait);
            if (all) {
              if (all->size() != 3 || !all->at(2).is_error()) ++wrong;
              got = all->at(1).as<int>();
            }
            break;
          }
          case 1: {
            redis::batch b;
            b.add("ECHO", number);
            auto all = co_await rondo::move_on_after(r.transaction<int>(b), wait);
            if (all) got = std::get<0>(*all);
            break;
          }
          default:
            got = co_await rondo::move_on_after(r.call<int>("ECHO", number), wait);
        }
        if (!got) {
          ++cancelled;
        } else {
          ++answered;
          if (*got != number) ++wrong;
        }
      }
    };
    std::vector<rondo::task<>> all;
    for (int who = 0; who < tasks; ++who) all.push_back(work(who));
    co_await rondo::gather(all);
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(answered + cancelled, tasks * rounds);
    EXPECT_GT(cancelled, 1000);
    EXPECT_GT(answered, 1000);
    EXPECT_EQ(co_await r.call<int>("ECHO", 7), 7);
    redis::client_statistics s = r.statistics();
    EXPECT_EQ(s.connects, 1u);
    EXPECT_GT(s.unheard, 0u);
    EXPECT_EQ(s.in_flight + s.waiting, 0u);
  });
}

TEST(redis_outage, no_write_is_repeated_when_the_server_is_killed) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    bool stop = false;
    std::uint64_t acknowledged = 0, lost = 0, reads = 0;
    auto write = [&](int who) -> rondo::task<> {
      std::string key = "n" + std::to_string(who);
      while (!stop) {
        try {
          co_await r.incr(key);
          ++acknowledged;
        } catch (const redis::connection_lost&) {
          ++lost;
        }
      }
    };
    auto read = [&]() -> rondo::task<> {
      while (!stop) {
        auto n = co_await r.get<int>("n0");  // never fails: it is sent again
        reads += n.has_value();
      }
    };
    auto kill = [&]() -> rondo::task<> {
      for (int i = 0; i < 5; ++i) {
        std::uint64_t before = acknowledged;
        while (acknowledged < before + 200) co_await rondo::sleep(1ms);
        server.kill();
        co_await rondo::sleep(5ms);
        server.start();
      }
      std::uint64_t before = acknowledged;
      while (acknowledged < before + 200) co_await rondo::sleep(1ms);
      stop = true;
    };
    std::vector<rondo::task<>> all;
    for (int i = 0; i < 20; ++i) all.push_back(write(i));
    for (int i = 0; i < 5; ++i) all.push_back(read());
    all.push_back(kill());
    co_await rondo::gather(all);
    std::uint64_t counted = 0;
    for (int i = 0; i < 20; ++i)
      counted +=
          static_cast<std::uint64_t>((co_await r.get<int>("n" + std::to_string(i))).value_or(0));
    EXPECT_GE(counted, acknowledged);  // appendfsync always: what was answered is there
    EXPECT_LE(counted, acknowledged + lost);
    EXPECT_GT(reads, 0u);
    EXPECT_EQ(r.statistics().connects, 6u);
  });
}

TEST(redis_outage, a_server_killed_in_the_midst_of_an_answer) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    std::string text = test::pattern(8'000'000);
    co_await r.set("large", text);
    int right = 0;
    auto get = [&]() -> rondo::task<> {
      auto got = co_await r.get("large");
      right += got == text;
      if (right == 1) {  // 19 more are on their way
        server.kill();
        server.start();
      }
    };
    std::vector<rondo::task<>> all;
    for (int i = 0; i < 20; ++i) all.push_back(get());
    co_await rondo::gather(all);
    EXPECT_EQ(right, 20);
    EXPECT_EQ(r.statistics().connects, 2u);
    EXPECT_NE(r.statistics().last_error, "");
  });
}

TEST(redis_outage, deadlines_hold_while_the_server_is_stopped) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    redis::client_options options;
    options.timeout = 100ms;
    options.connect_timeout = 100ms;
    auto r = co_await redis::connect(server.url(), options);
    co_await r.set("k", "v");
    server.stop();
    std::string late = co_await error_of(r.incr("n"));
    EXPECT_TRUE(contains(late, "INCRBY: no answer within 0.1s; it was sent, and may run")) << late;
    redis::call_options longer;
    longer.timeout = 20s;
    auto patient = rondo::create_task([&]() -> rondo::task<std::optional<std::string>> {
      co_return co_await r.call<std::optional<std::string>>(longer, "GET", "k");
    });
    std::string extra = co_await error_of(r.blpop("l", 1s));
    EXPECT_TRUE(contains(extra, "an extra connection: ") || contains(extra, "no answer")) << extra;
    server.go_on();
    EXPECT_EQ(co_await patient, "v");
    EXPECT_EQ(co_await r.get<int>("n"), 1);
    EXPECT_EQ(r.statistics().connects, 1u);
  });
}

TEST(redis_outage, a_server_that_is_silent_for_long_is_left) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    redis::client_options options;
    options.silence = 150ms;
    options.connect_timeout = 100ms;
    auto r = co_await redis::connect(server.url(), options);
    server.stop();
    std::string lost = co_await error_of(r.incr("n"));
    EXPECT_TRUE(contains(lost, "the server has sent nothing for 0.15s, with 1 commands to answer"))
        << lost;
    server.go_on();
    auto n = co_await r.get<int>("n");
    EXPECT_TRUE(n == std::nullopt || n == 1);
  });
}

TEST(redis_outage, commands_wait_for_a_server_that_is_down_until_their_time_is_up) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    redis::client_options options;
    options.timeout = 150ms;
    options.most_pause = 50ms;
    auto r = co_await redis::connect(server.url(), options);
    server.kill();
    while (r.statistics().connected) co_await rondo::sleep(1ms);
    std::string late = co_await error_of(r.incr("n"));
    EXPECT_TRUE(contains(late,
                         "no answer within 0.15s; it was not sent, there is no connection; "
                         "last attempt "))
        << late;
    EXPECT_TRUE(contains(late, "Connection refused (attempt ")) << late;
    redis::call_options longer;
    longer.timeout = 20s;
    auto waits = rondo::create_task(
        [&]() -> rondo::task<int> { co_return co_await r.call<int>(longer, "INCR", "n"); });
    co_await rondo::testing::wait_until_all_blocked();
    EXPECT_EQ(r.statistics().waiting, 1u);
    server.start();
    EXPECT_EQ(co_await waits, 1);
  });
}

TEST(redis_outage, fail_fast_does_not_wait) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    redis::client_options options;
    options.fail_fast = true;
    auto r = co_await redis::connect(server.url(), options);
    server.kill();
    while (r.statistics().connected) co_await rondo::sleep(1ms);
    std::string refused = co_await error_of(r.get("n"));
    EXPECT_TRUE(contains(refused, "GET: not sent, there is no connection: ")) << refused;
    server.start();
    while (!r.statistics().connected) co_await rondo::sleep(1ms);
    EXPECT_EQ(co_await r.get("n"), std::nullopt);
  });
}

/// What may run twice is sent again; that it was sent once is said all the same.
TEST(redis_outage, what_waits_to_be_sent_again_may_have_run) {
  for (std::string how : {"time is up", "the client is closed", "fail_fast"}) {
    test::redis_server server;
    test::run([&]() -> rondo::task<> {
      redis::client_options options;
      options.fail_fast = how == "fail_fast";
      auto r = co_await redis::connect(server.url(), options);
      server.stop();
      auto mark = [&]() -> rondo::task<std::string> {
        redis::call_options twice;
        twice.idempotent = true;
        if (how == "time is up") twice.timeout = 200ms;
        try {
          co_await r.call<void>(twice, "SET", "k", "v");
        } catch (const redis::connection_lost& e) {
          EXPECT_NE(how, "time is up");
          co_return e.what();
        } catch (const rondo::timeout_error& e) {
          EXPECT_EQ(how, "time is up");
          co_return e.what();
        } catch (const std::exception& e) {
          ADD_FAILURE() << e.what();
        }
        co_return "no error";
      };
      auto sent = rondo::create_task(mark());
      co_await rondo::testing::wait_until_all_blocked();  // the stopped server's socket takes it
      server.kill();
      while (r.statistics().connected) co_await rondo::sleep(1ms);
      if (how == "the client is closed") co_await r.close();
      std::string why = co_await sent;
      EXPECT_TRUE(contains(why, "may have run")) << how << ": " << why;
      EXPECT_FALSE(contains(why, "not sent")) << how << ": " << why;
    });
  }
}

/// What a peer does until it ends in an error, as it may when a client leaves it.
rondo::task<> until_left(rondo::task<> peer) {
  try {
    co_await std::move(peer);
  } catch (const std::system_error&) {
  }
}

/// After so many right answers a wrong one; then waits until it is left.
rondo::task<> lie_to(rondo::stream s, int right_answers, std::string lie) {
  for (; right_answers > 0; --right_answers) {
    static_cast<void>(co_await s.read());
    co_await s.write("+OK\r\n");  // to CLIENT SETNAME
  }
  static_cast<void>(co_await s.read());
  co_await s.write(lie);
  if (!lie.empty()) static_cast<void>(co_await s.read_all(1 << 20));
}

/// Stands between client and server and cuts the first connection after so many bytes of one
/// direction; later ones are left alone.
class cutter {
 public:
  cutter(int port, std::size_t from_client, std::size_t from_server)
      : port_(port), from_client_(from_client), from_server_(from_server) {}
  cutter(const cutter&) = delete;
  rondo::task<> operator()(rondo::stream client) {
    bool first = connections++ == 0;
    auto server = co_await rondo::open_connection("127.0.0.1", static_cast<std::uint16_t>(port_));
    constexpr auto all = static_cast<std::size_t>(-1);
    co_await rondo::race(pass(client, server, first ? from_client_ : all),
                         pass(server, client, first ? from_server_ : all));
  }
  int connections = 0;

 private:
  static rondo::task<> pass(rondo::stream& from, rondo::stream& to, std::size_t left) {
    while (left > 0) {
      std::string bytes = co_await from.read(std::min<std::size_t>(left, 65536));
      if (bytes.empty()) break;
      left -= bytes.size();
      co_await to.write(bytes);
    }
  }
  int port_;
  std::size_t from_client_;
  std::size_t from_server_;
};

constexpr auto everything = static_cast<std::size_t>(-1);

/// What the client says and hears in one try: true when the first connection was cut.
rondo::task<bool> talk_through(test::redis_server& server, std::size_t from_client,
                               std::size_t from_server) {
  auto direct = co_await redis::connect(server.url());
  co_await direct.call<void>("FLUSHALL");
  co_await direct.call<void>("RPUSH", "l", "one", "two");
  cutter cut(server.port(), from_client, from_server);
  auto proxy = co_await rondo::start_server(
      [&](rondo::stream s) -> rondo::task<> { co_await until_left(cut(std::move(s))); },
      "127.0.0.1", 0);
  redis::client_options options;
  options.least_pause = 1ms;
  std::string url = "redis://127.0.0.1:" + std::to_string(proxy.port());
  std::optional<redis::client> client;
  try {
    client.emplace(co_await redis::connect(url, options));
  } catch (const std::exception&) {  // cut before it was connected
  }
  if (!client) client.emplace(co_await redis::connect(url, options));
  redis::client& r = *client;
  int lost = 0, acknowledged = 0;
  auto count = [&]() -> rondo::task<> {
    try {
      co_await r.incr("n");
      ++acknowledged;
    } catch (const redis::connection_lost&) {
      ++lost;
    }
  };
  auto look = [&]() -> rondo::task<> {
    auto list = co_await r.lrange("l", 0, -1);
    EXPECT_EQ(list, (std::vector<std::string>{"one", "two"}));
  };
  auto mark = [&]() -> rondo::task<> {
    co_await r.call<void>(redis::idempotent, "SET", "marked", "yes");
  };
  co_await rondo::gather(count(), look(), count(), mark(), count());
  auto n = co_await direct.get<int>("n");
  EXPECT_GE(n.value_or(0), acknowledged);
  EXPECT_LE(n.value_or(0), acknowledged + lost);
  EXPECT_EQ(acknowledged + lost, 3);
  EXPECT_EQ(co_await direct.get("marked"), "yes");
  bool was_cut = cut.connections > 1;
  co_await r.close();
  co_await proxy.close();
  co_return was_cut;
}

TEST(redis_outage, a_connection_may_be_cut_at_every_byte) {
  test::redis_server server({"--appendfsync", "no"});
  test::run([&]() -> rondo::task<> {
    std::size_t of_server = 0, of_client = 0;
    while (co_await talk_through(server, everything, of_server)) ++of_server;
    EXPECT_GE(of_server, 35u);
    while (co_await talk_through(server, of_client, everything)) ++of_client;
    EXPECT_GT(of_client, 150u);
  });
}

std::string repeated(std::string_view text, int n) {
  std::string all;
  for (; n > 0; --n) all += text;
  return all;
}

TEST(redis_outage, a_hostile_server_gives_errors) {
  std::vector<std::string> lies{
      "hello\r\n",
      "$536870912\r\n",
      "*2147483647\r\n",
      "*1000001\r\n",
      repeated("*1\r\n", 1000),
      "$3\r\nabcde\r\n",
      ":1\r\n:2\r\n",  // one too many
      ":1\r\n+",
      std::string(200'000, '+'),
      std::string("\0\0\0\0", 4),
      "$-5\r\n",
      "",  // ends the connection
  };
  test::run([&]() -> rondo::task<> {
    for (const std::string& lie : lies) {
      int connections = 0;
      auto handler = [&](rondo::stream s) -> rondo::task<> {
        ++connections;
        co_await until_left(lie_to(std::move(s), 1, lie));
      };
      auto server = co_await rondo::start_server(handler, "127.0.0.1", 0);
      std::string url = "redis://127.0.0.1:" + std::to_string(server.port());
      redis::client_options options;
      options.timeout = 20s;
      auto r = co_await redis::connect(url, options);
      // Two in one write: what is read as the first's answer may be right.
      redis::batch one;
      one.add("INCR", "n");
      std::string first = co_await error_of(r.run(one));
      if (lie[0] != ':' || lie.empty()) {
        EXPECT_TRUE(contains(first, "it may have run")) << lie.substr(0, 20) << first;
      }
      while (connections < 2) co_await rondo::sleep(1ms);  // it left, and came back
      EXPECT_NE(r.statistics().last_error, "") << lie.substr(0, 20);
      co_await r.close();
      co_await server.close();
      // And while it says who it is.
      auto at_once = [&](rondo::stream s) -> rondo::task<> {
        co_await until_left(lie_to(std::move(s), 0, lie));
      };
      auto second = co_await rondo::start_server(at_once, "127.0.0.1", 0);
      url = "redis://127.0.0.1:" + std::to_string(second.port());
      std::string refused = co_await error_of(redis::connect(url, options));
      EXPECT_NE(refused, "no error") << lie.substr(0, 20);
      co_await second.close();
    }
  });
}

/// A server that stays within a transaction when it refuses its EXEC, as Redis 6 does: after
/// so many that it allows.
class redis_6 {
 public:
  explicit redis_6(int allowed) : allowed_(allowed) {}
  redis_6(const redis_6&) = delete;
  rondo::task<> operator()(rondo::stream s) {
    ++connections;
    bool within = false;
    for (;;) {
      std::string command = co_await read_command(s);
      if (command.empty()) co_return;
      std::string answer = command == "CLIENT" ? "+OK\r\n" : "$-1\r\n";
      if (command == "MULTI") {
        within = true;
        answer = "+OK\r\n";
      } else if (command == "EXEC" && allowed_-- > 0) {
        within = false;
        answer = "*0\r\n";
      } else if (command == "EXEC") {
        answer = "-NOPERM this user has no permissions to run the 'exec' command\r\n";
      } else if (within) {
        answer = "+QUEUED\r\n";
      }
      co_await s.write(answer);
    }
  }
  int connections = 0;

 private:
  /// Its name; empty at the end.
  static rondo::task<std::string> read_command(rondo::stream& s) {
    std::string line = co_await s.read_line();
    if (line.empty()) co_return line;
    std::string name;
    for (int left = std::stoi(line.substr(1)); left > 0; --left) {
      std::string size = co_await s.read_line();
      std::string text = co_await s.read_exactly(std::stoul(size.substr(1)) + 2);
      if (name.empty()) name = text.substr(0, text.size() - 2);
    }
    co_return name;
  }
  int allowed_;
};

TEST(redis_outage, no_connection_stays_within_a_transaction) {
  test::run([]() -> rondo::task<> {
    for (int allowed : {0, 1}) {
      redis_6 peer(allowed);
      auto server = co_await rondo::start_server(
          [&](rondo::stream s) -> rondo::task<> { co_await until_left(peer(std::move(s))); },
          "127.0.0.1", 0);
      auto r = co_await redis::connect("redis://127.0.0.1:" + std::to_string(server.port()));
      redis::batch b;
      b.add("GET", "k");
      auto fail = [&]() -> rondo::task<std::string> {
        co_return co_await error_of(r.transaction(b));
      };
      auto get = [&]() -> rondo::task<> { EXPECT_EQ(co_await r.get("k"), std::nullopt); };
      auto all = co_await rondo::gather(get(), fail(), get(), get());
      const std::string& error = std::get<1>(all);
      EXPECT_TRUE(contains(error, "EXEC: NOPERM")) << error;
      EXPECT_EQ(co_await r.get("k"), std::nullopt);
      EXPECT_EQ(peer.connections, 2);
      EXPECT_TRUE(contains(r.statistics().last_error, "EXEC was refused"))
          << r.statistics().last_error;
      co_await r.close();
      co_await server.close();
    }
  });
}

// As to our PING, by a server that is busy or doesn't let this user ask.
TEST(redis_outage, an_error_does_not_end_a_subscription) {
  test::run([]() -> rondo::task<> {
    auto handler = [](rondo::stream s) -> rondo::task<> {
      co_await until_left(lie_to(std::move(s), 1,
                                 "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"
                                 "-BUSY a script runs\r\n"
                                 "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n"));
    };
    auto server = co_await rondo::start_server(handler, "127.0.0.1", 0);
    auto r = co_await redis::connect("redis://127.0.0.1:" + std::to_string(server.port()));
    auto news = r.subscribe("news");
    auto m = co_await news.next();
    EXPECT_EQ(m.value().payload, "hello");
    news.close();
    co_await r.close();
    co_await server.close();
  });
}

TEST(redis_outage, an_answer_over_the_limit_is_asked_for_once) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    redis::client_options options;
    options.max_string = 1000;
    auto r = co_await redis::connect(server.url(), options);
    co_await r.set("large", std::string(2000, 'x'));
    std::string refused = co_await error_of(r.get("large"));
    EXPECT_TRUE(contains(refused, "a string of 2000 bytes, over the limit of 1000 bytes"))
        << refused;
    EXPECT_EQ(co_await r.get("none"), std::nullopt);
    EXPECT_EQ(r.statistics().connects, 2u);
    options.max_answer = 1500;
    auto careful = co_await redis::connect(server.url(), options);
    co_await careful.call<void>("MSET", "a", std::string(900, 'x'), "b", std::string(900, 'x'));
    refused = co_await error_of(careful.mget("a", "b"));
    EXPECT_TRUE(contains(refused, "a string of 900 bytes in an answer of at most 1500 bytes"))
        << refused;
    EXPECT_EQ((co_await careful.mget("a", "none")).at(1), std::nullopt);
    EXPECT_EQ(careful.statistics().connects, 2u);
  });
}

TEST(redis_outage, a_lease_does_not_outlive_its_server) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    auto waits = rondo::create_task(error_of(r.blpop("l")));
    while (r.statistics().extra == 0) co_await rondo::sleep(1ms);
    auto lease = std::optional(co_await r.acquire());
    co_await lease->set("k", 1);
    server.kill();
    std::string lost = co_await waits;
    EXPECT_TRUE(contains(lost, "BLPOP: the connection was lost after it was sent")) << lost;
    EXPECT_NE(co_await error_of(lease->get("k")), "no error");
    std::string again = co_await error_of(lease->get("k"));
    EXPECT_TRUE(contains(again, "not sent, this connection was lost before")) << again;
    lease.reset();
    EXPECT_NE(co_await error_of(r.acquire()), "no error");
    server.start();
    auto fresh = co_await r.acquire();
    EXPECT_EQ(co_await fresh.get<int>("k"), 1);
    EXPECT_EQ(r.statistics().extra, 1u);
  });
}

}  // namespace
