// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/resolve.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <thread>

#include <rondo/testing/replace_new.hpp>
#include "io/dns_server.hpp"
#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

std::vector<std::string> records() {
  std::vector<std::string> all = {"host.test,192.0.2.7,2001:db8::7", "four.test,192.0.2.4"};
  for (int i = 1; i <= 100; ++i) all.push_back("many.test,198.51.100." + std::to_string(i));
  return all;
}

/// One dnsmasq for all tests of the suite.
class dns : public testing::Test {
 protected:
  static void SetUpTestSuite() { server = std::make_unique<test::dnsmasq>(records()); }
  static void TearDownTestSuite() { server.reset(); }
  void SetUp() override {
    ASSERT_TRUE(server->running()) << "dnsmasq did not start (apt install dnsmasq-base)";
  }
  static inline std::unique_ptr<test::dnsmasq> server;
};

std::string to_text(const std::vector<rondo::endpoint>& addresses) {
  std::string text;
  for (const auto& e : addresses) text += (text.empty() ? "" : " ") + e.to_string();
  return text;
}

rondo::task<std::string> error_of(rondo::task<std::vector<rondo::endpoint>> look_up) {
  try {
    co_return "no error: " + to_text(co_await std::move(look_up));
  } catch (const std::system_error& e) {
    EXPECT_TRUE(e.code().category() == rondo::dns_category());
    co_return e.what();
  }
}

std::size_t open_files() {
  std::size_t n = 0;
  for ([[maybe_unused]] auto& e : std::filesystem::directory_iterator("/proc/self/fd")) ++n;
  return n;
}

TEST_F(dns, a_real_server_answers) {
  test::run([]() -> rondo::task<> {
    rondo::configure_dns({.servers = server->address()});
    auto both = co_await rondo::resolve("host.test", 80);
    std::vector<std::string> texts;
    for (auto& e : both) texts.push_back(e.to_string());
    std::ranges::sort(texts);
    EXPECT_EQ(texts, (std::vector<std::string>{"192.0.2.7:80", "[2001:db8::7]:80"}));
    auto v4 = co_await rondo::resolve("host.test", 81, {.family = rondo::address_family::v4});
    EXPECT_EQ(to_text(v4), "192.0.2.7:81");
    auto v6 = co_await rondo::resolve("host.test", 82, {.family = rondo::address_family::v6});
    EXPECT_EQ(to_text(v6), "[2001:db8::7]:82");
    auto only = co_await rondo::resolve("four.test", 83);
    EXPECT_EQ(to_text(only), "192.0.2.4:83");
  });
}

TEST_F(dns, errors_name_the_host) {
  test::run([]() -> rondo::task<> {
    rondo::configure_dns({.servers = server->address()});
    EXPECT_EQ(co_await error_of(rondo::resolve("nosuch.test", 80)),
              "resolve nosuch.test: Domain name not found");
    std::string none =
        co_await error_of(rondo::resolve("four.test", 80, {.family = rondo::address_family::v6}));
    EXPECT_EQ(none, "resolve four.test: DNS server returned answer with no data");
    EXPECT_EQ(co_await error_of(rondo::resolve("", 80)), "resolve : Misformatted domain name");
    std::string hidden("four.test\0.evil", 15);
    std::string cut = co_await error_of(rondo::resolve(hidden, 80));
    EXPECT_EQ(cut, "resolve four.test?.evil: Misformatted domain name");
    std::string too_long(300, 'x');
    std::string refused = co_await error_of(rondo::resolve(too_long, 80));
    EXPECT_NE(refused.find(too_long + ": "), std::string::npos) << refused;
  });
}

TEST_F(dns, an_answer_that_is_truncated_is_asked_for_over_tcp) {
  test::run([]() -> rondo::task<> {
    rondo::configure_dns({.servers = server->address()});
    auto many = co_await rondo::resolve("many.test", 80, {.family = rondo::address_family::v4});
    EXPECT_EQ(many.size(), 64u) << "all 100 came over TCP and 64 are taken";
  });
}

