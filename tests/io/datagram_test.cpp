// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/datagram.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <thread>

#include "support/async.hpp"

using namespace std::chrono_literals;

namespace {

/// A path for a socket that nobody else uses, removed whatever happens.
struct socket_path {
  std::string path =
      "/tmp/rondo-datagram-" + std::to_string(::getpid()) + "-" + std::to_string(++made);
  socket_path() = default;
  socket_path(const socket_path&) = delete;
  ~socket_path() { ::unlink(path.c_str()); }
  static inline int made = 0;
};

template <class Outcome>
std::string error_of(const Outcome& o) {
  if (!o.has_error()) return "no error";
  try {
    std::rethrow_exception(o.exception());
  } catch (const std::exception& e) {
    return e.what();
  }
}

template <class Outcome>
bool is_usage_error(const Outcome& o) {
  try {
    if (o.has_error()) std::rethrow_exception(o.exception());
  } catch (const rondo::usage_error&) {
    return true;
  } catch (...) {
  }
  return false;
}

std::size_t open_files() {
  std::size_t n = 0;
  for ([[maybe_unused]] auto& e : std::filesystem::directory_iterator("/proc/self/fd")) ++n;
  return n;
}

TEST(datagram, udp_there_and_back) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::bind_udp("127.0.0.1", 0);
    auto client = co_await rondo::connect_udp(server.local());
    EXPECT_EQ(client.peer(), server.local());
    co_await client.send("question");
    rondo::datagram asked = co_await server.receive_from();
    EXPECT_EQ(asked.data, "question");
    EXPECT_EQ(asked.sender, client.local());
    EXPECT_FALSE(asked.truncated());
    co_await server.send_to("answer", asked.sender);
    EXPECT_EQ(co_await client.receive(), "answer");
  });
}

TEST(datagram, ipv6) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::bind_udp("::1", 0);
    auto client = co_await rondo::connect_udp("::1", server.local().port());
    co_await client.send("six");
    rondo::datagram got = co_await server.receive_from();
    EXPECT_EQ(got.sender.to_string(), client.local().to_string());
  });
}

TEST(datagram, boundaries_are_kept_and_empty_ones_are_data) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::bind_udp("127.0.0.1", 0);
    auto client = co_await rondo::connect_udp(server.local());
    co_await client.send("one");
    co_await client.send("");
    co_await client.send("two");
    EXPECT_EQ(co_await server.receive(), "one");
    rondo::datagram nothing = co_await server.receive_from();
    EXPECT_EQ(nothing.data, "");
    EXPECT_EQ(nothing.sender, client.local());
    EXPECT_EQ(co_await server.receive(), "two");
  });
}

TEST(datagram, the_longest_one_passes_whole) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::bind_udp("127.0.0.1", 0);
    auto client = co_await rondo::connect_udp(server.local());
    std::string longest(65'507, 'x');
    co_await client.send(longest);
    std::string got = co_await server.receive();
    EXPECT_TRUE(got == longest) << got.size();
    std::string too_long(65'508, 'x');
    auto refused = co_await rondo::outcome_of(client.send(too_long));
    EXPECT_EQ(error_of(refused), "send to " + server.local().to_string() + ": Message too long");
  });
}

TEST(datagram, what_does_not_fit_is_told) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::bind_udp("127.0.0.1", 0);
    auto client = co_await rondo::connect_udp(server.local());
    for (int i = 0; i < 3; ++i) co_await client.send("0123456789");
    co_await client.send("next");

    rondo::datagram cut = co_await server.receive_from(4);
    EXPECT_EQ(cut.data, "0123");
    EXPECT_EQ(cut.size, 10u);
    EXPECT_TRUE(cut.truncated());

    std::array<char, 6> buffer{};
    rondo::datagram_info info = co_await server.receive_into(buffer);
    EXPECT_EQ(std::string(buffer.data(), info.length), "012345");
    EXPECT_EQ(info.size, 10u);
    EXPECT_TRUE(info.truncated());
    EXPECT_EQ(info.sender, client.local());

    auto refused = co_await rondo::outcome_of(server.receive(9));
    EXPECT_EQ(error_of(refused), "receive from " + client.local().to_string() +
                                     ": a datagram of 10 bytes, more than 9: Message too long");
    EXPECT_EQ(co_await server.receive(4), "next") << "exactly as long as the buffer";
  });
}

