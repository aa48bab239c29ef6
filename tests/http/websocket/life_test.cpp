// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Many tasks, cancellation, backpressure, keepalive and all ways to end.
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <future>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "support/async.hpp"
#include "support/run.hpp"
#include "support/tls.hpp"
#include "support/websocket.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

using test::close_payload;
using test::masked;
using test::message;
using test::next_frame;
using test::raw_client;
using test::serve;
using test::url;

rondo::async_generator<std::string> pieces(std::vector<std::string> all) {
  for (std::string& piece : all) {
    co_await rondo::sleep(0s);
    co_yield std::move(piece);
  }
}

TEST(websocket_life, messages_of_many_tasks_never_mix) {
  test::run([]() -> rondo::task<> {
    std::map<char, int> seen;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      for (;;) {
        std::optional<message> m = co_await ws.receive();
        if (!m) co_return;
        char who = m->data.at(0);
        int number = std::stoi(m->data.substr(1));
        EXPECT_EQ(number, seen[who]++) << who << ": in the order of its calls";
        EXPECT_EQ(m->data.find_first_not_of(who, m->data.find(who, 1)), m->data.npos) << "mixed";
      }
    };
    auto server = co_await serve(h);
    auto ws = co_await http::connect_websocket(url(server));
    auto sender = [&](char who) -> rondo::task<> {
      for (int i = 0; i < 50; ++i) {
        std::string head = who + std::to_string(i);
        if (i % 3 == 0) {
          std::vector<std::string> parts;
          parts.push_back(head);
          parts.push_back("");
          parts.push_back(std::string(300, who));
          parts.push_back(std::string(20'000, who));
          co_await ws.send(pieces(parts));
        } else {
          std::string whole = head + std::string(static_cast<std::size_t>(i) * 900, who);
          co_await ws.send(whole);
        }
      }
    };
    co_await rondo::gather(sender('a'), sender('b'), sender('c'), sender('d'));
    co_await ws.close();
    co_await server.close();
    EXPECT_EQ(seen, (std::map<char, int>{{'a', 50}, {'b', 50}, {'c', 50}, {'d', 50}}));
  });
}

TEST(websocket_life, a_message_in_pieces_is_one_message_and_pings_pass_between_them) {
  test::run([]() -> rondo::task<> {
    rondo::event half;
    rondo::event go_on;
    auto parts = [&]() -> rondo::async_generator<std::string> {
      co_yield std::string("caf\xC3");
      half.set();
      co_await go_on.wait();
      co_yield std::string("\xA9");
    };
    auto h = [&](http::websocket ws) -> rondo::task<> {
      co_await ws.send(parts());
      co_await ws.send_bytes(pieces({}));
    };
    auto server = co_await serve(h);
    rondo::stream c = co_await raw_client(server);
    co_await half.wait();
    std::string bytes = masked(0x89, "ping");
    co_await c.write(bytes);
    std::vector<std::string> got;
    for (int i = 0; i < 2; ++i) got.push_back(co_await next_frame(c));
    go_on.set();
    for (int i = 0; i < 4; ++i) got.push_back(co_await next_frame(c));
    EXPECT_EQ(got, (std::vector<std::string>{"01:caf\xC3", "8a:ping", "00:\xA9",
                                             "80:", "82:", "88:" + close_payload(1000)}));
    bytes = masked(0x88, close_payload(1000));
    co_await c.write(bytes);
    co_await server.close();
  });
}

TEST(websocket_life, half_a_message_closes_with_1011) {
  test::run([]() -> rondo::task<> {
    for (int way = 0; way < 3; ++way) {
      auto parts = [&]() -> rondo::async_generator<std::string> {
        co_yield std::string("half");
        if (way == 0) throw std::runtime_error("no more");
        if (way == 1) co_yield std::string("\xFF");
        co_await rondo::sleep(3600s);
      };
      auto server = co_await serve(test::echo);
      auto ws = co_await http::connect_websocket(url(server));
      auto sending = rondo::create_task(ws.send(parts()));
      if (way == 2) {
        co_await test::turns(10);
        sending.cancel();
      }
      co_await test::ended(sending);
      if (way == 0) {
        EXPECT_THROW(sending.result(), std::runtime_error);
      } else if (way == 1) {
        EXPECT_THROW(sending.result(), rondo::usage_error);
      }
      EXPECT_THROW(co_await ws.send("more"), http::websocket_error) << way;
      EXPECT_THROW(co_await ws.receive(), http::websocket_error) << way;
      EXPECT_EQ(ws.close_code(), 1011) << way;
      co_await server.close();
    }
  });
}

TEST(websocket_life, cancelled_receives_lose_no_message) {
  test::run([]() -> rondo::task<> {
    constexpr int total = 2000;
    auto h = [](http::websocket ws) -> rondo::task<> {
      for (int i = 0; i < total; ++i) {
        co_await ws.send(std::to_string(i));
        if (i % 7 == 0) co_await rondo::sleep(0s);
      }
    };
    auto server = co_await serve(h);
    auto ws = co_await http::connect_websocket(url(server));
    int expected = 0;
    int cancelled = 0;
    for (unsigned round = 0;; ++round) {
      auto receiving = rondo::create_task(ws.receive());
      for (unsigned i = 0; i < round % 5; ++i) co_await rondo::sleep(0s);
      receiving.cancel();
      co_await test::ended(receiving);
      if (receiving.cancelled()) {
        ++cancelled;
        continue;
      }
      std::optional<message> m = receiving.result();
      if (!m) break;
      EXPECT_EQ(m->data, std::to_string(expected++));
    }
    EXPECT_EQ(expected, total);
    EXPECT_GT(cancelled, 0);
    co_await server.close();
  });
}

TEST(websocket_life, a_cancelled_send_has_sent_all_or_nothing) {
  test::run([]() -> rondo::task<> {
    constexpr int total = 400;
    std::vector<int> received;
    std::string mixed;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      for (;;) {
        std::optional<message> m = co_await ws.receive();
        if (!m) co_return;
        if (m->data.size() != 50'000) mixed = "a message of " + std::to_string(m->data.size());
        received.push_back(std::stoi(m->data));
        if (received.size() % 3 == 0) co_await test::turns(5);
      }
    };
    auto server = co_await serve(h);
    auto ws = co_await http::connect_websocket(url(server));
    std::vector<int> sent;
    for (int i = 0; i < total; ++i) {
      std::string data = std::to_string(i) + " ";
      data.resize(50'000, 'x');
      auto sending = rondo::create_task(ws.send(data));
      co_await test::turns(i % 4);
      sending.cancel();
      co_await test::ended(sending);
      if (!sending.cancelled()) sent.push_back(i);
    }
    co_await ws.close();
    co_await server.close();
    EXPECT_EQ(received, sent);
    EXPECT_EQ(mixed, "");
    EXPECT_GT(sent.size(), 0u);
    EXPECT_LT(sent.size(), static_cast<std::size_t>(total)) << "none was cancelled in time";
  });
}

TEST(websocket_life, every_message_is_accounted_for_when_both_ends_cancel) {
  test::run([]() -> rondo::task<> {
    std::map<char, std::vector<int>> sent;
    std::map<char, std::vector<int>> received;
    // Starts it, cancels it some turns later; whether it was done before.
    auto cut_short = [](auto what, int turns) -> rondo::task<bool> {
      co_await test::turns(turns);
      what.cancel();
      co_await test::ended(what);
      co_return !what.cancelled();
    };
    auto receiver = [&](http::websocket& ws) -> rondo::task<> {
      for (int round = 0;; ++round) {
        auto receiving = rondo::create_task(ws.receive());
        bool done = co_await cut_short(receiving, round % 4);
        if (!done) continue;
        std::optional<message> m = receiving.result();
        if (!m) co_return;
        received[m->data.at(0)].push_back(std::stoi(m->data.substr(1)));
      }
    };
    auto sender = [&](http::websocket& ws, char who) -> rondo::task<> {
      for (int i = 0; i < 150; ++i) {
        std::string data = who + std::to_string(i) + " ";
        data.resize(static_cast<std::size_t>(100 + i * 250), who);
        auto sending = rondo::create_task(ws.send(data));
        bool done = co_await cut_short(sending, i % 3);
        if (done) sent[who].push_back(i);
      }
    };
    bool server_has_sent = false;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      auto talk = [&]() -> rondo::task<> {
        co_await rondo::gather(sender(ws, 's'), sender(ws, 't'));
        server_has_sent = true;
      };
      co_await rondo::gather(talk(), receiver(ws));
    };
    auto server = co_await serve(h);
    auto ws = co_await http::connect_websocket(url(server));
    auto talk = [&]() -> rondo::task<> {
      co_await rondo::gather(sender(ws, 'a'), sender(ws, 'b'));
      while (!server_has_sent || received['s'].size() < sent['s'].size() ||
             received['t'].size() < sent['t'].size())
        co_await rondo::sleep(1ms);
      co_await ws.close();
    };
    co_await rondo::gather(talk(), receiver(ws));
    co_await server.close();
    EXPECT_EQ(received, sent);
  });
}

TEST(websocket_life, operations_on_a_cancelled_task_do_not_begin) {
  test::run([]() -> rondo::task<> {
    auto server = co_await serve(test::echo);
    auto ws = co_await http::connect_websocket(url(server));
    auto sending = rondo::create_task(ws.send("never"));
    sending.cancel();
    auto connecting = rondo::create_task(http::connect_websocket(url(server)));
    connecting.cancel();
    co_await test::ended(sending);
    co_await test::ended(connecting);
    EXPECT_TRUE(sending.cancelled());
    EXPECT_TRUE(connecting.cancelled());
    co_await ws.send("this one");
    auto m = co_await ws.receive();
    EXPECT_EQ(m->data, "this one");
    co_await ws.close();
    co_await server.close();
  });
}

TEST(websocket_life, a_connect_cancelled_at_any_time_leaves_no_socket) {
  test::run([]() -> rondo::task<> {
    auto server = co_await serve(test::echo);
    auto warm = co_await http::connect_websocket(url(server));
    co_await warm.close();
    std::size_t before = test::open_fds();
    for (int n = 0; n < 60; ++n) {
      auto connecting = rondo::create_task(http::connect_websocket(url(server)));
      co_await test::turns(n);
      connecting.cancel();
      co_await test::ended(connecting);
    }
    while (server.connections() > 0 || test::open_fds() > before) co_await rondo::sleep(1ms);
    co_await server.close();
  });
}

TEST(websocket_life, a_peer_that_does_not_read_holds_the_sender_up) {
  test::run([]() -> rondo::task<> {
    std::size_t sent = 0;
    rondo::event full;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      std::string data(64 * 1024, 'x');
      auto sending = [&]() -> rondo::task<> {
        for (;; ++sent) co_await ws.send_bytes(data);
      };
      co_await rondo::move_on_after(sending(), 300ms);
      full.set();
    };
    auto server = co_await serve(h);
    rondo::stream c = co_await raw_client(server);
    co_await full.wait();
    // The sockets' buffers, and no more.
    EXPECT_LT(sent * 64, 32u * 1024) << "KiB";
    std::size_t read = 0;
    for (;;) {
      std::string f = co_await next_frame(c);
      if (f.substr(0, 3) != "82:") break;
      ++read;
    }
    EXPECT_EQ(read, sent);
    c.close();
    co_await server.close();
  });
}