TEST_F(dns, names_of_addresses) {
  test::run([]() -> rondo::task<> {
    rondo::configure_dns({.servers = server->address()});
    EXPECT_EQ(co_await rondo::reverse_resolve(*rondo::endpoint::parse("192.0.2.7", 80)),
              "host.test");
    EXPECT_EQ(co_await rondo::reverse_resolve(*rondo::endpoint::parse("2001:db8::7", 80)),
              "host.test");
    auto text = [](rondo::endpoint e) -> rondo::task<std::string> {
      try {
        co_return "no error: " + co_await rondo::reverse_resolve(e);
      } catch (const std::system_error& error) {
        co_return error.what();
      }
    };
    EXPECT_EQ(co_await text(*rondo::endpoint::parse("192.0.2.99", 80)),
              "resolve 192.0.2.99: Domain name not found");
    std::string no_ip = co_await text(rondo::endpoint::unix_path("/run/x"));
    EXPECT_EQ(no_ip.find("resolve /run/x: "), 0u) << no_ip;
  });
}

TEST_F(dns, look_ups_of_one_name_share_a_query) {
  int before = server->logged("query[A] four.test");
  test::run([]() -> rondo::task<> {
    rondo::configure_dns({.servers = server->address()});
    auto one = [](std::uint16_t port) -> rondo::task<std::string> {
      std::string name = port % 2 ? "four.test" : "FOUR.test";
      auto found = co_await rondo::resolve(name, port, {.family = rondo::address_family::v4});
      co_return to_text(found);
    };
    std::vector<rondo::task<std::string>> look_ups;
    for (std::uint16_t port = 100; port < 120; ++port) look_ups.push_back(one(port));
    auto all = co_await rondo::gather(look_ups);
    EXPECT_EQ(all.size(), 20u);
    for (std::size_t i = 0; i < all.size(); ++i)
      EXPECT_EQ(all[i], "192.0.2.4:" + std::to_string(100 + i));
  });
  EXPECT_EQ(server->logged("query[A] four.test") + server->logged("query[A] FOUR.test"),
            before + 1);
}

TEST_F(dns, more_names_at_once_than_queries) {
  test::run([]() -> rondo::task<> {
    rondo::configure_dns({.servers = server->address()});
    std::size_t before = open_files();
    std::vector<rondo::task<std::string>> look_ups;
    for (int i = 0; i < 300; ++i)
      look_ups.push_back(error_of(rondo::resolve("n" + std::to_string(i) + ".test", 1)));
    auto all = co_await rondo::gather(look_ups);
    for (int i = 0; i < 300; ++i)
      EXPECT_EQ(all[static_cast<std::size_t>(i)],
                "resolve n" + std::to_string(i) + ".test: Domain name not found");
    EXPECT_EQ(open_files(), before);
  });
}

TEST_F(dns, a_cancel_that_races_with_the_answer) {
  test::run([]() -> rondo::task<> {
    rondo::configure_dns({.servers = server->address()});
    std::size_t before = open_files();
    int answered = 0, cancelled = 0;
    for (int i = 0; i < 500; ++i) {
      auto found = co_await rondo::move_on_after(rondo::resolve("host.test", 80),
                                                 std::chrono::microseconds(i * 4));
      if (found) {
        EXPECT_EQ(found->size(), 2u);
      }
      ++(found ? answered : cancelled);
    }
    EXPECT_GT(answered, 0);
    EXPECT_GT(cancelled, 0);
    EXPECT_EQ(open_files(), before);
  });
}

#if RONDO_ALLOCATIONS_CAN_FAIL
TEST_F(dns, memory_that_runs_out_fails_that_query_only) {
  test::run([]() -> rondo::task<> {
    rondo::configure_dns({.servers = server->address()});
    int failed = 0;
    for (long n = 0; n < 60; ++n) {
      rondo::testing::failing_allocation f(n);
      try {
        auto found = co_await rondo::resolve("host.test", 80);
        EXPECT_EQ(found.size(), 2u);
      } catch (const std::bad_alloc&) {
        ++failed;
      }
    }
    EXPECT_GT(failed, 3);
    auto after = co_await rondo::resolve("host.test", 80);
    EXPECT_EQ(after.size(), 2u);
  });
}
#endif

TEST(resolve_misbehaving, silence_is_a_time_out) {
  test::run([]() -> rondo::task<> {
    auto silent = co_await test::dns_responder::start(
        [](const std::string&) -> std::optional<std::string> { return std::nullopt; });
    std::string address = silent.address();
    rondo::configure_dns({.servers = address, .timeout = 20ms, .tries = 2});
    std::string text =
        co_await error_of(rondo::resolve("slow.test", 80, {.family = rondo::address_family::v4}));
    EXPECT_EQ(text, "resolve slow.test: timed out");
    EXPECT_EQ(silent.queries(), 2) << "the number of tries";

    rondo::configure_dns({.servers = address, .timeout = 1h, .tries = 100, .total = 20ms});
    EXPECT_EQ(co_await error_of(rondo::resolve("slow.test", 80)), "resolve slow.test: timed out");
    co_await silent.stop();
  });
}

