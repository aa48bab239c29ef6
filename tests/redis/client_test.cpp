// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Commands and typed answers on a real server.
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <unordered_map>

#include <rondo/redis.hpp>
#include <rondo/rondo.hpp>

#include "support/folder.hpp"
#include "support/redis.hpp"
#include "support/run.hpp"
#include "support/tls.hpp"

namespace redis = rondo::redis;
using namespace std::chrono_literals;

namespace {

/// One server for what needs nothing special; each test empties it.
test::redis_server& server() {
  static test::redis_server one;
  return one;
}

/// Errors name the server.
std::string from(const test::redis_server& s, const std::string& text) {
  return "redis 127.0.0.1:" + std::to_string(s.port()) + ": " + text;
}

template <class Body>
void with_client(Body body, redis::client_options options = {}) {
  std::string url = server().url();
  test::run([&]() -> rondo::task<> {
    redis::client r = co_await redis::connect(url, options);
    co_await r.call<void>("FLUSHALL");
    co_await body(r);
    co_await r.close();
  });
}

template <class A>
rondo::task<std::string> error_of(A what) {
  auto o = co_await rondo::outcome_of(std::move(what));
  co_return test::error_text(std::move(o));
}

TEST(redis_client, answers_have_the_type_that_is_asked_for) {
  with_client([](redis::client& r) -> rondo::task<> {
    EXPECT_TRUE(co_await r.call<bool>("SET", "n", 41));
    EXPECT_EQ(co_await r.call<int>("INCR", "n"), 42);
    EXPECT_EQ(co_await r.call<std::uint8_t>("GET", "n"), 42);
    EXPECT_EQ(co_await r.call<std::string>("GET", "n"), "42");
    EXPECT_EQ(co_await r.call<double>("INCRBYFLOAT", "n", 0.5), 42.5);
    EXPECT_EQ(co_await r.call<std::optional<std::string>>("GET", "none"), std::nullopt);
    EXPECT_EQ(co_await r.call<std::string>("TYPE", "n"), "string");
    co_await r.call<void>("RPUSH", "l", "a", std::string("b"), std::string_view("c"), 4, 5.25, 'x');
    auto list = co_await r.call<std::vector<std::string>>("LRANGE", "l", 0, -1);
    EXPECT_EQ(list, (std::vector<std::string>{"a", "b", "c", "4", "5.25", "x"}));
    std::map<std::string, int> fields{{"one", 1}, {"two", 2}};
    EXPECT_EQ(co_await r.call<int>("HSET", "h", fields), 2);
    auto all = co_await r.call<std::unordered_map<std::string, int>>("HGETALL", "h");
    EXPECT_EQ(all, (std::unordered_map<std::string, int>{{"one", 1}, {"two", 2}}));
    auto some = co_await r.call<std::tuple<std::optional<int>, std::optional<int>>>("HMGET", "h",
                                                                                    "one", "x");
    EXPECT_EQ(std::get<0>(some), 1);
    EXPECT_EQ(std::get<1>(some), std::nullopt);
    std::vector<int> members{3, 1, 2};
    co_await r.call<void>("SADD", "s", members);
    auto set = co_await r.call<std::set<int>>("SMEMBERS", "s");
    EXPECT_EQ(set, (std::set<int>{1, 2, 3}));
    redis::reply any = co_await r.call("LRANGE", "l", 0, 1);
    EXPECT_EQ(any.elements().at(1).text(), "b");
    EXPECT_EQ(any.as<std::vector<std::string>>().size(), 2u);
    rondo::none_t nothing = co_await r.call<rondo::none_t>("PING");
    EXPECT_EQ(nothing, rondo::none);
  });
}

TEST(redis_client, bytes_stay_what_they_are) {
  with_client([](redis::client& r) -> rondo::task<> {
    std::string odd("a\r\n$3\r\nfoo\0\xff", 13);
    std::string attack = "x\r\nFLUSHALL\r\n";
    co_await r.set(attack, odd);
    EXPECT_EQ(co_await r.get(attack), odd);
    EXPECT_EQ(co_await r.call<int>("DBSIZE"), 1);
    std::string large = test::pattern(5'000'000);
    co_await r.set("large", large);
    auto back = co_await r.get("large");
    EXPECT_TRUE(back == large);
    co_await r.set("empty", "");
    EXPECT_EQ(co_await r.get("empty"), "");
  });
}

TEST(redis_client, errors_name_command_and_cause) {
  with_client([](redis::client& r) -> rondo::task<> {
    co_await r.set("text", "abc");
    try {
      co_await r.call<int>("INCR", "text");
      ADD_FAILURE() << "INCR of a text went well";
    } catch (const redis::error& e) {
      EXPECT_EQ(e.code(), "ERR");
      EXPECT_EQ(e.command(), "INCR");
      EXPECT_EQ(e.what(), from(server(), "INCR: ERR value is not an integer or out of range"));
    }
    std::string wrong = co_await error_of(r.call<std::string>("LPOP", "text"));
    EXPECT_EQ(
        wrong,
        from(server(), "LPOP: WRONGTYPE Operation against a key holding the wrong kind of value"));
    EXPECT_EQ(co_await error_of(r.call<int>("GET", "text")),
              from(server(), "GET: expected an integer, not the string \"abc\""));
    EXPECT_EQ(co_await error_of(r.call<std::string>("GET", "none")),
              from(server(), "GET: expected a string, not nil"));
    co_await r.set("big", 300);
    EXPECT_EQ(co_await error_of(r.call<std::uint8_t>("GET", "big")),
              from(server(), "GET: expected an integer between 0 and 255, not the string \"300\""));
    auto own = co_await r.acquire();
    EXPECT_EQ(co_await error_of(own.call<int>("GET", "text")),
              from(server(), "GET: expected an integer, not the string \"abc\""));
    EXPECT_EQ(co_await error_of(own.incr("text")),
              from(server(), "INCRBY: ERR value is not an integer or out of range"));
    EXPECT_EQ(
        co_await error_of(r.blpop("text", 1s)),
        from(server(), "BLPOP: WRONGTYPE Operation against a key holding the wrong kind of value"));
    EXPECT_EQ(co_await error_of(r.call<std::vector<int>>("GET", "big")),
              from(server(), "GET: expected an array, not the string \"300\""));
  });
}

TEST(redis_client, what_must_not_share_the_connection_is_refused) {
  with_client([](redis::client& r) -> rondo::task<> {
    EXPECT_EQ(co_await error_of(r.call("BLPOP", "k", 0)),
              "client::call: BLPOP: it would hold up all who share the connection: use "
              "client::blpop or client::acquire");
    EXPECT_EQ(co_await error_of(r.call("subscribe", "k")),
              "client::call: subscribe: it needs a connection of its own: use client::subscribe");
    EXPECT_EQ(co_await error_of(r.call("Multi")),
              "client::call: Multi: others share the connection: use client::transaction");
    std::vector<std::string> refused{"SELECT", "AUTH", "WATCH", "EXEC", "WAIT", "MONITOR", "QUIT"};
    for (const std::string& name : refused)
      EXPECT_NE(co_await error_of(r.call(name, "1")), "no error") << name;
    EXPECT_NE(co_await error_of(r.call("XREAD", "BLOCK", 0, "STREAMS", "s", "$")), "no error");
    EXPECT_NE(co_await error_of(r.call("CLIENT", "REPLY", "OFF")), "no error");
    EXPECT_NE(co_await error_of(r.call("CLIENT", "TRACKING", "ON")), "no error");
    EXPECT_EQ(co_await error_of(r.call("XREAD", "STREAMS", "BLOCK", "0")), "no error");
    // A group may be called as one pleases.
    std::string blocks = co_await error_of(
        r.call("XREADGROUP", "GROUP", "streams", "me", "BLOCK", 0, "STREAMS", "s", ">"));
    EXPECT_EQ(blocks.substr(0, 33), "client::call: XREADGROUP: BLOCK w");
    co_await r.call<void>("XGROUP", "CREATE", "s", "block", "0", "MKSTREAM");
    EXPECT_EQ(
        co_await error_of(r.call("XREADGROUP", "GROUP", "block", "block", "STREAMS", "s", ">")),
        "no error");
    EXPECT_EQ(co_await r.call<std::string>("CLIENT", "GETNAME"), "rondo");
    // All that changes a connection, ends it, or is not answered once.
    std::vector<std::pair<std::string, std::string>> words{
        {"SCRIPT", "DEBUG"},    {"CLIENT", "NO-EVICT"}, {"CLIENT", "NO-TOUCH"},
        {"CLIENT", "SETNAME"},  {"CLIENT", "SETINFO"},  {"CLIENT", "CACHING"},
        {"client", "tracking"}, {"CLIENT", "REPLY"},    {"HELLO", "3"},
        {"RESET", "x"},         {"ASKING", "x"},        {"READONLY", "x"},
        {"READWRITE", "x"},     {"SYNC", "x"},          {"PSYNC", "x"},
        {"REPLCONF", "ACK"},    {"MONITOR", "x"},       {"PSUBSCRIBE", "x"},
        {"SSUBSCRIBE", "x"},    {"UNSUBSCRIBE", "x"},   {"PUNSUBSCRIBE", "x"},
        {"SUNSUBSCRIBE", "x"},  {"DISCARD", "x"},       {"UNWATCH", "x"},
        {"WAITAOF", "1"},       {"BRPOPLPUSH", "x"},    {"BLMPOP", "x"},
        {"BZMPOP", "x"}};
    for (const auto& [name, what] : words) {
      std::string why = co_await error_of(r.call(name, what));
      EXPECT_EQ(why.substr(0, 14 + name.size()), "client::call: " + name) << why;
    }
    EXPECT_EQ(co_await error_of(r.call("SCRIPT", "DEBUG", "YES")),
              "client::call: SCRIPT DEBUG: it is not answered once, as commands are: no client "
              "can have it, use redis-cli");
    EXPECT_EQ(co_await error_of(r.call("CLIENT", "SETNAME", "me")),
              "client::call: CLIENT SETNAME: it would change the connection for all who share "
              "it: use client_options::name");
    EXPECT_EQ(co_await error_of(r.call("QUIT")),
              "client::call: QUIT: it would end the connection for all who share it: use "
              "client::close");
    EXPECT_EQ(co_await error_of(r.call("SCRIPT", "EXISTS", "x")), "no error");
    {
      auto own = co_await r.acquire();
      std::string why = co_await error_of(own.call("CLIENT", "REPLY", "OFF"));
      EXPECT_EQ(why.substr(0, 39), "redis::connection::call: CLIENT REPLY: ") << why;
      EXPECT_EQ(co_await own.call<std::string>("PING"), "PONG");
    }
    redis::batch b;
    b.add("SET", "a", 1).add("BLPOP", "l", 0);
    EXPECT_THROW(static_cast<void>(r.run(b)), rondo::usage_error);
  });
}

TEST(redis_client, verbs) {
  with_client([](redis::client& r) -> rondo::task<> {
    EXPECT_TRUE(co_await r.set("k", "v", {.nx = true}));
    EXPECT_FALSE(co_await r.set("k", "w", {.nx = true}));
    EXPECT_TRUE(co_await r.set("k", "w", {.ex = 60s, .xx = true}));
    EXPECT_GT(co_await r.pttl("k"), 50'000);
    EXPECT_TRUE(co_await r.set("k", 7, {.keepttl = true}));
    EXPECT_GT(co_await r.pttl("k"), 50'000);
    EXPECT_EQ(co_await r.set_get<int>("k", 8), 7);
    EXPECT_EQ(co_await r.pttl("k"), -1);
    EXPECT_EQ(co_await r.get<int>("k"), 8);
    EXPECT_EQ(co_await r.incr("k"), 9);
    EXPECT_EQ(co_await r.incr("k", -4), 5);
    EXPECT_EQ(co_await r.incr_by_float("k", 0.5), 5.5);
    EXPECT_TRUE(co_await r.expire("k", 1h));
    EXPECT_TRUE(co_await r.persist("k"));
    EXPECT_EQ(co_await r.exists("k", "none"), 1);
    std::vector<std::string> keys{"k", "none"};
    EXPECT_EQ((co_await r.mget(keys)).size(), 2u);
    EXPECT_EQ(co_await r.del(keys, "other"), 1);
    EXPECT_EQ(co_await r.type("k"), "none");

    EXPECT_EQ(co_await r.hset("h", "a", 1, "b", 2), 2);
    EXPECT_EQ(co_await r.hget<int>("h", "b"), 2);
    EXPECT_EQ(co_await r.hincr("h", "a", 10), 11);
    EXPECT_EQ(co_await r.hdel("h", "b"), 1);
    EXPECT_EQ((co_await r.hgetall("h")).at("a"), "11");

    EXPECT_EQ(co_await r.rpush("l", 1, 2, 3), 3);
    EXPECT_EQ(co_await r.lpush("l", 0), 4);
    EXPECT_EQ(co_await r.lpop<int>("l"), 0);
    EXPECT_EQ(co_await r.rpop<int>("l"), 3);
    co_await r.ltrim("l", 0, 0);
    auto left = co_await r.lrange<int>("l", 0, -1);
    EXPECT_EQ(left, std::vector<int>{1});
    EXPECT_EQ(co_await r.llen("l"), 1);

    EXPECT_EQ(co_await r.sadd("s", "a", "b"), 2);
    EXPECT_TRUE(co_await r.sismember("s", "a"));
    EXPECT_EQ(co_await r.srem("s", "a"), 1);
    EXPECT_EQ(co_await r.scard("s"), 1);
    auto members = co_await r.smembers("s");
    EXPECT_EQ(members, std::vector<std::string>{"b"});

    EXPECT_TRUE(co_await r.zadd("z", 2.5, "m"));
    EXPECT_TRUE(co_await r.zadd("z", 1, "n"));
    EXPECT_EQ(co_await r.zscore("z", "m"), 2.5);
    EXPECT_EQ(co_await r.zincr("z", 1, "m"), 3.5);
    auto ranked = co_await r.zrange("z", 0, -1);
    EXPECT_EQ(ranked, (std::vector<std::pair<std::string, double>>{{"n", 1}, {"m", 3.5}}));
    EXPECT_EQ((co_await r.zrange_by_score("z", 2, 9)).size(), 1u);
    EXPECT_EQ(co_await r.zcard("z"), 2);
    EXPECT_EQ(co_await r.zrem("z", "m", "n"), 2);
    EXPECT_EQ(co_await r.publish("nobody", "hello"), 0);
  });
}

TEST(redis_client, scan_finds_every_key_once) {
  with_client([](redis::client& r) -> rondo::task<> {
    redis::batch b;
    for (int i = 0; i < 3000; ++i) b.add("SET", "key:" + std::to_string(i), i);
    b.add("SET", "other", 1);
    co_await r.run(b);
    std::set<std::string> found;
    auto keys = r.scan("key:*", 100);
    while (auto key = co_await keys.next()) found.insert(*key);
    EXPECT_EQ(found.size(), 3000u);
  });
}

TEST(redis_client, a_batch_gives_all_answers) {
  with_client([](redis::client& r) -> rondo::task<> {
    redis::batch b;
    b.add("SET", "a", 1).add("INCR", "a").add("LPUSH", "a", 1).add("GET", "a");
    std::vector<redis::reply> all = co_await r.run(b);
    EXPECT_EQ(all.size(), 4u);
    EXPECT_EQ(all.at(1).integer(), 2);
    EXPECT_TRUE(all.at(2).is_error());
    EXPECT_EQ(all.at(3).text(), "2");
    redis::batch typed;
    typed.add("INCR", "a").add("GET", "none").add("GET", "a");
    auto [n, none, text] = co_await r.run<int, std::optional<std::string>, std::string>(typed);
    EXPECT_EQ(n, 3);
    EXPECT_EQ(none, std::nullopt);
    EXPECT_EQ(text, "3");
    EXPECT_EQ(
        (co_await error_of(r.run<bool, int, bool, int>(b))),
        from(server(), "LPUSH: WRONGTYPE Operation against a key holding the wrong kind of value"));
    EXPECT_THROW(static_cast<void>(r.run<int>(b)), rondo::usage_error);
    redis::batch empty;
    EXPECT_THROW(static_cast<void>(r.run(empty)), rondo::usage_error);
  });
}

TEST(redis_client, a_transaction_runs_all_or_nothing) {
  with_client([](redis::client& r) -> rondo::task<> {
    redis::batch b;
    b.add("SET", "a", 1).add("INCR", "a");
    auto [set, n] = co_await r.transaction<bool, int>(b);
    EXPECT_TRUE(set);
    EXPECT_EQ(n, 2);
    redis::batch bad;
    bad.add("INCR", "a").add("NOSUCH", "a");
    std::string error = co_await error_of(r.transaction(bad));
    std::string expected = from(server(), "NOSUCH: ERR unknown command 'NOSUCH', ");
    EXPECT_EQ(error.substr(0, expected.size()), expected);
    EXPECT_EQ(co_await r.get<int>("a"), 2);
    redis::batch fails_within;
    fails_within.add("LPUSH", "a", 1).add("INCR", "a");
    auto all = co_await r.transaction(fails_within);
    EXPECT_TRUE(all.at(0).is_error());
    EXPECT_EQ(all.at(1).integer(), 3);
  });
}

TEST(redis_client, a_watched_transaction_is_run_again_after_a_conflict) {
  with_client([](redis::client& r) -> rondo::task<> {
    co_await r.set("left", 5);
    int bodies = 0;
    auto take = [&](redis::connection& c) -> rondo::task<redis::batch> {
      auto left = co_await c.get<int>("left");
      if (++bodies == 1) co_await r.set("left", 3);  // somebody else
      redis::batch b;
      b.add("SET", "left", left.value_or(0) - 1).add("RPUSH", "log", bodies);
      co_return b;
    };
    auto all = co_await r.transaction({"left"}, take);
    EXPECT_EQ(all.size(), 2u);
    EXPECT_EQ(bodies, 2);
    EXPECT_EQ(co_await r.get<int>("left"), 2);
    auto log = co_await r.lrange<int>("log", 0, -1);
    EXPECT_EQ(log, std::vector<int>{2});

    auto always = [&](redis::connection&) -> rondo::task<redis::batch> {
      co_await r.incr("left");
      redis::batch b;
      b.add("SET", "left", "lost");
      co_return b;
    };
    std::string conflict = co_await error_of(r.transaction({"left"}, always, 3));
    EXPECT_NE(conflict.find("changed by others in each of 3 tries: left"), conflict.npos)
        << conflict;
    EXPECT_EQ(co_await r.get<int>("left"), 5);
    auto nothing = [](redis::connection&) -> rondo::task<redis::batch> {
      co_return redis::batch();
    };
    EXPECT_TRUE((co_await r.transaction({"left"}, nothing)).empty());
    auto throws = [](redis::connection&) -> rondo::task<redis::batch> {
      throw std::runtime_error("no");
      co_return redis::batch();
    };
    EXPECT_EQ(co_await error_of(r.transaction({"left"}, throws)), "no");
    EXPECT_EQ(r.statistics().extra, 0u);
  });
}

TEST(redis_client, a_watched_transaction_leaves_no_state_to_others) {
  with_client([](redis::client& r) -> rondo::task<> {
    co_await r.call<void>("RPUSH", "list", "of database 0");
    auto elsewhere = [](redis::connection& c) -> rondo::task<redis::batch> {
      co_await c.call<void>("SELECT", 2);
      co_return redis::batch();
    };
    co_await r.transaction({"key"}, elsewhere);
    auto popped = co_await r.blpop("list", 5s);
    EXPECT_TRUE(popped && popped->second == "of database 0");
    auto selects = [](redis::connection&) -> rondo::task<redis::batch> {
      redis::batch b;
      b.add("SELECT", 2);
      co_return b;
    };
    std::string error = co_await error_of(r.transaction({"key"}, selects));
    EXPECT_EQ(error.substr(0, 29), "client::transaction: SELECT: ") << error;
  });
}

TEST(redis_client, a_watched_transactions_connection_may_not_be_moved_away) {
  with_client([](redis::client& r) -> rondo::task<> {
    const std::string why =
        from(server(), "transaction: its body has moved the connection away that it was lent");
    auto ends_it = [](redis::connection& c) -> rondo::task<redis::batch> {
      redis::connection mine = std::move(c);
      co_await mine.set("key", 1);
      redis::batch b;
      b.add("SET", "key", 2);
      co_return b;
    };
    EXPECT_EQ(co_await error_of(r.transaction({"key"}, ends_it)), why);
    std::optional<redis::connection> kept;
    auto keeps_it = [&](redis::connection& c) -> rondo::task<redis::batch> {
      kept.emplace(std::move(c));
      co_return redis::batch();
    };
    EXPECT_EQ(co_await error_of(r.transaction({"key"}, keeps_it)), why);
    EXPECT_EQ(co_await kept->get<int>("key"), 1);
    EXPECT_EQ(r.statistics().extra, 1u);
    auto exchanges_it = [&](redis::connection& c) -> rondo::task<redis::batch> {
      std::swap(*kept, c);
      kept.reset();
      co_return redis::batch();
    };
    EXPECT_EQ(co_await error_of(r.transaction({"key"}, exchanges_it)), why);
    auto throws = [&](redis::connection& c) -> rondo::task<redis::batch> {
      redis::connection mine = std::move(c);
      throw std::runtime_error("no");
      co_return redis::batch();
    };
    EXPECT_EQ(co_await error_of(r.transaction({"key"}, throws)), "no");
    EXPECT_EQ(r.statistics().extra, 0u);
  });
}

TEST(redis_client, a_watched_transaction_without_multi_runs_nothing) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    co_await r.call<void>("ACL", "SETUSER", "bob", "on", ">pw", "~*", "+@all", "-multi");
    auto bob = co_await redis::connect("redis://bob:pw@127.0.0.1:" + std::to_string(server.port()));
    auto body = [](redis::connection&) -> rondo::task<redis::batch> {
      redis::batch b;
      b.add("SET", "key", 1);
      co_return b;
    };
    std::string error = co_await error_of(bob.transaction({"key"}, body));
    std::string expected = from(server, "MULTI: NOPERM");
    EXPECT_EQ(error.substr(0, expected.size()), expected);
    EXPECT_FALSE(co_await r.get("key"));
  });
}