TEST(websocket_life, try_send_sends_or_says_that_it_would_wait) {
  test::run([]() -> rondo::task<> {
    std::size_t sent = 0;
    bool after_the_end = true;
    bool in_a_message = true;
    rondo::event full;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      EXPECT_THROW(ws.try_send("\xFF"), rondo::usage_error);
      std::string data(16 * 1024, 'x');
      for (int refused = 0; refused < 3;) {
        bool done = ws.try_send_bytes(data);
        sent += done;
        refused = done ? 0 : refused + 1;
        if (!done) co_await rondo::sleep(20ms);  // the writer gets its turns
      }
      full.set();
      auto parts = [&]() -> rondo::async_generator<std::string> {
        co_yield std::string("half");
        in_a_message = ws.try_send("between");
        co_yield std::string("whole");
      };
      co_await ws.send(parts());
      co_await ws.receive();
      after_the_end = ws.try_send("late");
    };
    auto server = co_await serve(h);
    rondo::stream c = co_await raw_client(server);
    co_await full.wait();
    EXPECT_LT(sent * 16, 32u * 1024) << "KiB";
    for (std::size_t i = 0; i < sent; ++i) {
      std::string f = co_await next_frame(c);
      EXPECT_EQ(f.size(), 3 + 16 * 1024u);
    }
    for (std::string expected : {"01:half", "00:whole", "80:"}) {
      std::string f = co_await next_frame(c);
      EXPECT_EQ(f, expected);
    }
    std::string bye = masked(0x88, close_payload(1000));
    co_await c.write(bye);
    co_await test::read_to_end(c);
    co_await server.close();
    EXPECT_FALSE(in_a_message);
    EXPECT_FALSE(after_the_end);
  });
}

