// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Replies in, bytes out; and what the client's own code reads of them.
#include "http/server/http1_reply.hpp"

#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/message/chunked_decoder.hpp"
#include "http/server/write_progress.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;
using http::detail::body_framing;
using http::detail::framing_of;
using http::detail::reply_context;
using end = body_framing::end;

namespace {

rondo::async_generator<std::string> some_pieces() { co_yield "piece"; }

http::reply with_status(int status, std::string body = {}) {
  return http::reply(status, std::move(body));
}
http::reply streamed(int status = 200) {
  http::reply r(status, "");
  r.stream = some_pieces();
  return r;
}
http::reply of_file(std::uint64_t length, int status = 200) {
  http::reply r(status, "");
  r.file = std::make_unique<http::file_body>();
  r.file->length = length;
  return r;
}
http::reply with_fields(std::vector<std::pair<std::string, std::string>> all, int status = 200) {
  http::reply r(status, "x");
  for (auto& [name, value] : all) r.headers.add(name, value);
  return r;
}

std::string head_of(const http::reply& r, const reply_context& context = {}) {
  std::string out;
  append_head(out, r, framing_of(r, context.http_1_0), context);
  return out;
}

constexpr reply_context old_client{.http_1_0 = true};
constexpr reply_context last_request{.keep_alive = false};
constexpr reply_context last_of_old_client{.http_1_0 = true, .keep_alive = false};
constexpr const char* plain = "Content-Type: text/plain; charset=utf-8\r\n";

}  // namespace