TEST(resolve_misbehaving, half_an_answer_is_better_than_none) {
  test::run([]() -> rondo::task<> {
    auto half = co_await test::dns_responder::start(
        [](const std::string& query) -> std::optional<std::string> {
          if (test::query_type(query) == 1) return test::dns_answer(query, "\xc0\0\2\1");
          return std::nullopt;  // as some middle boxes do with AAAA
        });
    rondo::configure_dns({.servers = half.address(), .timeout = 1h, .total = 500ms});
    auto found = co_await rondo::resolve("half.test", 80);
    EXPECT_EQ(to_text(found), "192.0.2.1:80");
    co_await half.stop();
  });
}

TEST(resolve_misbehaving, cancelling_one_waiter_leaves_the_others_their_answer) {
  test::run([]() -> rondo::task<> {
    rondo::event asked;
    auto held =
        co_await test::dns_responder::start([&](const std::string&) -> std::optional<std::string> {
          asked.set();
          return std::nullopt;
        });
    rondo::configure_dns({.servers = held.address(), .timeout = 300ms, .tries = 2});
    auto look = []() -> rondo::task<std::vector<rondo::endpoint>> {
      co_return co_await rondo::resolve("shared.test", 80, {.family = rondo::address_family::v4});
    };
    auto first = rondo::create_task(look());
    auto second = rondo::create_task(look());
    auto third = rondo::create_task(look());
    co_await asked.wait();
    EXPECT_EQ(held.queries(), 1);
    first.cancel();
    co_await rondo::wait(first);
    EXPECT_TRUE(first.cancelled());
    EXPECT_FALSE(second.done());
    co_await held.stop();

    // The other two get the answer to the query's second try.
    std::string address = held.address();
    std::uint16_t port =
        static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
    auto server = co_await rondo::bind_udp("127.0.0.1", port);
    rondo::datagram again = co_await server.receive_from();
    co_await server.send_to(test::dns_answer(again.data, "\xc0\0\2\3"), again.sender);
    EXPECT_EQ(to_text(co_await second), "192.0.2.3:80");
    EXPECT_EQ(to_text(co_await third), "192.0.2.3:80");
  });
}

TEST(resolve_misbehaving, the_query_ends_with_its_last_waiter) {
  test::run([]() -> rondo::task<> {
    rondo::event asked;
    auto silent =
        co_await test::dns_responder::start([&](const std::string&) -> std::optional<std::string> {
          asked.set();
          return std::nullopt;
        });
    rondo::configure_dns({.servers = silent.address()});
    std::size_t before = open_files();
    auto look = []() -> rondo::task<std::vector<rondo::endpoint>> {
      co_return co_await rondo::resolve("dropped.test", 80, {.family = rondo::address_family::v4});
    };
    auto first = rondo::create_task(look());
    auto second = rondo::create_task(look());
    co_await asked.wait();
    EXPECT_GT(open_files(), before);
    first.cancel();
    second.cancel();
    co_await rondo::wait(first);
    co_await rondo::wait(second);
    co_await test::turns(3);
    EXPECT_EQ(open_files(), before) << "its socket is still open";
    asked.clear();
    auto third = rondo::create_task(look());
    co_await asked.wait();
    EXPECT_EQ(silent.queries(), 2) << "a new query for a new waiter";
    third.cancel();
    co_await rondo::wait(third);
    auto never_begun = rondo::create_task(look());
    never_begun.cancel();
    co_await rondo::wait(never_begun);
    EXPECT_TRUE(never_begun.cancelled());
    co_await silent.stop();
  });
}