TEST(datagram, nobody_there_is_an_error_of_a_connected_socket) {
  test::run([]() -> rondo::task<> {
    rondo::endpoint gone;
    {
      auto server = co_await rondo::bind_udp("127.0.0.1", 0);
      gone = server.local();
    }
    auto client = co_await rondo::connect_udp(gone);
    co_await client.send("anybody?");
    auto received = co_await rondo::outcome_of(client.receive());
    EXPECT_EQ(error_of(received), "receive from " + gone.to_string() + ": Connection refused");
    co_await client.send("anybody?");
    auto sent = co_await rondo::outcome_of(client.send("still nobody?"));
    EXPECT_EQ(error_of(sent), "send to " + gone.to_string() + ": Connection refused");
  });
}

TEST(datagram, a_waiting_receive_hears_of_it_too) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::bind_udp("127.0.0.1", 0);
    auto client = co_await rondo::connect_udp(server.local());
    auto receiving = rondo::create_task(client.receive());
    co_await test::turns(3);
    server.close();
    co_await client.send("anybody?");
    auto received = co_await rondo::outcome_of(receiving);
    EXPECT_NE(error_of(received).find("Connection refused"), std::string::npos)
        << error_of(received);
  });
}

TEST(datagram, binding_twice_names_the_address) {
  test::run([]() -> rondo::task<> {
    auto first = co_await rondo::bind_udp("127.0.0.1", 0);
    auto second = co_await rondo::outcome_of(rondo::bind_udp(first.local()));
    EXPECT_EQ(error_of(second), "bind " + first.local().to_string() + ": Address already in use");

    auto shared = co_await rondo::bind_udp("127.0.0.1", 0, {.reuse_port = true});
    auto other = co_await rondo::bind_udp(shared.local(), {.reuse_port = true});
    EXPECT_EQ(other.local(), shared.local());
  });
}

TEST(datagram, misuse_is_told) {
  test::run([]() -> rondo::task<> {
    auto socket = co_await rondo::bind_udp("127.0.0.1", 0);
    auto sent = co_await rondo::outcome_of(socket.send("to whom?"));
    EXPECT_TRUE(is_usage_error(sent)) << error_of(sent);
    auto nowhere = co_await rondo::outcome_of(socket.send_to("to whom?", rondo::endpoint()));
    EXPECT_TRUE(is_usage_error(nowhere)) << error_of(nowhere);

    auto first = rondo::create_task(socket.receive());
    co_await test::turns(2);
    auto second = co_await rondo::outcome_of(socket.receive_from());
    EXPECT_TRUE(is_usage_error(second)) << error_of(second);
    co_await socket.send_to("for the first", socket.local());
    EXPECT_EQ(co_await first, "for the first");

    rondo::datagram_socket closed;
    auto received = co_await rondo::outcome_of(closed.receive());
    EXPECT_TRUE(is_usage_error(received)) << error_of(received);
    auto sent_closed = co_await rondo::outcome_of(closed.send("x"));
    EXPECT_TRUE(is_usage_error(sent_closed)) << error_of(sent_closed);
    EXPECT_THROW(closed.set_ttl(1), rondo::usage_error);
  });
}

TEST(datagram, closing_ends_what_others_wait_for) {
  test::run([]() -> rondo::task<> {
    auto socket = co_await rondo::bind_udp("127.0.0.1", 0);
    std::string name = socket.local().to_string();
    auto receiving = rondo::create_task(socket.receive());
    co_await test::turns(3);
    socket.close();
    auto received = co_await rondo::outcome_of(receiving);
    EXPECT_NE(error_of(received).find("receive on " + name + ": the socket was closed"),
              std::string::npos)
        << error_of(received);
    // The address is free as soon as that has ended.
    auto again = co_await rondo::bind_udp(*rondo::endpoint::parse(
        "127.0.0.1", static_cast<std::uint16_t>(std::stoi(name.substr(name.find(':') + 1)))));
    EXPECT_EQ(again.local().to_string(), name);
  });
}