TEST(redis_client, a_transaction_that_is_forbidden_runs_nothing) {
  test::redis_server server;
  test::run([&]() -> rondo::task<> {
    auto r = co_await redis::connect(server.url());
    std::string url = "redis://bob:pw@127.0.0.1:" + std::to_string(server.port());
    redis::batch b;
    b.add("SET", "key", 1).add("INCR", "other");
    for (std::string forbidden : {"multi", "exec"}) {
      co_await r.call<void>("ACL", "SETUSER", "bob", "reset", "on", ">pw", "~*", "+@all",
                            "-" + forbidden);
      auto bob = co_await redis::connect(url);
      // Others' commands of the same turn are not affected.
      auto count = [&]() -> rondo::task<std::int64_t> { co_return co_await bob.incr("n"); };
      auto fail = [&]() -> rondo::task<std::string> {
        co_return co_await error_of(bob.transaction(b));
      };
      for (int i = 1; i < 3; ++i) {
        co_await r.call<void>("DEL", "n");
        auto [one, error, two, again, three] =
            co_await rondo::gather(count(), fail(), count(), fail(), count());
        EXPECT_TRUE(error.find("NOPERM") != error.npos && error == again) << error << again;
        EXPECT_EQ(error.substr(0, 6), "redis ") << error;
        EXPECT_EQ(error.substr(error.size() - 17), "; nothing was run") << error;
        EXPECT_EQ(one + 10 * two + 100 * three, 321);
      }
      EXPECT_EQ(co_await r.exists("key", "other"), 0);
      EXPECT_EQ(co_await bob.get("key"), std::nullopt);
      EXPECT_EQ(bob.statistics().connects, 1u);
      // What is permitted later is possible then; what is forbidden later is told.
      co_await r.call<void>("ACL", "SETUSER", "bob", "+multi", "+exec");
      EXPECT_EQ((co_await bob.transaction(b)).size(), 2u);
      co_await r.call<void>("ACL", "SETUSER", "bob", "-multi");
      std::string late = co_await error_of(bob.transaction(b));
      EXPECT_NE(late.find("MULTI was refused, and its commands were run one by one: NOPERM"),
                late.npos)
          << late;
      EXPECT_EQ(co_await r.get<int>("other"), 2);
      late = co_await error_of(bob.transaction(b));
      EXPECT_NE(late.find("nothing was run"), late.npos) << late;
      EXPECT_EQ(co_await r.get<int>("other"), 2);
      co_await r.del("key", "other");
    }
  });
}

