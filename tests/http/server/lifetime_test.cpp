// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What becomes of handlers, connections and memory when clients leave, stand still or
// are killed, and when the server closes.
#include <rondo/http/server/server.hpp>

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <fstream>

#include <gtest/gtest.h>

#include <rondo/testing/replace_new.hpp>
#include "support/async.hpp"
#include "support/raw.hpp"
#include "support/tls.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

/// Says whether it was left by cancellation.
struct watched {
  int& cancelled;
  ~watched() { cancelled += rondo::unwinding(); }
};

TEST(http_lifetime, a_client_that_goes_away_cancels_its_handler) {
  test::run([]() -> rondo::task<> {
    int started = 0, cancelled = 0;
    auto handler = [&](http::request&) -> rondo::task<http::reply> {
      watched w{cancelled};
      ++started;
      co_await rondo::sleep(3600s);
      co_return "late";
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    for (bool by_reset : {false, true}) {
      started = cancelled = 0;
      auto s = co_await rondo::open_connection("127.0.0.1", server.port());
      co_await s.write(test::get("/"));
      EXPECT_TRUE(co_await test::comes_true([&] { return started == 1; }));
      if (by_reset) test::reset_on_close(s);
      s.close();
      EXPECT_TRUE(co_await test::comes_true([&] { return cancelled == 1; }))
          << (by_reset ? "reset" : "closed");
    }
    EXPECT_TRUE(co_await test::comes_true([&] { return server.connections() == 0; }));
    co_await server.close(0s);
  });
}

http::server_options short_body_time() {
  http::server_options options;
  options.body_timeout = 100ms;
  return options;
}

TEST(http_lifetime, a_read_that_was_given_up_leaves_the_handler_its_time) {
  test::run([]() -> rondo::task<> {
    auto handler = [](http::request& r) -> rondo::task<http::reply> {
      auto piece = co_await rondo::move_on_after(r.read(), 10ms);
      EXPECT_FALSE(piece);
      co_await rondo::sleep(400ms);  // more than a body may take
      std::string body = co_await r.body();
      co_return "[" + body + "]";
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0, short_body_time());
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\n");
    co_await rondo::sleep(50ms);  // the read is given up
    co_await s.write("hello");
    std::string answer = co_await s.read_all(1 << 20);
    EXPECT_EQ(test::body_of(answer), "[hello]") << answer;
    co_await server.close();
  });
}

TEST(http_lifetime, a_client_that_goes_away_cancels_a_handler_that_gave_a_read_up) {
  test::run([]() -> rondo::task<> {
    int given_up = 0, cancelled = 0;
    auto handler = [&](http::request& r) -> rondo::task<http::reply> {
      watched w{cancelled};
      auto piece = co_await rondo::move_on_after(r.read(), 10ms);
      given_up += !piece;
      co_await rondo::sleep(3600s);
      co_return "late";
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0, short_body_time());
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
    EXPECT_TRUE(co_await test::comes_true([&] { return given_up == 1; }));
    s.close();
    EXPECT_TRUE(co_await test::comes_true([&] { return cancelled == 1; }));
    co_await server.close(0s);
  });
}

TEST(http_lifetime, a_reply_does_not_wait_for_the_next_requests_body) {
  test::run([]() -> rondo::task<> {
    auto handler = [](http::request& r) -> rondo::task<http::reply> {
      std::string body = co_await r.body();
      co_return r.target + " [" + body + "]";
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write(test::get("/first") +
                     "POST /second HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
    auto first = co_await rondo::move_on_after(s.read_until("/first []"), 10s);
    EXPECT_TRUE(first) << "the first reply is held back";
    co_await s.write("hello");
    s.shutdown_write();
    std::string rest = co_await s.read_all(1 << 20);
    EXPECT_EQ(test::body_of(rest), "/second [hello]") << rest;
    co_await server.close();
  });
}

/// How often a text occurs in another.
std::size_t count(std::string_view all, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = all.find(what, at)) != all.npos; at += what.size()) ++n;
  return n;
}

/// The server's socket of a client's connection: both are in this process.
int other_end(const rondo::stream& client) {
  sockaddr_in ours{}, peer{};
  socklen_t size = sizeof ours;
  ::getsockname(client.fd(), reinterpret_cast<sockaddr*>(&ours), &size);
  for (int fd = 3; fd < 4096; ++fd) {
    size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        peer.sin_family == AF_INET && peer.sin_port == ours.sin_port &&
        peer.sin_addr.s_addr == ours.sin_addr.s_addr)
      return fd;
  }
  return -1;
}