TEST(websocket_life, pings_without_end_are_refused_and_none_are_none) {
  test::run([]() -> rondo::task<> {
    std::string why = "connected";
    try {
      auto ws = co_await http::connect_websocket("ws://127.0.0.1:1/", {.ping_interval = 0s});
    } catch (const rondo::usage_error& e) {
      why = e.what();
    }
    EXPECT_EQ(why, "http::websocket: a ping_interval of 0 would send pings without end");
    auto server = co_await serve(test::echo, {.ping_interval = std::nullopt});
    auto ws = co_await http::connect_websocket(url(server), {.ping_interval = std::nullopt});
    co_await ws.send("x");
    auto m = co_await ws.receive();
    EXPECT_EQ(m ? m->data : "", "x");
    co_await ws.close();
    co_await server.close();
  });
}

TEST(websocket_life, a_handler_that_does_not_receive_holds_the_client_up) {
  test::run([]() -> rondo::task<> {
    rondo::event go_on;
    std::size_t received = 0;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      co_await go_on.wait();
      for (;;) {
        std::optional<message> m = co_await ws.receive();
        if (!m) co_return;
        ++received;
      }
    };
    // Its pings meet a queue that is full, and do not fail for it.
    auto server = co_await serve(h, {.ping_interval = 20ms, .ping_timeout = 20ms});
    auto ws = co_await http::connect_websocket(url(server));
    std::size_t sent = 0;
    std::string data(64 * 1024, 'x');
    auto sending = [&]() -> rondo::task<> {
      for (; sent < 4096; ++sent) co_await ws.send_bytes(data);
    };
    auto all = co_await rondo::move_on_after(sending(), 300ms);
    EXPECT_FALSE(all) << "256 MiB have gone somewhere";
    go_on.set();
    co_await ws.close();
    EXPECT_EQ(ws.close_code(), 1000);
    co_await server.close();
    EXPECT_EQ(received, sent);
  });
}