TEST(redis_client, a_connections_first_transaction_may_be_cancelled_and_is_waited_for) {
  redis::client_options options;
  options.wait_for_room = false;
  options.max_in_flight = 8;
  with_client(
      [](redis::client& r) -> rondo::task<> {
        redis::batch b;
        b.add("INCR", "n");
        auto first = rondo::create_task(error_of(r.transaction(b)));
        co_await rondo::sleep(0s);
        first.cancel();
        auto add = [&]() -> rondo::task<int> { co_return co_await r.call<int>("INCR", "n"); };
        auto all = [&]() -> rondo::task<int> {
          co_return std::get<0>(co_await r.transaction<int>(b));
        };
        auto [one, two, three, four] = co_await rondo::gather(add(), all(), add(), all());
        EXPECT_EQ(one + 10 * two + 100 * three + 1000 * four, 4321);
        redis::client_statistics s = r.statistics();
        EXPECT_EQ(s.in_flight + s.waiting + s.unheard, 0u);
      },
      options);
}

TEST(redis_client, many_tasks_count_by_watched_transactions) {
  with_client([](redis::client& r) -> rondo::task<> {
    auto count = [&]() -> rondo::task<> {
      auto add = [](redis::connection& c) -> rondo::task<redis::batch> {
        auto n = co_await c.get<int>("n");
        redis::batch b;
        b.add("SET", "n", n.value_or(0) + 1);
        co_return b;
      };
      co_await r.transaction({"n"}, add, 1000);
    };
    std::vector<rondo::task<>> all;
    for (int i = 0; i < 50; ++i) all.push_back(count());
    co_await rondo::gather(all);
    EXPECT_EQ(co_await r.get<int>("n"), 50);
  });
}

