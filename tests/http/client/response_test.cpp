// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Where a response begins and ends, and what it says: servers that leave it open, that cut,
// that pack, over TCP and TLS.
#include <sys/socket.h>
#include <chrono>
#include <optional>

#include <gtest/gtest.h>

#include <rondo/http/client.hpp>
#include <rondo/io.hpp>
#include "http/message/chunked_decoder.hpp"

#include "support/compressed.hpp"
#include "support/run.hpp"
#include "support/tls.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

const char* name_of(http::failure why) {
  static const char* const names[] = {"bad_url",     "unknown_host", "connect",        "tls",
                                      "timeout",     "cut",          "malformed",      "too_large",
                                      "status",      "redirects",    "not_replayable", "other",
                                      "outside_base"};
  return names[static_cast<int>(why)];
}

rondo::task<std::string> outcome_of(http::session& session, std::string method, std::string url) {
  try {
    auto r = co_await session.request(method, url);
    co_return std::to_string(r.status) + " " + r.body;
  } catch (const http::http_error& e) {
    co_return name_of(e.why());
  }
}

/// A server of one answer after the other, whatever is asked; over TCP or TLS.
struct server {
  /// answer is a coroutine that takes a stream&, and outlives the server.
  template <class F>
  static rondo::task<server> start(bool tls, F& answer) {
    server made;
    made.encrypted = tls;
    auto run = [&answer](rondo::stream s) -> rondo::task<> { co_await answer(s); };
    if (tls) {
      rondo::tls_context context = test::certificates::server();
      made.open = co_await rondo::start_tls_server(run, "127.0.0.1", 0, context);
    } else {
      made.open = co_await rondo::start_server(run, "127.0.0.1", 0);
    }
    co_return made;
  }
  std::string url(std::string path = "/") const {
    return (encrypted ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(open->port()) +
           path;
  }
  http::session_options options() const {
    http::session_options o;
    if (encrypted) o.ca_file = test::certificates::pem("ca");
    return o;
  }

  std::optional<rondo::server> open;
  bool encrypted = false;
};

/// What becomes of a response whose bytes come cut in two, everywhere or at once.
std::string outcome_of(const std::string& bytes, bool tls = false, std::string method = "GET",
                       std::size_t cut = 0) {
  return test::run([&]() -> rondo::task<std::string> {
    auto answer = [&](rondo::stream& s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      if (cut > 0) {
        co_await s.write(std::string_view(bytes).substr(0, cut));
        co_await rondo::sleep(1ms);
      }
      co_await s.write(std::string_view(bytes).substr(cut));
    };
    server there = co_await server::start(tls, answer);
    std::string result;
    {
      http::session session(there.options());
      result = co_await outcome_of(session, method, there.url());
    }
    co_await there.open->close(0s);
    co_return result;
  });
}

const std::string ok = "HTTP/1.1 200 OK\r\n";

TEST(http_client_framing, a_length_is_a_number_and_one) {
  for (bool tls : {false, true}) {
    for (const char* bad :
         {"5x", "0x5", "1e1", "+5", "-5", "5, 2", "5,", ",5", "", " ", "5 5", "5.0",
          "99999999999999999999", "9223372036854775808", "5\r\nContent-Length: 2",
          "2\r\nContent-Length: 5", "5\r\ncontent-length: x"})
      EXPECT_EQ(outcome_of(ok + "Content-Length: " + bad + "\r\n\r\nhello", tls), "malformed")
          << bad;
    for (const char* good : {"5", "05", "5, 5", "5\r\nContent-Length: 5", " 5 ", "5,5 , 5"})
      EXPECT_EQ(outcome_of(ok + "Content-Length: " + good + "\r\n\r\nhello", tls), "200 hello")
          << good;
  }
  EXPECT_EQ(outcome_of(ok + "Content-Length: 5x\r\n\r\n", false, "HEAD"), "malformed");
  EXPECT_EQ(outcome_of("HTTP/1.1 103 Early\r\nContent-Length: x\r\n\r\n" + ok +
                       "Content-Length: 2\r\n\r\nhi"),
            "200 hi");
}

TEST(http_client_framing, a_transfer_encoding_is_chunked_and_alone) {
  const std::string chunks = "\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (const char* bad :
       {"gzip, chunked", "chunked, gzip", "gzip", "chunked, chunked", "xchunked", "identity", "",
        "chunked\r\nTransfer-Encoding: chunked", "chunked\r\nContent-Length: 5", "chunked;q=1"})
    EXPECT_EQ(outcome_of(ok + "Transfer-Encoding: " + bad + chunks), "malformed") << bad;
  EXPECT_EQ(outcome_of(ok + "Content-Length: 3\r\nTransfer-Encoding: chunked" + chunks),
            "malformed");
  EXPECT_EQ(outcome_of("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked" + chunks), "malformed");
  EXPECT_EQ(outcome_of(ok + "transfer-encoding: Chunked" + chunks), "200 hello");
  EXPECT_EQ(outcome_of(ok + "Transfer-Encoding: chunked\r\n\r\n", false, "HEAD"), "200 ");
}