TEST(websocket_life, a_flood_of_pings_is_not_hoarded) {
  test::run([]() -> rondo::task<> {
    auto server = co_await serve(test::echo);
    rondo::stream c = co_await raw_client(server);
    std::string ping = masked(0x89, std::string(125, 'p'));
    std::string flood;
    for (int i = 0; i < 500; ++i) flood += ping;
    auto pinging = [&]() -> rondo::task<> {
      for (int i = 0; i < 2000; ++i) co_await c.write(flood);
    };
    auto all = co_await rondo::move_on_after(pinging(), 300ms);
    EXPECT_FALSE(all) << "130 MB of pings have been taken, and their pongs lie somewhere";
    c.close();
    co_await server.close();
  });
}

TEST(websocket_life, a_peer_that_does_not_pong_is_closed_with_1011) {
  test::run([]() -> rondo::task<> {
    std::string failure;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      try {
        co_await ws.receive();
      } catch (const http::websocket_error& e) {
        failure = e.what();
      }
    };
    auto server = co_await serve(h, {.ping_interval = 5ms, .ping_timeout = 20ms});
    rondo::stream c = co_await raw_client(server);
    std::string ping = co_await next_frame(c);
    EXPECT_EQ(ping.substr(0, 3), "89:");
    std::string wrong = masked(0x8A, "another pong");
    co_await c.write(wrong);
    std::string last = co_await next_frame(c);
    EXPECT_EQ(last.substr(0, 5), "88:" + close_payload(1011));
    c.close();
    co_await server.close();
    EXPECT_NE(failure.find("1011"), failure.npos) << failure;
    EXPECT_NE(failure.find("no pong"), failure.npos) << failure;
  });
}