TEST(datagram, cancelled_before_or_during_a_receive_nothing_is_lost) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::bind_udp("127.0.0.1", 0);
    auto client = co_await rondo::connect_udp(server.local());
    co_await client.send("first");
    auto never_begun = rondo::create_task(server.receive());
    never_begun.cancel();
    co_await rondo::wait(never_begun);
    EXPECT_TRUE(never_begun.cancelled());
    EXPECT_EQ(co_await server.receive(), "first");

    auto in_flight = rondo::create_task(server.receive());
    co_await test::turns(3);
    in_flight.cancel();
    co_await rondo::wait(in_flight);
    EXPECT_TRUE(in_flight.cancelled());
    co_await client.send("second");
    EXPECT_EQ(co_await server.receive(), "second");
  });
}

TEST(datagram, what_a_task_has_received_waits_for_whoever_asks) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::bind_udp("127.0.0.1", 0);
    auto client = co_await rondo::connect_udp(server.local());
    co_await client.send("first");
    auto first = rondo::create_task(server.receive_from());
    co_await rondo::wait(first);
    co_await client.send("second");
    EXPECT_EQ(co_await server.receive(), "second");
    server.close();
    rondo::datagram kept = co_await first;
    EXPECT_EQ(kept.data, "first");
    EXPECT_EQ(kept.sender, client.local());
  });
}

TEST(datagram, a_cancel_that_races_with_a_receive_loses_nothing) {
  test::run([]() -> rondo::task<> {
    socket_path where;
    auto server = co_await rondo::bind_unix_datagram(where.path);
    auto client = co_await rondo::connect_unix_datagram(where.path);
    constexpr int rounds = 5'000;
    auto send_all = [&]() -> rondo::task<> {
      for (int i = 0; i < rounds; ++i) {
        co_await client.send(std::to_string(i));
        co_await rondo::sleep(0s);
      }
    };
    int cancelled = 0;
    auto receive_all = [&]() -> rondo::task<> {
      for (int expected = 0; expected < rounds; ++expected) {
        auto got = co_await rondo::move_on_after(server.receive(),
                                                 std::chrono::microseconds(expected % 40));
        if (!got) {
          ++cancelled;
          got = co_await server.receive();
        }
        EXPECT_EQ(*got, std::to_string(expected));
      }
    };
    co_await rondo::gather(send_all(), receive_all());
    EXPECT_GT(cancelled, 0);
  });
}

// The same with the cancel and the datagram in one turn, in both orders.
TEST(datagram, cancel_and_arrival_at_once) {
  test::run([]() -> rondo::task<> {
    socket_path where;
    auto server = co_await rondo::bind_unix_datagram(where.path);
    auto client = co_await rondo::connect_unix_datagram(where.path);
    int delivered = 0;
    for (int i = 0; i < 1'000; ++i) {
      auto receiving = rondo::create_task(server.receive());
      co_await test::turns(1 + i % 3);
      std::string number = std::to_string(i);
      if (i % 2) receiving.cancel();
      auto sending = rondo::create_task(client.send(number));
      co_await test::turns(i % 5);
      receiving.cancel();
      co_await rondo::wait(receiving);
      co_await sending;
      if (receiving.cancelled()) {
        EXPECT_EQ(co_await server.receive(), number);
      } else {
        EXPECT_EQ(co_await receiving, number);
        ++delivered;
      }
    }
    RecordProperty("delivered", delivered);
  });
}

// A Unix socket's queue holds about ten datagrams (net.unix.max_dgram_qlen).
rondo::task<> fill_and_drain(bool connected) {
  socket_path where;
  auto server = co_await rondo::bind_unix_datagram(where.path);
  auto client = connected ? rondo::connect_unix_datagram(where.path)
                          : rondo::bind_unix_datagram("@rondo-test-" + std::to_string(::getpid()));
  auto socket = co_await std::move(client);
  rondo::endpoint to = server.local();
  constexpr int count = 2'000;
  int sent = 0;
  auto send_all = [&]() -> rondo::task<> {
    for (; sent < count; ++sent) {
      std::string number = std::to_string(sent);
      if (connected) {
        co_await socket.send(number);
      } else {
        co_await socket.send_to(number, to);
      }
    }
  };
  auto sending = rondo::create_task(send_all());
  int before = -1;
  while (before != sent) {
    before = sent;
    co_await test::turns(50);
  }
  EXPECT_LT(sent, count) << "the queue was never full";
  if (sent >= count) co_return;
  auto second = co_await rondo::outcome_of(socket.send_to("x", to));
  EXPECT_TRUE(is_usage_error(second)) << error_of(second);
  for (int i = 0; i < count; ++i) EXPECT_EQ(co_await server.receive(), std::to_string(i));
  co_await sending;
}