TEST(http_client_framing, status_lines) {
  for (const char* bad : {"HTTP/1.1 2000 OK", "HTTP/1.1 20 OK", "HTTP/1.1 200OK", "HTTP/1.1 099 OK",
                          "HTTP/1.1  200 OK", "HTTP/1 200 OK"})
    EXPECT_EQ(outcome_of(std::string(bad) + "\r\nContent-Length: 2\r\n\r\nhi"), "malformed") << bad;
  EXPECT_EQ(outcome_of("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi"), "200 hi");
  EXPECT_EQ(outcome_of("HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi"), "200 hi");
  EXPECT_EQ(outcome_of("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nbytes"), "malformed")
      << "nobody asked for it";
  EXPECT_EQ(outcome_of("HTTP/1.1 103 Early\r\n\r\n"), "cut");
  EXPECT_EQ(outcome_of(ok + "A: b\r\nHTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nhi"), "malformed");
}

TEST(http_client_framing, what_a_field_may_hold) {
  auto with = [](const std::string& line) {
    return outcome_of(ok + line + "\r\nContent-Length: 2\r\n\r\nhi");
  };
  for (const char* bad :
       {"X: a\rSet-Cookie: evil=1", "X: a\r\rb", "X: \x01", "X: \x7f", "X: a\x0b", "no colon",
        ": no name", "X : blank", "X\t: blank", "a b: c", "\xc3\xa4: c"})
    EXPECT_EQ(with(bad), "malformed") << bad;
  EXPECT_EQ(with(std::string("X: a\0b", 6)), "malformed");
  for (const char* good : {"X: \xc3\xa4\t.", "X:", "X:y", "X:  \t y \t", "x-!#$%&'*+.^_`|~: 1"})
    EXPECT_EQ(with(good), "200 hi") << good;
  EXPECT_NE(outcome_of("HTTP/1.1 200 OK\r\n X: a\r\nContent-Length: 2\r\n\r\nhi"), "200 hi")
      << "begins with a blank";
}