TEST(resolve_misbehaving, garbage_is_an_error_or_ignored) {
  test::run([]() -> rondo::task<> {
    std::mt19937 random(7);
    auto garbage = co_await test::dns_responder::start(
        [&](const std::string& query) -> std::optional<std::string> {
          std::string reply = test::dns_answer(query, "\xc0\0\2\1");
          if (random() % 3 == 0) reply.resize(random() % reply.size());
          for (unsigned changes = random() % 6; changes > 0 && !reply.empty(); --changes)
            reply[random() % reply.size()] = static_cast<char>(random());
          return reply;
        });
    rondo::configure_dns({.servers = garbage.address(), .timeout = 200ms, .tries = 1});
    int found = 0, refused = 0;
    auto one = [&]() -> rondo::task<> {
      try {
        std::string name = "garbage" + std::to_string(random()) + ".test";
        auto addresses = co_await rondo::resolve(name, 80, {.family = rondo::address_family::v4});
        EXPECT_FALSE(addresses.empty());
        ++found;
      } catch (const std::system_error&) {
        ++refused;
      }
    };
    std::vector<rondo::task<>> look_ups;
    for (int i = 0; i < 500; ++i) look_ups.push_back(one());
    co_await rondo::gather(look_ups, 50);  // all at once, a slow machine answers none in time
    EXPECT_GT(found, 0);
    EXPECT_GT(refused, 0);
    co_await garbage.stop();
  });
}

// Completion wins: the time is over, but the answer is there.
TEST(resolve, an_answer_that_came_while_the_loop_was_held_counts) {
  test::run([]() -> rondo::task<> {
    auto server = co_await test::dns_responder::start(
        [](const std::string& query) -> std::optional<std::string> {
          std::this_thread::sleep_for(300ms);  // of the loop that both use; then it answers
          return test::dns_answer(query, "\xc0\0\2\5");
        });
    rondo::configure_dns(
        {.servers = server.address(), .timeout = 200ms, .tries = 1, .total = 250ms});
    auto found = co_await rondo::resolve("held.test", 80, {.family = rondo::address_family::v4});
    EXPECT_EQ(to_text(found), "192.0.2.5:80");
    co_await server.stop();
  });
}

TEST(resolve, localhost_is_never_asked_for) {
  test::run([]() -> rondo::task<> {
    auto counting = co_await test::dns_responder::start(
        [](const std::string&) -> std::optional<std::string> { return std::nullopt; });
    rondo::configure_dns({.servers = counting.address(), .total = 50ms});
    for (const char* name : {"localhost", "LOCALHOST.", "any.localhost"}) {
      auto both = co_await rondo::resolve(name, 8080);
      EXPECT_EQ(to_text(both), "127.0.0.1:8080 [::1]:8080") << name;
    }
    auto v6 = co_await rondo::resolve("localhost", 1, {.family = rondo::address_family::v6});
    EXPECT_EQ(to_text(v6), "[::1]:1");
    EXPECT_EQ(counting.queries(), 0);
    co_await counting.stop();
  });
}

TEST(resolve, a_literal_is_itself_or_of_the_wrong_family) {
  test::run([]() -> rondo::task<> {
    auto v4 = co_await rondo::resolve("192.0.2.1", 7, {.family = rondo::address_family::v4});
    EXPECT_EQ(to_text(v4), "192.0.2.1:7");
    std::string wrong =
        co_await error_of(rondo::resolve("192.0.2.1", 7, {.family = rondo::address_family::v6}));
    EXPECT_EQ(wrong.find("resolve 192.0.2.1: "), 0u) << wrong;
  });
}

TEST(resolve, the_hosts_file_comes_first) {
  std::ifstream file("/etc/hosts");
  std::string line, address, name;
  while (name.empty() && std::getline(file, line)) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string host;
    words >> address;
    while (words >> host && name.empty())
      if (host.find("localhost") == host.npos && rondo::endpoint::parse(address, 0)) name = host;
  }
  if (name.empty()) GTEST_SKIP() << "/etc/hosts has no name but localhost";
  test::run([&]() -> rondo::task<> {
    auto counting = co_await test::dns_responder::start(
        [](const std::string&) -> std::optional<std::string> { return std::nullopt; });
    rondo::configure_dns({.servers = counting.address(), .total = 50ms});
    auto found = co_await rondo::resolve(name, 80);
    EXPECT_EQ(found.at(0), rondo::endpoint::parse(address, 80));
    EXPECT_EQ(counting.queries(), 0);
    co_await counting.stop();
  });
}

TEST(resolve, servers_that_are_none_are_refused) {
  test::run([]() -> rondo::task<> {
    EXPECT_THROW(rondo::configure_dns({.servers = "nonsense"}), std::system_error);
    rondo::configure_dns({.servers = "127.0.0.1:5353,[::1]:5353,10.0.0.1"});
    rondo::configure_dns({});
    co_return;
  });
}

}  // namespace