TEST(datagram, a_full_queue_of_the_peer_is_waited_for) {
  test::run([]() -> rondo::task<> { co_await fill_and_drain(true); });
}
TEST(datagram, a_full_queue_of_any_address_is_waited_for) {
  test::run([]() -> rondo::task<> { co_await fill_and_drain(false); });
}

TEST(datagram, a_send_that_waits_can_be_cancelled_or_closed) {
  test::run([]() -> rondo::task<> {
    for (bool connected : {true, false}) {
      socket_path where;
      auto server = co_await rondo::bind_unix_datagram(where.path);
      auto client = co_await rondo::connect_unix_datagram(where.path);
      rondo::endpoint to = server.local();
      int sent = 0;
      auto send_one = [&]() -> rondo::task<> {
        if (connected) {
          co_await client.send(std::to_string(sent));
        } else {
          co_await client.send_to(std::to_string(sent), to);
        }
        ++sent;
      };
      while (true) {  // until one waits
        auto sending = rondo::create_task(send_one());
        int before = sent;
        for (int i = 0; i < 100 && sent == before; ++i) co_await rondo::sleep(0s);
        if (sent > before) {
          co_await sending;
          continue;
        }
        sending.cancel();
        co_await rondo::wait(sending);
        break;
      }
      for (int i = 0; i < sent; ++i) EXPECT_EQ(co_await server.receive(), std::to_string(i));
      co_await client.send("end");
      EXPECT_EQ(co_await server.receive(), "end") << "a cancelled send was sent all the same";

      for (int i = 0; i < sent; ++i) co_await client.send("fill");
      auto waiting = rondo::create_task(send_one());
      co_await test::turns(20);
      client.close();
      auto ended = co_await rondo::outcome_of(waiting);
      EXPECT_NE(error_of(ended).find("the socket was closed"), std::string::npos)
          << error_of(ended);
    }
  });
}

TEST(unix_datagram, the_peer_can_answer) {
  test::run([]() -> rondo::task<> {
    socket_path where;
    auto server = co_await rondo::bind_unix_datagram(where.path);
    auto client = co_await rondo::connect_unix_datagram(where.path);
    co_await client.send("question");
    rondo::datagram asked = co_await server.receive_from();
    EXPECT_EQ(asked.sender, client.local());
    EXPECT_TRUE(asked.sender.to_string().starts_with('@')) << asked.sender.to_string();
    co_await server.send_to("answer", asked.sender);
    rondo::datagram answer = co_await client.receive_from();
    EXPECT_EQ(answer.data, "answer");
    EXPECT_EQ(answer.sender.to_string(), where.path);
  });
}

TEST(unix_datagram, a_sender_without_a_name) {
  test::run([]() -> rondo::task<> {
    auto server =
        co_await rondo::bind_unix_datagram("@rondo-nameless-" + std::to_string(::getpid()));
    int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    rondo::endpoint to = server.local();
    EXPECT_EQ(::sendto(fd, "x", 1, 0, to.data(), to.size()), 1);
    ::close(fd);
    rondo::datagram got = co_await server.receive_from();
    EXPECT_EQ(got.sender.to_string(), "unix socket");
    EXPECT_TRUE(got.sender.is_unix());
  });
}

TEST(unix_datagram, its_file_lives_as_long_as_the_socket) {
  test::run([]() -> rondo::task<> {
    socket_path where;
    {
      auto socket = co_await rondo::bind_unix_datagram(where.path);
      EXPECT_TRUE(std::filesystem::exists(where.path));
      auto second = co_await rondo::outcome_of(rondo::bind_unix_datagram(where.path));
      EXPECT_EQ(error_of(second), "bind " + where.path + ": Address already in use");
      EXPECT_TRUE(std::filesystem::exists(where.path)) << "a refused bind removed another's file";
    }
    EXPECT_FALSE(std::filesystem::exists(where.path));
  });
}

TEST(unix_datagram, a_file_left_behind_is_replaced) {
  test::run([]() -> rondo::task<> {
    socket_path where;
    int dead = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    rondo::endpoint e = rondo::endpoint::unix_path(where.path);
    EXPECT_EQ(::bind(dead, e.data(), e.size()), 0);
    ::close(dead);
    auto socket = co_await rondo::bind_unix_datagram(where.path);
    auto client = co_await rondo::connect_unix_datagram(where.path);
    co_await client.send("alive");
    EXPECT_EQ(co_await socket.receive(), "alive");
  });
}