TEST(websocket_life, pongs_keep_it_open) {
  test::run([]() -> rondo::task<> {
    rondo::event done;
    std::uint16_t code = 1;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      co_await done.wait();
      code = ws.close_code();
    };
    auto server = co_await serve(h, {.ping_interval = 1ms, .ping_timeout = 10s});
    rondo::stream c = co_await raw_client(server);
    for (int i = 0; i < 20; ++i) {
      std::string ping = co_await next_frame(c);
      EXPECT_EQ(ping.substr(0, 3), "89:");
      std::string pong = masked(0x8A, ping.substr(3));
      co_await c.write(pong);
    }
    done.set();
    std::string last;
    do last = co_await next_frame(c);
    while (last.starts_with("89:"));
    EXPECT_EQ(last, "88:" + close_payload(1000));
    EXPECT_EQ(code, 0);
    c.close();
    co_await server.close();
  });
}

TEST(websocket_life, a_close_that_nobody_answers_ends_all_the_same) {
  test::run([]() -> rondo::task<> {
    std::uint16_t code = 0;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      co_await ws.close();
      code = ws.close_code();
    };
    auto server = co_await serve(h, {.close_timeout = 20ms});
    rondo::stream c = co_await raw_client(server);
    co_await test::read_to_end(c);
    EXPECT_EQ(code, 1006);
    co_await server.close();
  });
}

TEST(websocket_life, both_may_close_at_once) {
  test::run([]() -> rondo::task<> {
    for (int i = 0; i < 20; ++i) {
      std::uint16_t seen = 0;
      auto h = [&](http::websocket ws) -> rondo::task<> {
        co_await test::turns(i);
        co_await ws.close(4001);
        seen = ws.close_code();
      };
      auto server = co_await serve(h);
      auto ws = co_await http::connect_websocket(url(server));
      co_await ws.close(4002);
      co_await server.close();
      EXPECT_TRUE(ws.close_code() == 4001 || ws.close_code() == 4002) << ws.close_code();
      EXPECT_TRUE(seen == 4001 || seen == 4002) << seen;
    }
  });
}

TEST(websocket_life, a_cancelled_close_goes_on) {
  test::run([]() -> rondo::task<> {
    rondo::event received;
    std::uint16_t code = 0;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      try {
        co_await ws.receive();
      } catch (const http::websocket_error&) {
      }
      code = ws.close_code();
      received.set();
    };
    auto server = co_await serve(h);
    auto ws = co_await http::connect_websocket(url(server));
    auto closing = rondo::create_task(ws.close(4005));
    co_await test::turns(1);
    closing.cancel();
    co_await received.wait();
    EXPECT_EQ(code, 4005);
    EXPECT_THROW(co_await ws.send("late"), http::websocket_error);
    co_await ws.close();
    EXPECT_EQ(ws.close_code(), 4005);
    co_await server.close();
  });
}

TEST(websocket_life, dropping_it_tells_the_peer_1001) {
  test::run([]() -> rondo::task<> {
    std::uint16_t code = 0;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      for (;;) {
        std::optional<message> m = co_await ws.receive();
        if (!m) break;
      }
      code = ws.close_code();
    };
    auto server = co_await serve(h);
    {
      auto ws = co_await http::connect_websocket(url(server));
      co_await ws.send("something");
    }
    co_await server.close();
    EXPECT_EQ(code, 1001);
  });
}