TEST(redis_client, scripts_are_sent_once) {
  with_client([](redis::client& r) -> rondo::task<> {
    static const redis::script count(
        "local n = redis.call('INCR', KEYS[1]) "
        "if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end return n");
    co_await r.call<void>("SCRIPT", "FLUSH");
    std::string who = "alice";
    EXPECT_EQ(co_await r.eval<std::int64_t>(count, {"rate:" + who}, 60), 1);
    EXPECT_EQ(co_await r.eval<std::int64_t>(count, {"rate:" + who}, 60), 2);
    EXPECT_GT(co_await r.pttl("rate:alice"), 50'000);
    auto info = co_await r.call<std::string>("INFO", "commandstats");
    EXPECT_NE(info.find("cmdstat_eval:calls=1,"), info.npos) << info;
    static const redis::script bad("return redis.call('NOSUCH')");
    EXPECT_NE(co_await error_of(r.eval(bad, {})), "no error");
    static const redis::script pair("return {KEYS[1], {ARGV[1], 7}}");
    std::vector<std::string> keys{"k"};
    auto p = co_await r.eval<std::pair<std::string, std::pair<std::string, int>>>(pair, keys, "x");
    EXPECT_EQ(p, (std::pair<std::string, std::pair<std::string, int>>{"k", {"x", 7}}));
  });
}

TEST(redis_client, a_thousand_tasks_share_a_connection) {
  with_client([](redis::client& r) -> rondo::task<> {
    auto work = [&](int i) -> rondo::task<> {
      std::string key = "k" + std::to_string(i);
      for (int round = 0; round < 10; ++round) {
        co_await r.set(key, i * 100 + round);
        EXPECT_EQ(co_await r.get<int>(key), i * 100 + round);
      }
    };
    std::vector<rondo::task<>> all;
    for (int i = 0; i < 1000; ++i) all.push_back(work(i));
    co_await rondo::gather(all);
    redis::client_statistics s = r.statistics();
    EXPECT_TRUE(s.connected);
    EXPECT_EQ(s.commands, 20'001u);
    EXPECT_EQ(s.connects, 1u);
    EXPECT_EQ(s.in_flight + s.waiting + s.extra + s.unheard, 0u);
    EXPECT_EQ(s.last_error, "");
  });
}

TEST(redis_client, blocking_commands_have_connections_of_their_own) {
  with_client([](redis::client& r) -> rondo::task<> {
    auto pop = [&]() -> rondo::task<std::string> {
      auto got = co_await r.blpop("jobs", 20s);
      co_return got ? got->second : "none";
    };
    auto push = [&]() -> rondo::task<> {
      while (r.statistics().extra < 2) co_await rondo::sleep(1ms);
      co_await r.rpush("jobs", "a");
      co_await r.rpush("jobs", "b");
    };
    auto [a, b, nothing] = co_await rondo::gather(pop(), pop(), push());
    EXPECT_EQ(a + b == "ab" || a + b == "ba", true) << a << b;
    EXPECT_EQ(co_await r.blpop("jobs", 10ms), std::nullopt);
    EXPECT_EQ(co_await r.blpop("jobs", 0s), std::nullopt);
    std::vector<std::string> lists{"x", "y"};
    co_await r.rpush("y", 1, 2);
    auto last = co_await r.brpop(lists);
    EXPECT_EQ(last, (std::pair<std::string, std::string>{"y", "2"}));
    EXPECT_EQ(co_await r.blmove("y", "done"), "1");
    EXPECT_EQ(co_await r.blmove("y", "done", 1ms), std::nullopt);
    co_await r.zadd("z", 1.5, "m");
    auto least = co_await r.bzpopmin("z");
    EXPECT_EQ(least, (std::tuple<std::string, std::string, double>{"z", "m", 1.5}));
    EXPECT_EQ(co_await r.bzpopmax("z", 1ms), std::nullopt);
    EXPECT_EQ(r.statistics().extra, 0u);
  });
}

TEST(redis_client, a_cancelled_blocking_command_blocks_nothing) {
  with_client([](redis::client& r) -> rondo::task<> {
    for (int i = 0; i < 40; ++i) {
      auto got = co_await rondo::move_on_after(r.blpop("jobs"), 1ms);
      EXPECT_FALSE(got);
    }
    EXPECT_EQ(r.statistics().extra, 0u);
    // The server hears of each that has gone, and no element goes to one of them.
    while (true) {
      auto clients = co_await r.call<std::string>("CLIENT", "LIST");
      if (clients.find("cmd=blpop") == clients.npos) break;
      co_await rondo::sleep(1ms);
    }
    co_await r.rpush("jobs", "a");
    auto got = co_await r.blpop("jobs", 5s);
    EXPECT_EQ(got, (std::pair<std::string, std::string>{"jobs", "a"}));
  });
}

TEST(redis_client, extra_connections_are_bounded_and_used_again) {
  redis::client_options options;
  options.max_extra = 2;
  options.timeout = 100ms;
  with_client(
      [](redis::client& r) -> rondo::task<> {
        auto a = co_await r.acquire();
        auto b = std::optional(co_await r.acquire());
        EXPECT_EQ(r.statistics().extra, 2u);
        std::string full = co_await error_of(r.acquire());
        EXPECT_NE(full.find("none within 0.1s, all 2 are in use"), full.npos) << full;
        auto id = co_await b->call<int>("CLIENT", "ID");
        b.reset();
        b.emplace(co_await r.acquire());
        EXPECT_EQ(co_await b->call<int>("CLIENT", "ID"), id);
        // What has left a state behind does not come back.
        co_await b->call<void>("SELECT", 3);
        co_await b->set("k", 1);
        EXPECT_EQ(co_await b->call<int>("WAIT", 0, 10), 0);
        EXPECT_NE(co_await error_of(b->call("SUBSCRIBE", "x")), "no error");
        b.reset();
        b.emplace(co_await r.acquire());
        EXPECT_NE(co_await b->call<int>("CLIENT", "ID"), id);
        EXPECT_EQ(co_await b->exists("k"), 0);
      },
      options);
}

TEST(redis_client, room_is_waited_for_or_refused) {
  redis::client_options options;
  options.max_in_flight = 10;
  with_client(
      [](redis::client& r) -> rondo::task<> {
        std::vector<rondo::task<>> all;
        auto add = [&]() -> rondo::task<> { co_await r.incr("n"); };
        for (int i = 0; i < 500; ++i) all.push_back(add());
        co_await rondo::gather(all);
        EXPECT_EQ(co_await r.get<int>("n"), 500);
        redis::batch large;  // goes alone
        for (int i = 0; i < 50; ++i) large.add("INCR", "n");
        EXPECT_EQ((co_await r.run(large)).size(), 50u);
      },
      options);
  options.wait_for_room = false;
  with_client(
      [](redis::client& r) -> rondo::task<> {
        int refused = 0;
        auto add = [&]() -> rondo::task<> {
          try {
            co_await r.incr("n");
          } catch (const redis::overloaded&) {
            ++refused;
          }
        };
        std::vector<rondo::task<>> all;
        for (int i = 0; i < 50; ++i) all.push_back(add());
        co_await rondo::gather(all);
        EXPECT_EQ(refused, 40);
        EXPECT_EQ(co_await r.get<int>("n"), 10);
      },
      options);
}

TEST(redis_client, urls) {
  test::redis_server locked({"--requirepass", "geheim", "--unixsocketperm", "700"});
  test::run([&]() -> rondo::task<> {
    std::string port = std::to_string(locked.port());
    std::string refused = co_await error_of(redis::connect(locked.url()));
    EXPECT_NE(refused.find("NOAUTH"), refused.npos) << refused;
    refused = co_await error_of(redis::connect("redis://:wrong@127.0.0.1:" + port));
    EXPECT_NE(refused.find("WRONGPASS"), refused.npos) << refused;
    EXPECT_EQ(refused.find("wrong@"), refused.npos);
    auto r = co_await redis::connect("redis://:geheim@127.0.0.1:" + port + "/2");
    co_await r.set("k", "in 2");
    co_await r.call<void>("ACL", "SETUSER", "al:ice", "on", ">p@ss/w", "~*", "+@all", "-client");
    auto alice = co_await redis::connect("redis://al%3Aice:p%40ss%2Fw@localhost:" + port + "/2");
    EXPECT_EQ(co_await alice.call<std::string>("ACL", "WHOAMI"), "al:ice");
    EXPECT_EQ(co_await alice.get("k"), "in 2");
    auto by_socket = co_await redis::connect("unix://:geheim@" + locked.socket() + "?db=2");
    EXPECT_EQ(co_await by_socket.get("k"), "in 2");
    auto lease = co_await by_socket.acquire();
    EXPECT_EQ(co_await lease.get("k"), "in 2");
    std::vector<std::string> bad{"",
                                 "localhost",
                                 "http://x",
                                 "redis://h:0",
                                 "redis://h:x",
                                 "redis://h/x",
                                 "redis://[::1",
                                 "unix://",
                                 "redis://h?a=1",
                                 "redis://%zz@h"};
    for (const std::string& url : bad)
      EXPECT_THROW(static_cast<void>(redis::connect(url)), rondo::usage_error) << url;
    std::string nobody = co_await error_of(redis::connect("redis://127.0.0.1:1"));
    EXPECT_EQ(nobody, "connect 127.0.0.1:1: Connection refused");
  });
}

TEST(redis_client, tls_is_verified) {
  using test::certificates;
  int port = test::free_port();
  test::redis_server secure({"--tls-port", std::to_string(port), "--tls-cert-file",
                             certificates::pem("server"), "--tls-key-file",
                             certificates::key("server"), "--tls-ca-cert-file",
                             certificates::pem("ca"), "--tls-auth-clients", "no"});
  test::run([&]() -> rondo::task<> {
    std::string url = "rediss://localhost:" + std::to_string(port);
    auto r = co_await redis::connect(url, certificates::client());
    std::string text = test::pattern(300'000);
    auto work = [&](int i) -> rondo::task<> {
      std::string key = std::to_string(i);
      co_await r.set(key, text);
      auto back = co_await r.get(key);
      EXPECT_TRUE(back == text);
    };
    std::vector<rondo::task<>> all;
    for (int i = 0; i < 20; ++i) all.push_back(work(i));
    co_await rondo::gather(all);
    auto sub = r.subscribe("c");
    co_await sub.ready();
    co_await r.publish("c", "over tls");
    auto m = co_await sub.next();
    EXPECT_EQ(m.value().payload, "over tls");
    std::string refused = co_await error_of(redis::connect(url));
    EXPECT_NE(refused.find("tls handshake"), refused.npos) << refused;
    EXPECT_THROW(static_cast<void>(redis::connect("redis://localhost", certificates::client())),
                 rondo::usage_error);
  });
}

TEST(redis_client, an_empty_or_closed_client_says_so) {
  with_client([](redis::client& r) -> rondo::task<> {
    redis::client empty;
    EXPECT_FALSE(empty);
    EXPECT_THROW(static_cast<void>(empty.call("PING")), rondo::usage_error);
    auto other = co_await redis::connect(server().url());
    auto waits = rondo::create_task(
        [&]() -> rondo::task<std::string> { co_return co_await error_of(other.blpop("never")); });
    auto sub = other.subscribe("c");
    co_await sub.ready();
    while (other.statistics().extra == 0) co_await rondo::sleep(1ms);
    co_await other.close();
    EXPECT_NE((co_await error_of(other.call("PING"))).find("PING: the client was closed"),
              std::string::npos);
    EXPECT_EQ((co_await sub.next()).has_value(), false);
    std::string blocked = co_await waits;
    EXPECT_NE(blocked.find("the connection was lost"), blocked.npos) << blocked;
    EXPECT_TRUE(r);
  });
}

}  // namespace