TEST(http_client_framing, folded_fields_are_joined) {
  std::string folded = "X: one\r\n two \r\n\t three: 3\r\nY:\r\n late\r\nZ: a\r\n \r\n";
  std::string bytes =
      "HTTP/1.1 302 Found\r\n" + folded + "Location:\r\n /there\r\nContent-Length: 0\r\n\r\n";
  test::run([&]() -> rondo::task<> {
    auto answer = [&](rondo::stream& s) -> rondo::task<> {
      std::string head = co_await s.read_until("\r\n\r\n");
      bool first = head.starts_with("GET / ");
      std::string there = ok + folded + "Content-Length: 5\r\nConnection: close\r\n\r\nthere";
      co_await s.write(first ? bytes : there);
    };
    server there = co_await server::start(false, answer);
    {
      http::session session;
      auto r = co_await session.get(there.url());
      EXPECT_EQ(r.body, "there");
      EXPECT_EQ(r.headers.get("X"), "one two three: 3");
      EXPECT_EQ(r.headers.get("Y"), "late");
      EXPECT_EQ(r.headers.get("Z"), "a");
      EXPECT_EQ(r.history.size(), 1u);
      EXPECT_EQ(r.history.at(0).headers.get("X"), "one two three: 3");
    }
    co_await there.open->close(0s);
  });
  // libcurl reads the first line of these alone.
  EXPECT_EQ(outcome_of(ok + "Content-Length:\r\n 2\r\n\r\nhi"), "malformed");
  EXPECT_EQ(outcome_of(ok + "Transfer-Encoding:\r\n chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
            "malformed");
}

const char* const well_chunked[] = {
    "5\r\nhello\r\n0\r\n\r\n",
    "5;a=b;c=\"d\"\r\nhello\r\n0\r\n\r\n",
    "3\r\nhel\r\n2  \r\nlo\r\n000\r\nX: y\r\nZ: \r\n\r\n",
    "0000000000000005\r\nhello\r\n0\r\n\r\n",
};
const char* const badly_chunked[] = {
    "zz\r\nhello\r\n0\r\n\r\n",
    "0x5\r\nhello\r\n0\r\n\r\n",
    "-5\r\nhello\r\n0\r\n\r\n",
    "5\nhello\r\n0\r\n\r\n",
    "5\r\nhelloXX0\r\n\r\n",
    "5\r\nhello\n0\r\n\r\n",
    "\r\nhello\r\n0\r\n\r\n",
    "5 5\r\nhello\r\n0\r\n\r\n",
    "00000000000000005\r\nhello\r\n0\r\n\r\n",
    "8000000000000000\r\nhello",
    "5\rXhello\r\n0\r\n\r\n",
    "5;a\x01\r\nhello\r\n0\r\n\r\n",
    "5\r\nhello\r\n0\r\nX: y\n\r\n",
    "5\r\nhello\r\n0\r\n\rX",
};

TEST(http_client_framing, chunks_cut_everywhere) {
  using http::detail::chunked_decoder;
  auto decoded = [](std::string_view bytes, std::size_t piece) -> std::string {
    chunked_decoder d;
    std::string text;
    try {
      for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
        d.take(bytes.substr(0, piece), text);
    } catch (const http::detail::framing_error&) {
      return "malformed";
    } catch (const http::detail::framing_too_large&) {
      return "too large";
    }
    return d.done() ? text : "cut";
  };
  for (std::size_t piece : {1u, 2u, 3u, 1000u}) {
    for (const char* good : well_chunked) {
      EXPECT_EQ(decoded(good, piece), "hello") << good;
      EXPECT_EQ(decoded(std::string(good) + "more", piece), "hello") << good;
      std::string_view all(good);
      for (std::size_t n = 0; n < all.size(); ++n)
        EXPECT_EQ(decoded(all.substr(0, n), piece), "cut") << all.substr(0, n);
    }
    for (const char* bad : badly_chunked) EXPECT_EQ(decoded(bad, piece), "malformed") << bad;
    EXPECT_EQ(decoded("0\r\nX: " + std::string(20'000, 'y') + "\r\n\r\n", piece), "too large");
    EXPECT_EQ(decoded("5;" + std::string(20'000, 'y') + "\r\nhello\r\n0\r\n\r\n", piece),
              "too large");
    std::string wordy;
    for (int i = 0; i < 100; ++i) wordy += "1;" + std::string(1000, 'y') + "\r\nx\r\n";
    EXPECT_EQ(decoded(wordy + "0\r\n\r\n", piece), "too large");
  }
}

TEST(http_client_framing, wrong_chunks_are_not_asked_for_again) {
  for (const char* good : well_chunked)
    EXPECT_EQ(outcome_of(ok + "Transfer-Encoding: chunked\r\n\r\n" + good), "200 hello") << good;
  std::vector<std::string> bad(std::begin(badly_chunked), std::end(badly_chunked));
  bad.push_back("0\r\nX: " + std::string(20'000, 'y') + "\r\n\r\n");
  for (const std::string& chunks : bad) {
    test::run([&]() -> rondo::task<> {
      int asked = 0;
      auto answer = [&](rondo::stream& s) -> rondo::task<> {
        co_await s.read_until("\r\n\r\n");
        ++asked;
        co_await s.write(ok + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
        co_await s.read(1);
      };
      server there = co_await server::start(false, answer);
      {
        http::session_options o;
        o.retry.retries = 2;
        o.retry.first_wait = 1ms;
        http::session session(o);
        std::string how = co_await outcome_of(session, "GET", there.url());
        EXPECT_TRUE(how == "malformed" || how == "too_large")
            << how << ": " << chunks.substr(0, 50);
        EXPECT_EQ(asked, 1) << chunks.substr(0, 50);
      }
      co_await there.open->close(0s);
    });
  }
}

// What anybody on the way can do, and what only the server can.
TEST(http_client_framing, only_the_server_ends_a_body_over_tls) {
  test::run([]() -> rondo::task<> {
    auto answer = [](rondo::stream& s) -> rondo::task<> {
      std::string head = co_await s.read_until("\r\n\r\n");
      std::string length = head.find("/length") != head.npos ? "Content-Length: 9\r\n" : "";
      std::string text = ok + length + "Connection: close\r\n\r\nhalf of i";
      co_await s.write(text);
      if (head.find("/notified") != head.npos) co_return;
      ::shutdown(s.fd(), SHUT_WR);
      try {
        co_await s.read_all(100'000);
      } catch (const std::exception&) {
      }
    };
    for (bool tls : {false, true}) {
      server there = co_await server::start(tls, answer);
      {
        http::session session(there.options());
        EXPECT_EQ(co_await outcome_of(session, "GET", there.url("/notified")), "200 half of i");
        EXPECT_EQ(co_await outcome_of(session, "GET", there.url("/length")), "200 half of i");
        EXPECT_EQ(co_await outcome_of(session, "GET", there.url("/cut")),
                  tls ? "cut" : "200 half of i");
      }
      co_await there.open->close(0s);
    }
  });
}

// --- the connection ---

TEST(http_client_connection, what_is_not_idempotent_is_not_sent_again_unasked) {
  test::run([]() -> rondo::task<> {
    for (bool tls : {false, true}) {
      std::vector<std::string> seen;
      auto answer = [&](rondo::stream& s) -> rondo::task<> {
        for (int i = 0;; ++i) {
          std::string head = co_await s.read_until("\r\n\r\n");
          bool chunked = head.find("chunked") != head.npos;
          if (chunked) co_await s.read_until("0\r\n\r\n");
          if (head.find("Content-Length: 3") != head.npos) co_await s.read_exactly(3);
          seen.push_back(head.substr(0, head.find(' ')));
          if (i == 1) co_return;  // taken, done, and gone
          co_await s.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
      };
      server there = co_await server::start(tls, answer);
      auto once = []() -> http::body::pieces { co_yield std::string("pay"); };
      auto twice = [&](std::string method, http::body content) -> rondo::task<std::string> {
        seen.clear();
        auto options = there.options();
        options.version = http::http_version::http1;
        http::session session(options);
        co_await session.get(there.url());
        std::string how;
        try {
          auto r = co_await session.request(method, there.url(), std::move(content));
          how = r.body;
        } catch (const http::http_error& e) {
          how = std::string(name_of(e.why())) + ": " + std::string(e.cause());
        }
        for (const std::string& s : seen) how += " " + s;
        co_return how;
      };
      EXPECT_EQ(co_await twice("GET", {}), "ok GET GET GET");
      EXPECT_EQ(co_await twice("PUT", "pay"), "ok GET PUT PUT");
      std::string lost =
          "cut: the connection ended without an answer; the request may have been carried out";
      EXPECT_EQ(co_await twice("POST", "pay"), lost + " GET POST");
      EXPECT_EQ(co_await twice("PATCH", "pay"), lost + " GET PATCH");
      for (std::string method : {"POST", "PUT"}) {
        std::string pieces = co_await twice(method, once());
        EXPECT_TRUE(pieces.starts_with("cut: the connection ended without an answer") &&
                    pieces.ends_with(" GET " + method))
            << pieces;
      }
      co_await there.open->close(0s);
    }
  });
}

TEST(http_client_connection, bytes_that_nobody_asked_for_answer_nothing) {
  test::run([]() -> rondo::task<> {
    for (bool tls : {false, true}) {
      for (bool closes : {false, true}) {
        rondo::event poisoned;
        int connections = 0;
        auto answer = [&](rondo::stream& s) -> rondo::task<> {
          ++connections;
          for (;;) {
            std::string head;
            try {
              head = co_await s.read_until("\r\n\r\n");
            } catch (const rondo::incomplete_read_error&) {
              co_return;
            }
            std::string name = head.substr(head.find(' ') + 2, 1);
            co_await s.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + name);
            if (name != "1") continue;
            co_await rondo::sleep(10ms);  // apart from the answer
            if (closes) break;
            co_await s.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
            poisoned.set();
          }
          s.close();
          poisoned.set();
        };
        server there = co_await server::start(tls, answer);
        {
          auto options = there.options();
          options.version = http::http_version::http1;
          http::session session(options);
          auto r = co_await session.get(there.url("/1"));
          EXPECT_EQ(r.body, "1");
          co_await poisoned.wait();
          co_await rondo::sleep(
              20ms);  // until it has come; if it has not, the next is too early to be fooled
          r = co_await session.post(there.url("/2"), "x");
          EXPECT_EQ(r.body, "2") << "tls " << tls;
          r = co_await session.get(there.url("/3"));
          EXPECT_EQ(r.body, "3");
          EXPECT_EQ(connections, 2) << "the second is kept";
        }
        co_await there.open->close(0s);
      }
    }
  });
}

// --- packed bodies ---

std::string packed_answer(const std::string& coding, const std::string& body, int framing) {
  std::string head =
      ok + "Content-Encoding: " + (coding == "bare deflate" ? "deflate" : coding) + "\r\n";
  if (framing == 0)
    return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  if (framing == 1) return head + "Connection: close\r\n\r\n" + body;
  char size[20];
  std::snprintf(size, sizeof size, "%zx", body.size());
  return head + "Transfer-Encoding: chunked\r\n\r\n" + size + "\r\n" + body + "\r\n0\r\n\r\n";
}

TEST(http_client_packed, bodies_are_unpacked_and_cut_ones_are_not_whole) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += std::to_string(i * 7919 % 10007) + " ";
  for (const std::string& coding : test::codings()) {
    SCOPED_TRACE(coding);
    std::string body = test::compressed(coding, text);
    for (int framing : {0, 1, 2}) {
      std::string all = packed_answer(coding, body, framing);
      EXPECT_EQ(outcome_of(all), "200 " + text);
      EXPECT_EQ(outcome_of(all, true), "200 " + text) << "over TLS";
      for (std::size_t cut : {all.size() - 1, all.size() - 20, all.size() - body.size() + 3})
        EXPECT_EQ(outcome_of(all, false, "GET", cut), "200 " + text) << cut;
      for (std::size_t lost : {std::size_t{1}, std::size_t{5}, body.size() / 2, body.size() - 1})
        EXPECT_EQ(outcome_of(packed_answer(coding, body.substr(0, body.size() - lost), framing)),
                  framing == 1 ? "cut" : "malformed")
            << lost << " of " << body.size() << " bytes lost, framing " << framing;
      EXPECT_EQ(outcome_of(packed_answer(coding, "", framing)), "200 ") << "no body is no stream";
    }
    EXPECT_EQ(outcome_of(packed_answer(coding, body, 0), false, "HEAD"), "200 ");
  }
  EXPECT_EQ(outcome_of(packed_answer("rot13", "abc", 0)), "malformed");
  EXPECT_EQ(outcome_of(packed_answer("identity", "abc", 0)), "200 abc");
}

#if RONDO_TEST_ZLIB
TEST(http_client_packed, what_unpacks_to_very_much_holds_up_nobody) {
  const std::string bomb = test::compressed("gzip", std::string(100'000'000, '\0'));
  test::run([&]() -> rondo::task<> {
    auto answer = [&](rondo::stream& s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      co_await s.write(packed_answer("gzip", bomb, 0));
      co_await s.read(1);
    };
    server there = co_await server::start(false, answer);
    {
      http::session session;
      unsigned turns = 0;
      auto others = [&]() -> rondo::task<> {
        for (;;) {
          ++turns;
          co_await rondo::sleep(0s);
        }
      };
      auto ticking = rondo::create_task(others());
      auto r = co_await session.get(there.url());
      EXPECT_EQ(r.body.size(), 100'000'000u);
      EXPECT_GT(turns, 1000u) << "it was unpacked in fewer steps than bounded ones need";
      // As little as is asked for, and no more is read ahead than without packing.
      turns = 0;
      std::size_t size = 0, largest = 0;
      auto t = co_await session.stream(there.url());
      for (;;) {
        std::string piece = co_await t.read();
        if (piece.empty()) break;
        size += piece.size();
        largest = std::max(largest, piece.size());
      }
      EXPECT_EQ(size, 100'000'000u);
      EXPECT_LE(largest, 128u * 1024);
      EXPECT_GT(turns, 1000u);
      http::request_options o;
      o.max_body = 1'000'000;
      try {
        co_await session.get(there.url(), o);
        ADD_FAILURE() << "taken";
      } catch (const http::http_error& e) {
        EXPECT_EQ(e.cause(), "the body is larger than 1000000 bytes");
        EXPECT_EQ(e.why(), http::failure::too_large);
      }
      auto late = co_await rondo::move_on_after(session.get(there.url()), 1ms);
      ticking.cancel();
      co_await rondo::wait(ticking);
    }
    co_await there.open->close(0s);
  });
}

TEST(http_client_packed, only_what_was_asked_for) {
  test::run([]() -> rondo::task<> {
    std::string asked;
    const std::string body = test::compressed("gzip", "text");
    auto answer = [&](rondo::stream& s) -> rondo::task<> {
      asked = co_await s.read_until("\r\n\r\n");
      co_await s.write(packed_answer("gzip", body, 1));
    };
    server there = co_await server::start(false, answer);
    {
      http::session session;
      auto offered = [&] {
        std::size_t at = asked.find("Accept-Encoding: ");
        return at == asked.npos ? std::string()
                                : asked.substr(at + 17, asked.find('\r', at) - at - 17);
      };
      auto r = co_await session.get(there.url());
      EXPECT_EQ(r.body, "text");
      EXPECT_TRUE(offered().starts_with("gzip, deflate")) << offered();
      http::request_options o;
      o.decompress = false;
      r = co_await session.get(there.url(), o);
      EXPECT_EQ(r.body, body);
      EXPECT_EQ(offered(), "");
      o = {};
      o.headers.add("Accept-Encoding", "gzip");
      r = co_await session.get(there.url(), o);
      EXPECT_EQ(r.body, body);
      EXPECT_EQ(offered(), "gzip");
      o = {};
      o.headers.add("Range", "bytes=0-3");
      r = co_await session.get(there.url(), o);
      EXPECT_EQ(r.body, body) << "a part of a packed body cannot be unpacked";
      EXPECT_EQ(offered(), "");
    }
    co_await there.open->close(0s);
  });
}
#endif

}  // namespace