TEST(websocket_life, a_server_that_closes_cancels_its_handlers_and_tells_1001) {
  test::run([]() -> rondo::task<> {
    test::journal j;
    auto h = [&](http::websocket ws) -> rondo::task<> {
      test::witness w(j, "handler");
      co_await ws.receive();
    };
    auto server = co_await serve(h);
    auto ws = co_await http::connect_websocket(url(server));
    co_await server.close(0s);
    std::optional<message> end = co_await ws.receive();
    EXPECT_FALSE(end);
    EXPECT_EQ(ws.close_code(), 1001);
    EXPECT_EQ(j.lines, test::lines{"~handler"});
  });
}

TEST(websocket_life, a_server_that_closes_waits_for_handlers_that_end) {
  test::run([]() -> rondo::task<> {
    auto server = co_await serve(test::echo);
    auto ws = co_await http::connect_websocket(url(server));
    auto closing = rondo::create_task(server.close(3600s));
    co_await ws.send("still served");
    auto m = co_await ws.receive();
    EXPECT_EQ(m->data, "still served");
    EXPECT_FALSE(closing.done());
    co_await ws.close();
    co_await closing;
  });
}

TEST(websocket_life, the_end_of_run_tells_the_peer_1001) {
  std::promise<std::uint16_t> port;
  std::promise<std::uint16_t> code;
  std::thread peer([&] {
    test::run([&]() -> rondo::task<> {
      rondo::event done;
      auto h = [&](http::websocket ws) -> rondo::task<> {
        co_await ws.receive();
        code.set_value(ws.close_code());
        done.set();
      };
      auto server = co_await serve(h);
      port.set_value(server.port());
      co_await done.wait();
      co_await server.close();
    });
  });
  test::run([&]() -> rondo::task<> {
    std::string at = "ws://127.0.0.1:" + std::to_string(port.get_future().get());
    rondo::event open;
    auto hold = [&]() -> rondo::task<> {
      auto ws = co_await http::connect_websocket(at);
      open.set();
      co_await ws.receive();
    };
    auto holding = rondo::create_task(hold());
    co_await open.wait();
    // The loop ends it, and its websocket.
  });
  EXPECT_EQ(code.get_future().get(), 1001);
  peer.join();
}

TEST(websocket_life, connections_that_are_cut_leave_nothing) {
  test::run([]() -> rondo::task<> {
    auto server = co_await serve(test::echo);
    std::size_t before = test::open_fds();
    std::string whole = test::handshake() + masked(0x81, std::string(200, 't')) +
                        masked(0x89, "p") + masked(0x88, close_payload(1000));
    for (std::size_t cut = 0; cut <= whole.size(); cut += 3) {
      rondo::stream c = co_await rondo::open_connection("127.0.0.1", server.port());
      std::string part = whole.substr(0, cut);
      co_await c.write(part);
      if (cut % 2) {
        linger reset{1, 0};
        ::setsockopt(c.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      }
    }
    while (server.connections() > 0) co_await rondo::sleep(1ms);
    EXPECT_LE(test::open_fds(), before + 1);
    co_await server.close();
  });
}

/// Its handler uses its locals.
rondo::task<> program_with_locals(test::journal& said, rondo::event& ready) {
  test::witness local(said, "local");
  rondo::event begun;
  auto handler = [&](http::websocket ws) -> rondo::task<> {
    test::witness handling(local.to, "handler");
    begun.set();
    co_await ws.receive();
  };
  auto server = co_await test::serve(handler);
  auto ws = co_await http::connect_websocket(test::url(server));
  co_await begun.wait();
  ready.set();
  co_await server.serve_forever();
}

TEST(websocket_life, a_handler_ends_before_what_it_refers_to) {
  test::journal said;
  test::run([&]() -> rondo::task<> {
    rondo::event ready;
    auto running = rondo::create_task(program_with_locals(said, ready));
    co_await ready.wait();
    co_await test::turns(2);
    running.cancel();
    co_await test::ended(running);
  });
  EXPECT_EQ(said.lines, (std::vector<std::string>{"~handler", "~local"}));
}

}  // namespace