/// Makes a socket take about `room` bytes more, until the peer has read what is in it.
void leave_room(int fd, std::uint32_t room) {
  std::uint32_t memory[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof memory;
  ASSERT_EQ(::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &size), 0);
  EXPECT_GT(memory[SK_MEMINFO_WMEM_QUEUED], 100'000u) << "the peer has taken it all";
  int half =
      static_cast<int>((memory[SK_MEMINFO_WMEM_QUEUED] + room) / 2);  // the kernel doubles it
  ASSERT_EQ(::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &half, sizeof half), 0);
}

constexpr std::size_t piece_size = 20'000;
constexpr int many = 60;  // pieces: more than the client's socket holds, less than both hold

// A read first sends what waits: 100 Continue, and the replies of before. It is given up
// while the client takes nothing of that, so in the middle of it.
TEST(http_lifetime, a_read_given_up_while_it_sends_sends_everything_once) {
  test::run([]() -> rondo::task<> {
    int begun = 0, given_up = 0;
    rondo::event entered;
    rondo::stream s;
    auto handler = [&](http::request& r) -> rondo::task<http::reply> {
      ++begun;
      if (r.method == "GET") co_return r.target + std::string(piece_size, 'x');
      leave_room(other_end(s), 16'000);
      entered.set();
      for (int i = 0; i < 3; ++i) {
        auto piece = co_await rondo::move_on_after(r.read(), 10ms);
        given_up += !piece;
      }
      std::string body = co_await r.body();
      co_return "[" + body + "]";
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    s = co_await rondo::open_connection("127.0.0.1", server.port());
    s.set_limit(64 << 20);
    int sent = 0;
    for (; sent < many; ++sent) {
      co_await s.write(test::get("/" + std::to_string(sent) + "/"));
      EXPECT_TRUE(co_await test::comes_true([&] { return begun > sent; }));
    }
    std::string together;  // their replies wait for each other
    for (; sent < many + 3; ++sent) together += test::get("/" + std::to_string(sent) + "/");
    co_await s.write(together +
                     "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
                     "Content-Length: 5\r\n\r\n");
    co_await entered.wait();
    co_await rondo::sleep(50ms);  // the first read's time is over while the socket is full
    std::string answer = co_await s.read_until("100 Continue\r\n\r\n");
    EXPECT_TRUE(co_await test::comes_true([&] { return given_up == 3; })) << given_up;
    co_await s.write("hello");
    answer += co_await s.read_all(64 << 20);
    EXPECT_EQ(count(answer, "100 Continue"), 1u);
    EXPECT_EQ(count(answer, "HTTP/1.1 200"), sent + 1u);
    std::size_t at = 0;
    for (int i = 0; i < sent && at != answer.npos; ++i) {
      at = answer.find(
          "\r\n\r\n/" + std::to_string(i) + "/" + std::string(piece_size, 'x') + "HTTP/1.1", at);
      EXPECT_NE(at, answer.npos) << "the reply to /" << i << "/ is not whole or not in its place";
    }
    EXPECT_TRUE(answer.ends_with("\r\n\r\n[hello]")) << answer.substr(answer.size() - 100);
    co_await server.close(0s);
  });
}

TEST(http_lifetime, a_client_that_goes_away_ends_a_stream) {
  test::run([]() -> rondo::task<> {
    int cancelled = 0;
    auto ticks = [&]() -> rondo::async_generator<std::string> {
      watched w{cancelled};
      co_yield std::string("first");
      co_await rondo::sleep(3600s);
    };
    auto handler = [&](http::request&) {
      http::reply r;
      r.stream = ticks();
      return r;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write(test::get("/"));
    std::string head = co_await s.read_until("first\r\n");
    EXPECT_EQ(cancelled, 0);
    s.close();
    EXPECT_TRUE(co_await test::comes_true([&] { return cancelled == 1; }));
    co_await server.close(0s);
  });
}

TEST(http_lifetime, a_reply_does_not_wait_for_a_slow_one_behind_it) {
  test::run([]() -> rondo::task<> {
    rondo::event go;
    auto handler = [&](http::request& r) -> rondo::task<http::reply> {
      if (r.target == "/slow") co_await go.wait();
      co_return r.target;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write(test::get("/quick") + test::get("/slow") + test::get("/quick"));
    auto first = co_await rondo::move_on_after(s.read_until("\r\n\r\n/quick"), 20s);
    EXPECT_TRUE(first) << "the first reply was kept until the second was there";
    go.set();
    std::string second = co_await s.read_until("\r\n\r\n/slow");
    std::string third = co_await s.read_until("\r\n\r\n/quick");
    EXPECT_EQ(test::status_line(third), "HTTP/1.1 200");
    co_await server.close(0s);
  });
}

TEST(http_lifetime, close_drains_then_cancels) {
  test::run([]() -> rondo::task<> {
    int cancelled = 0, running = 0;
    rondo::event go;
    auto handler = [&](http::request& r) -> rondo::task<http::reply> {
      watched w{cancelled};
      ++running;
      if (r.target == "/ends") {
        co_await go.wait();
      } else {
        co_await rondo::sleep(3600s);
      }
      co_return "whole";
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    auto ends = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await ends.write(test::get("/ends"));
    auto never = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await never.write(test::get("/never"));
    EXPECT_TRUE(co_await test::comes_true([&] { return running == 2; }));
    auto closing = rondo::create_task(server.close(500ms));
    co_await test::turns(3);
    go.set();
    std::string answer = co_await ends.read_all(1000);
    EXPECT_TRUE(answer.ends_with("whole")) << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), answer.npos);
    std::string nothing = co_await never.read_all(1000);
    EXPECT_EQ(nothing, "");
    co_await closing;
    EXPECT_EQ(cancelled, 1);
  });
}

TEST(http_lifetime, limits_requests_of_a_connection) {
  test::run([]() -> rondo::task<> {
    auto handler = [](http::request&) { return "x"; };
    http::server_options options;
    options.max_requests = 2;
    auto server = co_await http::start_server(handler, "127.0.0.1", 0, options);
    std::string answer =
        co_await test::raw(server.port(), test::get("/1") + test::get("/2") + test::get("/3"));
    std::size_t close = answer.find("Connection: close\r\n");
    EXPECT_GT(close, answer.find("HTTP/1.1", 9)) << answer;
    EXPECT_EQ(answer.find("HTTP/1.1", close), answer.npos) << answer;
    co_await server.close();
  });
}

TEST(http_lifetime, slow_requests_time_out) {
  test::run([]() -> rondo::task<> {
    auto handler = [](http::request& r) -> rondo::task<http::reply> {
      co_return co_await r.body();
    };
    http::server_options options;
    options.header_timeout = 100ms;
    options.body_timeout = 100ms;
    options.idle_timeout = 100ms;
    auto server = co_await http::start_server(handler, "127.0.0.1", 0, options);
    auto after = [&](std::string bytes) -> rondo::task<std::string> {
      auto s = co_await rondo::open_connection("127.0.0.1", server.port());
      if (!bytes.empty()) co_await s.write(bytes);
      auto began = rondo::now();
      auto all = co_await rondo::move_on_after(s.read_all(1000), 20s);
      EXPECT_TRUE(all) << "it was never closed: " << bytes;
      EXPECT_GE(rondo::now() - began, 90ms) << bytes;
      co_return all.value_or("never");
    };
    EXPECT_EQ(co_await after(""), "") << "idle from its beginning";
    std::string answer = co_await after("GET / HTTP/1.1\r\nHos");
    EXPECT_EQ(test::status_line(answer), "HTTP/1.1 408");
    answer = co_await after("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_EQ(test::status_line(answer), "HTTP/1.1 408");
    answer = co_await after(test::get("/"));
    EXPECT_EQ(test::status_line(answer), "HTTP/1.1 200") << "idle after a request";

    // A byte now and then does not lengthen the time for the header.
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    auto began = rondo::now();
    bool open = true;
    for (int i = 0; open && i < 1000; ++i) {
      try {
        co_await s.write(i == 0 ? "GET / HTTP/1.1\r\nA: " : "a");
        auto end = co_await rondo::move_on_after(s.read_all(1000), 10ms);
        open = !end;
      } catch (const std::system_error&) {
        open = false;
      }
    }
    EXPECT_LT(rondo::now() - began, 5s);
    co_await server.close();
  });
}

TEST(http_lifetime, an_upgraded_connection_is_the_handlers) {
  test::run([]() -> rondo::task<> {
    int cancelled = 0;
    auto handler = [&](http::request& r) {
      http::reply answer;
      answer.status = 101;
      answer.headers.add("Upgrade", "echo");
      bool waits = r.target == "/waits";
      answer.upgrade = [&cancelled, waits](rondo::stream s) -> rondo::task<> {
        watched w{cancelled};
        if (waits) co_await rondo::sleep(3600s);
        for (;;) {
          std::string line = co_await s.read_line();
          if (line.empty()) break;
          co_await s.write("echo " + line);
        }
      };
      return answer;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    auto s = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await s.write(test::get("/", "Connection: Upgrade\r\nUpgrade: echo\r\n") + "early\nlate");
    std::string head = co_await s.read_until("\r\n\r\n");
    EXPECT_EQ(test::status_line(head), "HTTP/1.1 101");
    EXPECT_NE(head.find("Upgrade: echo\r\n"), head.npos);
    EXPECT_NE(head.find("Connection: Upgrade\r\n"), head.npos);
    EXPECT_EQ(head.find("Content-"), head.npos) << head;
    EXPECT_EQ(co_await s.read_line(), "echo early\n") << "what came with the request is not lost";
    co_await s.write("r\n");
    EXPECT_EQ(co_await s.read_line(), "echo later\n");
    s.shutdown_write();
    EXPECT_EQ(co_await s.read_line(), "");
    auto other = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await other.write(test::get("/waits"));
    head = co_await other.read_until("\r\n\r\n");
    co_await server.close(20ms);
    EXPECT_EQ(cancelled, 1) << "it counts as running, and is cancelled in the end";
  });
}

class scratch_file {
 public:
  explicit scratch_file(const std::string& text) {
    std::string pattern = std::filesystem::temp_directory_path() / "rondo_http_XXXXXX";
    int fd = ::mkstemp(pattern.data());
    ::close(fd);
    path = pattern;
    std::ofstream(path) << text;
  }
  ~scratch_file() { std::filesystem::remove(path); }
  std::string path;
};

TEST(http_lifetime, sends_parts_of_files) {
  std::string text = test::pattern(3'000'000);
  scratch_file scratch(text);
  test::diagnostics problems;
  test::run([&]() -> rondo::task<> {
    problems.listen();
    http::router site;
    site.get("/{offset}/{length}", [&](http::request& r) -> rondo::task<http::reply> {
      http::reply answer;
      answer.file = std::make_unique<http::file_body>();
      answer.file->file = co_await rondo::open_file(scratch.path);
      answer.file->offset = r.param_as<std::uint64_t>("offset");
      answer.file->length = r.param_as<std::uint64_t>("length");
      co_return answer;
    });
    auto server = co_await http::start_server(std::move(site), "127.0.0.1", 0);
    for (auto [offset, length] : {std::pair(0, 3'000'000), {1, 10}, {1'000'000, 70'000}, {5, 0}}) {
      std::string target = "/" + std::to_string(offset) + "/" + std::to_string(length);
      std::string answer = co_await test::raw(server.port(), test::get(target) + test::get(target));
      std::string wanted = text.substr(offset, length);
      std::size_t end = answer.find("\r\n\r\n") + 4;
      EXPECT_TRUE(answer.compare(end, wanted.size(), wanted) == 0) << target;
      EXPECT_TRUE(answer.ends_with("\r\n\r\n" + wanted)) << target;
      std::string head =
          co_await test::raw(server.port(), "HEAD " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_NE(head.find("Content-Length: " + std::to_string(length) + "\r\n"), head.npos);
      EXPECT_TRUE(head.ends_with("\r\n\r\n"));
    }
    EXPECT_EQ(problems.messages, test::lines{});
    // Longer than the file is: the client must not take it for whole.
    std::string cut = co_await test::raw(server.port(), test::get("/0/3000001"));
    EXPECT_LT(test::body_of(cut).size(), 3'000'001u);
    EXPECT_EQ(cut.find("HTTP/1.1", 9), cut.npos);
    EXPECT_TRUE(problems.mentions("broke off"));
    co_await server.close();
  });
}

TEST(http_lifetime, over_tls) {
  test::run([]() -> rondo::task<> {
    auto handler = [](http::request& r) -> rondo::task<http::reply> {
      std::string body = co_await r.body();
      co_return std::string(r.encrypted ? "secret " : "open ") + std::to_string(body.size());
    };
    auto context = test::certificates::server();
    http::server_options options;
    options.idle_timeout = 300ms;
    auto server = co_await http::start_tls_server(handler, "127.0.0.1", 0, context, options);
    auto s = co_await rondo::open_tls_connection("127.0.0.1", server.port(),
                                                 test::certificates::client());
    co_await s.write(test::get("/") + test::post("/", std::string(300'000, 'x')));
    std::string first = co_await s.read_until("secret 0");
    std::string second = co_await s.read_until("secret 300000");
    EXPECT_EQ(test::status_line(first), "HTTP/1.1 200");
    auto end = co_await rondo::move_on_after(s.read_all(1000), 20s);
    EXPECT_TRUE(end) << "an idle connection stayed open";
    std::string plain = co_await test::raw(server.port(), test::get("/"));
    EXPECT_EQ(plain.find("200"), plain.npos);
    EXPECT_TRUE(co_await test::comes_true([&] { return server.connections() == 0; }));
    co_await server.close();
  });
}

TEST(http_lifetime, tells_the_log_of_each_request_once) {
  std::vector<std::string> seen, lines;
  test::run([&]() -> rondo::task<> {
    auto handler = [](http::request& r) -> rondo::task<http::reply> {
      if (r.target == "/slow") co_await rondo::sleep(3600s);
      if (r.target == "/boom") throw http::status_error(409);
      co_return "12345";
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    server.set_access_log([&](const http::access_record& r) {
      seen.push_back(std::string(r.method) + " " + std::string(r.target) + " " +
                     std::to_string(r.status) + " " + std::to_string(r.bytes));
      lines.push_back(http::to_combined_line(r));
      lines.push_back(http::to_json_line(r));
      EXPECT_EQ(r.peer.address(), "127.0.0.1");
      EXPECT_GE(r.duration.count(), 0);
    });
    std::string fields = "X-Request-Id: id-1\r\nUser-Agent: a\"\xc3\xa9\r\nReferer: http://x/\r\n";
    std::string a = co_await test::raw(
        server.port(), test::get("/a?b=c", fields) + test::get("/b") + test::get("/boom"));
    a = co_await test::raw(server.port(), "nonsense\r\n\r\n");
    auto gone = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await gone.write(test::get("/slow"));
    test::reset_on_close(gone);
    co_await rondo::sleep(60ms);
    gone.close();
    EXPECT_TRUE(co_await test::comes_true([&] { return seen.size() == 5; }));
    co_await server.close();
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"GET /a?b=c 200 5", "GET /b 200 5", "GET /boom 409 9",
                                            "  400 25", "GET /slow 0 0"}));
  ASSERT_GE(lines.size(), 2u);
  EXPECT_NE(lines[0].find("] \"GET /a?b=c HTTP/1.1\" 200 5 \"http://x/\" \"a\\x22\\xC3\\xA9\" 0."),
            std::string::npos)
      << lines[0];
  EXPECT_TRUE(lines[0].ends_with(" id-1")) << lines[0];
  EXPECT_NE(lines[1].find("\"user_agent\":\"a\\\"\\u00e9\""), std::string::npos) << lines[1];
}

// Whatever a client does to its connection at whatever byte: no fd, no task and no
// memory is left, and nothing is reported.
TEST(http_lifetime, a_reset_at_every_byte_and_clients_killed_in_the_middle) {
  test::diagnostics problems;
  test::run([&]() -> rondo::task<> {
    problems.listen();
    auto handler = [](http::request& r) -> rondo::task<http::reply> {
      std::string body = co_await r.body();
      co_return std::string(100'000, 'x');
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    std::string request = test::post("/a", std::string(20'000, 'b'), "A: b\r\n");
    std::size_t header = request.find("\r\n\r\n") + 4;
    std::vector<std::size_t> cuts;
    for (std::size_t n = 0; n <= header + 4; ++n) cuts.push_back(n);
    for (std::size_t n = header + 5; n <= request.size(); n += 4999) cuts.push_back(n);
    cuts.push_back(request.size());
    auto round = [&]() -> rondo::task<> {
      for (std::size_t n : cuts) {
        for (bool by_reset : {true, false}) {
          auto s = co_await rondo::open_connection("127.0.0.1", server.port());
          co_await s.write(std::string_view(request).substr(0, n));
          if (n % 3 == 0) co_await rondo::sleep(0s);
          if (by_reset) test::reset_on_close(s);
        }
      }
      bool all_gone = co_await test::comes_true([&] { return server.connections() == 0; });
      EXPECT_TRUE(all_gone);
    };
    co_await round();
    std::size_t fds = test::open_fds();
    std::size_t tasks = rondo::all_tasks().size();
    [[maybe_unused]] long blocks = rondo::testing::allocations_alive();
    for (int i = 0; i < 30; ++i) co_await round();
    EXPECT_EQ(test::open_fds(), fds);
    EXPECT_EQ(rondo::all_tasks().size(), tasks);
#if RONDO_ALLOCATIONS_CAN_FAIL
    EXPECT_NEAR(rondo::testing::allocations_alive(), blocks, 200)
        << "after " << 60 * cuts.size() << " connections";
#endif
    co_await server.close();
  });
  EXPECT_EQ(problems.messages, test::lines{});
}

}  // namespace