// All find a stale file and want to replace it: one may, and keeps its own.
TEST(unix_datagram, of_several_that_bind_at_once_one_gets_the_path) {
  socket_path where;
  rondo::endpoint path = rondo::endpoint::unix_path(where.path);
  constexpr int binders = 4;
  constexpr int rounds = 3000;
  std::barrier together(binders);
  std::atomic<int> bound{0};
  std::atomic<int> refused{0};
  std::atomic<int> reached{0};
  auto bind = [&](int number) -> rondo::task<> {
    for (int i = 0; i < rounds; ++i) {
      if (number == 0 && i % 2) {
        int dead = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::bind(dead, path.data(), path.size()), 0);
        ::close(dead);
      }
      // Blocking: each thread waits for the others anyway.
      together.arrive_and_wait();
      {
        rondo::datagram_socket mine;
        try {
          mine = co_await rondo::bind_unix_datagram(where.path);
          ++bound;
        } catch (const std::system_error& e) {
          EXPECT_EQ(e.code(), std::errc::address_in_use) << e.what();
          ++refused;
        }
        together.arrive_and_wait();
        if (number == 0) {
          int client = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
          reached += ::connect(client, path.data(), path.size()) == 0;
          ::close(client);
        }
        together.arrive_and_wait();
      }
      together.arrive_and_wait();
    }
  };
  std::vector<std::thread> threads;
  for (int n = 0; n < binders; ++n) threads.emplace_back([&, n] { test::run(bind(n)); });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(bound, rounds);
  EXPECT_EQ(refused, rounds * (binders - 1));
  EXPECT_EQ(reached, rounds);
}

TEST(unix_datagram, a_file_that_is_no_socket_stays) {
  test::run([]() -> rondo::task<> {
    socket_path where;
    if (FILE* f = std::fopen(where.path.c_str(), "w")) std::fclose(f);
    auto bound = co_await rondo::outcome_of(rondo::bind_unix_datagram(where.path));
    EXPECT_EQ(error_of(bound), "bind " + where.path + ": Address already in use");
    EXPECT_TRUE(std::filesystem::exists(where.path));
  });
}

TEST(unix_datagram, a_path_taken_over_is_left_alone) {
  test::run([]() -> rondo::task<> {
    socket_path where;
    auto old = co_await rondo::bind_unix_datagram(where.path);
    ::unlink(where.path.c_str());
    auto successor = co_await rondo::bind_unix_datagram(where.path);
    old.close();
    EXPECT_TRUE(std::filesystem::exists(where.path)) << "the successor lost its file";
  });
}

TEST(unix_datagram, nobody_there) {
  test::run([]() -> rondo::task<> {
    socket_path where;
    auto connected = co_await rondo::outcome_of(rondo::connect_unix_datagram(where.path));
    EXPECT_EQ(error_of(connected), "connect " + where.path + ": No such file or directory");
    std::string too_long(200, 'x');
    auto bound = co_await rondo::outcome_of(rondo::bind_unix_datagram(too_long));
    EXPECT_NE(error_of(bound).find("File name too long"), std::string::npos) << error_of(bound);
  });
}

TEST(datagram, broadcast_must_be_allowed) {
  test::run([]() -> rondo::task<> {
    auto receiver = co_await rondo::bind_udp("", 0);
    rondo::endpoint all = *rondo::endpoint::parse("127.255.255.255", receiver.local().port());
    auto silent = co_await rondo::bind_udp("127.0.0.1", 0);
    auto refused = co_await rondo::outcome_of(silent.send_to("all", all));
    EXPECT_EQ(error_of(refused), "send to " + all.to_string() + ": Permission denied");
    auto loud = co_await rondo::bind_udp("127.0.0.1", 0, {.broadcast = true});
    co_await loud.send_to("all", all);
    EXPECT_EQ(co_await receiver.receive(), "all");
  });
}