TEST(Http1Reply, the_head_says_how_the_body_ends_and_whether_more_may_come) {
  std::string text = plain;
  struct row {
    const char* what;
    http::reply reply;
    reply_context context;
    std::string head;
  };
  row table[] = {
      {"a text",
       with_status(200, "hello"),
       {},
       "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 5\r\n\r\n"},
      {"an empty one",
       with_status(404),
       {},
       "HTTP/1.1 404 Not Found\r\n" + text + "Content-Length: 0\r\n\r\n"},
      {"a status without a name",
       with_status(799, "x"),
       {},
       "HTTP/1.1 799 Status\r\n" + text + "Content-Length: 1\r\n\r\n"},
      {"the last one", with_status(200, "x"), last_request,
       "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 1\r\nConnection: close\r\n\r\n"},
      {"to HTTP/1.0", with_status(200, "x"), old_client,
       "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 1\r\nConnection: keep-alive\r\n\r\n"},
      {"the last one to HTTP/1.0", with_status(200, "x"), last_of_old_client,
       "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 1\r\nConnection: close\r\n\r\n"},
      {"204", with_status(204, "dropped"), {}, "HTTP/1.1 204 No Content\r\n\r\n"},
      {"304", with_status(304, "dropped"), {}, "HTTP/1.1 304 Not Modified\r\n\r\n"},
      {"204 of a stream", streamed(204), {}, "HTTP/1.1 204 No Content\r\n\r\n"},
      {"304 of a file", of_file(9, 304), {}, "HTTP/1.1 304 Not Modified\r\n\r\n"},
      {"101",
       with_fields({{"Upgrade", "websocket"}}, 101),
       {},
       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"},
      {"an offer", with_fields({{"Upgrade", "h2c"}}, 426), last_request,
       "HTTP/1.1 426 Upgrade Required\r\n" + text +
           "Upgrade: h2c\r\nContent-Length: 1\r\nConnection: Upgrade\r\nConnection: close\r\n\r\n"},
      {"a stream",
       streamed(),
       {},
       "HTTP/1.1 200 OK\r\n" + text + "Transfer-Encoding: chunked\r\n\r\n"},
      {"a stream to HTTP/1.0", streamed(), last_of_old_client,
       "HTTP/1.1 200 OK\r\n" + text + "Connection: close\r\n\r\n"},
      {"a file",
       of_file(std::numeric_limits<std::uint64_t>::max()),
       {},
       "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 18446744073709551615\r\n\r\n"},
      {"fields, in their order",
       with_fields({{"A", "1"}, {"B", ""}, {"A", "2"}}),
       {},
       "HTTP/1.1 200 OK\r\n" + text + "A: 1\r\nB: \r\nA: 2\r\nContent-Length: 1\r\n\r\n"},
      {"a type of one's own",
       with_fields({{"content-type", "a/b"}}),
       {},
       "HTTP/1.1 200 OK\r\ncontent-type: a/b\r\nContent-Length: 1\r\n\r\n"},
      {"fields that are the server's",
       with_fields({{"content-length", "7"},
                    {"Transfer-Encoding", "gzip"},
                    {"DATE", "never"},
                    {"Connection", "keep-alive"},
                    {"Kept", "yes"}}),
       {},
       "HTTP/1.1 200 OK\r\n" + text + "Kept: yes\r\nContent-Length: 1\r\n\r\n"},
      {"date and id",
       with_status(200, "x"),
       {.date_line = "Date: today\r\n", .request_id = "r-1"},
       "HTTP/1.1 200 OK\r\nDate: today\r\n" + text +
           "X-Request-Id: r-1\r\nContent-Length: 1\r\n\r\n"},
  };
  for (row& r : table) EXPECT_EQ(head_of(r.reply, r.context), r.head) << r.what;
  http::reply untyped("x");
  untyped.content_type.clear();
  EXPECT_EQ(head_of(untyped), "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n");
}

TEST(Http1Reply, a_head_is_added_to_what_waits_already) {
  std::string out = "before";
  http::reply r(204, "");
  append_head(out, r, framing_of(r, false), {});
  EXPECT_EQ(out, "beforeHTTP/1.1 204 No Content\r\n\r\n");
}

TEST(Http1Reply, pieces_are_chunks_and_an_empty_one_is_not_the_end) {
  std::string out;
  append_piece(out, "hello", end::chunked);
  append_piece(out, "", end::chunked);
  append_piece(out, std::string(300, 'x'), end::chunked);
  append_end(out, end::chunked);
  EXPECT_EQ(out, "5\r\nhello\r\n12c\r\n" + std::string(300, 'x') + "\r\n0\r\n\r\n");
  out.clear();
  append_piece(out, "hello", end::connection);
  append_end(out, end::connection);
  EXPECT_EQ(out, "hello");
}

TEST(Http1Reply, the_client_reads_the_framing_that_was_written) {
  auto read = [](const http::reply& r, bool http_1_0, std::string_view method) {
    std::string head = head_of(r, {.http_1_0 = http_1_0});
    auto line =
        http::detail::parse_status_line(std::string_view(head).substr(0, head.find("\r\n")));
    EXPECT_TRUE(line) << head;
    http::headers fields;
    std::string_view rest = std::string_view(head).substr(head.find("\r\n") + 2);
    while (rest != "\r\n") {
      std::string_view one = rest.substr(0, rest.find("\r\n"));
      rest.remove_prefix(one.size() + 2);
      std::size_t colon = one.find(": ");
      fields.add(std::string(one.substr(0, colon)), std::string(one.substr(colon + 2)));
    }
    return http::detail::framing_of(method, *line, fields);
  };
  struct row {
    const char* what;
    http::reply reply;
    bool http_1_0;
  };
  row table[] = {
      {"a text", with_status(200, "hello"), false},
      {"to 1.0", with_status(200, "hello"), true},
      {"empty", with_status(500), false},
      {"204", with_status(204), false},
      {"304", with_status(304), false},
      {"a stream", streamed(), false},
      {"a stream to 1.0", streamed(), true},
      {"a file", of_file(1ull << 40), false},
  };
  for (row& r : table) {
    body_framing written = framing_of(r.reply, r.http_1_0);
    body_framing got = read(r.reply, r.http_1_0, "GET");
    EXPECT_EQ(got.by, written.by) << r.what;
    EXPECT_EQ(got.content_length, written.content_length) << r.what;
    got = read(r.reply, r.http_1_0, "HEAD");
    EXPECT_EQ(got.by, end::none) << r.what;
    EXPECT_EQ(got.content_length, written.content_length) << r.what;
  }
}

TEST(Http1Reply, chunks_of_any_size_cut_anywhere_are_the_same_bytes_again) {
  std::minstd_rand random(7);
  auto up_to = [&](std::size_t n) { return random() % (n + 1); };
  for (int round = 0; round < 300; ++round) {
    std::string body, wire;
    for (std::size_t i = up_to(8); i > 0; --i) {
      std::string piece(up_to(round % 10 == 0 ? 70'000 : 40), '\0');
      for (char& c : piece) c = "\r\n0a;\xff"[up_to(5)];
      body += piece;
      append_piece(wire, piece, end::chunked);
    }
    append_end(wire, end::chunked);
    http::detail::chunked_decoder decoder;
    std::string got;
    std::string_view rest = wire;
    while (!rest.empty()) {
      ASSERT_FALSE(decoder.done());
      std::string_view some = rest.substr(0, 1 + up_to(round % 2 ? 5 : 100'000));
      decoder.take(some, got);
      rest.remove_prefix(some.size());
    }
    EXPECT_TRUE(decoder.done());
    ASSERT_EQ(got, body);
  }
}

TEST(Http1Reply, the_date_is_made_anew_when_the_second_is_another) {
  http::detail::date_line line;
  EXPECT_EQ(line.at(0), "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
  const char* made = line.at(1'700'000'000).data();
  EXPECT_EQ(line.at(1'700'000'000).data(), made);
  EXPECT_EQ(line.at(1'700'000'000), "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
  EXPECT_EQ(line.at(1'699'999'999), "Date: Tue, 14 Nov 2023 22:13:19 GMT\r\n");  // set back
}

TEST(WriteProgress, a_client_has_stalled_that_takes_nothing_at_two_looks_in_a_row) {
  http::detail::least_rate any(0, 30s);
  http::detail::write_progress progress;
  progress.begin();
  EXPECT_FALSE(progress.has_stalled(100, 1, any));
  EXPECT_FALSE(progress.has_stalled(100, 2, any));
  EXPECT_FALSE(progress.has_stalled(101, 3, any));  // a byte is enough
  EXPECT_FALSE(progress.has_stalled(101, 4, any));
  EXPECT_TRUE(progress.has_stalled(101, 5, any));
  progress.begin();
  EXPECT_FALSE(progress.has_stalled(101, 6, any));
  EXPECT_TRUE(progress.has_stalled(101, 7, any));
}

TEST(WriteProgress, a_client_has_stalled_that_takes_less_than_the_least_rate) {
  http::detail::least_rate hundred(100, 10s);
  constexpr std::int64_t second = 1'000'000'000;
  http::detail::write_progress progress;
  progress.begin();
  EXPECT_FALSE(progress.has_stalled(5000, 50 * second, hundred));  // what came before is free
  EXPECT_FALSE(progress.has_stalled(5001, 60 * second, hundred));
  EXPECT_TRUE(progress.has_stalled(5099, 61 * second, hundred));
}