TEST(datagram, multicast_groups_are_joined_and_left) {
  test::run([]() -> rondo::task<> {
    auto one = co_await rondo::bind_udp("", 0, {.reuse_port = true});
    auto two = co_await rondo::bind_udp(one.local(), {.reuse_port = true});
    rondo::endpoint group = *rondo::endpoint::parse("239.255.7.7", one.local().port());
    one.join_group("239.255.7.7", "lo");
    two.join_group("239.255.7.7", "lo");
    auto sender = co_await rondo::bind_udp("127.0.0.1", 0);
    sender.set_multicast_interface("lo");
    sender.set_multicast_ttl(1);
    co_await sender.send_to("to all", group);
    EXPECT_EQ(co_await one.receive(), "to all");
    EXPECT_EQ(co_await two.receive(), "to all");

    two.leave_group("239.255.7.7", "lo");
    co_await sender.send_to("to one", group);
    EXPECT_EQ(co_await one.receive(), "to one");
    // Whatever two was sent before this comes before it.
    two.connect(sender.local());
    co_await sender.send_to("marker", *rondo::endpoint::parse("127.0.0.1", group.port()));
    EXPECT_EQ(co_await two.receive(), "marker");

    sender.set_multicast_loop(false);  // its effect does not show on a loopback device
    int loops = 1;
    socklen_t size = sizeof loops;
    ::getsockopt(sender.fd(), IPPROTO_IP, IP_MULTICAST_LOOP, &loops, &size);
    EXPECT_EQ(loops, 0);
  });
}

template <class F>
std::string thrown_by(F f) {
  try {
    f();
  } catch (const std::system_error& e) {
    return e.what();
  }
  return "nothing";
}

// A loopback device has no route for IPv6 multicast: only what the kernel says.
TEST(datagram, multicast_over_ipv6) {
  test::run([]() -> rondo::task<> {
    auto s = co_await rondo::bind_udp("::", 0);
    s.set_multicast_interface("lo");
    s.set_multicast_ttl(2);
    s.join_group("ff01::7", "lo");
    s.leave_group("ff01::7", "lo");
    EXPECT_EQ(thrown_by([&] { s.leave_group("ff01::7", "lo"); }),
              "leave group ff01::7: Cannot assign requested address");
  });
}

TEST(datagram, options_that_cannot_be_set_are_told) {
  test::run([]() -> rondo::task<> {
    auto s = co_await rondo::bind_udp("127.0.0.1", 0,
                                      {.receive_buffer = 64 * 1024, .send_buffer = 32 * 1024});
    int size = 0;
    socklen_t length = sizeof size;
    ::getsockopt(s.fd(), SOL_SOCKET, SO_RCVBUF, &size, &length);
    EXPECT_EQ(size, 2 * 64 * 1024);  // socket(7): the kernel doubles it
    s.set_ttl(7);
    EXPECT_EQ(thrown_by([&] { s.set_ttl(300); }), "set ttl: Invalid argument");
    EXPECT_EQ(thrown_by([&] { s.join_group("127.0.0.1"); }),
              "join group 127.0.0.1: Invalid argument");
    EXPECT_NE(thrown_by([&] { s.join_group("example.com"); }).find("not an address"),
              std::string::npos);
    EXPECT_NE(thrown_by([&] { s.join_group("ff01::7"); }).find("family"), std::string::npos);
    EXPECT_EQ(thrown_by([&] { s.join_group("239.255.7.7", "no-such0"); }),
              "interface no-such0: No such device");
    EXPECT_EQ(
        thrown_by([&] { s.connect(*rondo::endpoint::parse("::1", 1)); }).find("connect [::1]:1: "),
        0u);
  });
}

TEST(datagram, no_file_descriptor_is_leaked) {
  std::size_t before = open_files();
  test::run([]() -> rondo::task<> {
    std::size_t inside = open_files();
    for (int i = 0; i < 50; ++i) {
      auto a = co_await rondo::bind_udp("127.0.0.1", 0);
      auto receiving = rondo::create_task(a.receive());
      co_await test::turns(i % 4);
      if (i % 2) receiving.cancel();
      a.close();
      auto ended = co_await rondo::outcome_of(receiving);
      EXPECT_FALSE(ended.has_value());
      auto refused = co_await rondo::outcome_of(rondo::bind_udp("198.51.100.1", 1));
      EXPECT_TRUE(refused.has_error());
    }
    EXPECT_EQ(open_files(), inside);
  });
  EXPECT_EQ(open_files(), before);
}

}  // namespace
