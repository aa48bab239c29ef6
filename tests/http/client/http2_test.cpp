// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// HTTP/2 from a server whose frames come as the test says (RFC 9113).
#include <gtest/gtest.h>

#include <rondo/http/client.hpp>
#include <rondo/io.hpp>

#include "support/run.hpp"
#include "support/tls.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

enum frame_type : unsigned char { data_frame = 0, headers_frame = 1, settings_frame = 4 };
constexpr unsigned char end_stream = 1;
constexpr unsigned char end_headers = 4;
constexpr std::size_t preface_size = 24;
constexpr std::size_t frame_header_size = 9;

/// A frame of 9.1: its length, type, flags and stream, then the payload.
std::string frame(unsigned char type, unsigned char flags, unsigned char stream,
                  std::string_view payload) {
  std::string all;
  for (int shift : {16, 8, 0}) all += static_cast<char>(payload.size() >> shift & 255);
  for (unsigned char byte :
       {type, flags, (unsigned char)0, (unsigned char)0, (unsigned char)0, stream})
    all += static_cast<char>(byte);
  return all.append(payload);
}

/// The stream of the next request.
rondo::task<unsigned char> next_request(rondo::stream& s) {
  for (;;) {
    std::string header = co_await s.read_exactly(frame_header_size);
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(header[i]); };
    std::size_t length = std::size_t{byte(0)} << 16 | std::size_t{byte(1)} << 8 | byte(2);
    if (length > 0) co_await s.read_exactly(length);
    if (byte(3) == headers_frame) co_return byte(8);
  }
}

std::string header_frame(unsigned char stream, unsigned char flags = 0) {
  // RFC 7541, appendix A: status 200, and ten times "accept-encoding: gzip, deflate",
  // so that the header is longer when it is unpacked.
  return frame(headers_frame, end_headers | flags, stream, "\x88" + std::string(10, '\x90'));
}

/// Answers the first request of a connection in a single write: so many DATA
/// frames, the last of them with the end of the stream, or that in one of its own.
rondo::task<> answer_at_once(rondo::stream s, int frames, std::size_t size, bool end_apart) {
  co_await s.read_exactly(preface_size);
  unsigned char stream = co_await next_request(s);
  std::string all = frame(settings_frame, 0, 0, "") + header_frame(stream);
  for (int i = 0; i < frames; ++i) {
    bool last = !end_apart && i == frames - 1;
    all += frame(data_frame, last ? end_stream : 0, stream,
                 std::string(size, static_cast<char>('a' + i)));
  }
  if (end_apart) all += frame(data_frame, end_stream, stream, "");
  co_await s.write(all);
  co_await rondo::sleep(3600s);  // nothing more comes that could wake the client
}

std::string expected(int frames, std::size_t size) {
  std::string all;
  for (int i = 0; i < frames; ++i) all.append(size, static_cast<char>('a' + i));
  return all;
}

// libcurl reads up to 32 KiB from the connection and gives out 16 KiB; before 8.1 it
// then forgot the rest until the socket had more.
TEST(http_client_http2, what_came_in_one_piece_comes_out_whole) {
  for (bool end_apart : {false, true}) {
    for (std::size_t size : {1u, 4096u, 8192u, 16384u}) {
      for (int frames = 1; frames <= 5; ++frames) {
        SCOPED_TRACE(std::to_string(frames) + " frames of " + std::to_string(size) + " bytes" +
                     (end_apart ? ", and one that ends the stream" : ""));
        test::run([&]() -> rondo::task<> {
          auto answer = [&](rondo::stream s) -> rondo::task<> {
            co_await answer_at_once(std::move(s), frames, size, end_apart);
          };
          auto server = co_await rondo::start_server(answer, "127.0.0.1", 0);
          std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
          {
            http::session_options options;
            options.version = http::http_version::http2_prior_knowledge;
            options.timeouts.idle = 10s;
            http::session session(options);
            try {
              auto r = co_await session.get(url);
              EXPECT_EQ(r.status, 200);
              EXPECT_EQ(r.version, "2");
              EXPECT_TRUE(r.body == expected(frames, size)) << r.body.size();
            } catch (const http::http_error& e) {
              ADD_FAILURE() << e.what();
            }
          }
          co_await server.close(0s);
        });
      }
    }
  }
}

// The streams of a connection read for each other: what one of them gets while the
// others wait for their answers.
TEST(http_client_http2, one_of_many_streams_gets_its_whole_answer) {
  constexpr int streams = 20;
  for (int pieces = 60; pieces < 80; ++pieces) {
    const int answered = pieces % streams;
    SCOPED_TRACE(std::to_string(pieces) + " pieces for request " + std::to_string(answered));
    test::run([&]() -> rondo::task<> {
      const std::string piece(8192, 'x');
      rondo::event others;
      auto answer = [&](rondo::stream s) -> rondo::task<> {
        co_await s.read_exactly(preface_size);
        unsigned char first = co_await next_request(s);
        co_await s.write(frame(settings_frame, 0, 0, "") + header_frame(first, end_stream));
        std::vector<unsigned char> asked;
        while (asked.size() < streams) asked.push_back(co_await next_request(s));
        unsigned char chosen = asked[static_cast<std::size_t>(answered)];
        std::string all = header_frame(chosen);
        for (int i = 0; i < pieces; ++i)
          all += frame(data_frame, i == pieces - 1 ? end_stream : 0, chosen, piece);
        co_await s.write(all);
        co_await others.wait();
        all.clear();
        for (unsigned char stream : asked)
          if (stream != chosen) all += header_frame(stream, end_stream);
        co_await s.write(all);
        co_await rondo::sleep(3600s);
      };
      rondo::tls_context context = test::certificates::server();
      context.set_alpn_protocols({"h2"});
      auto server = co_await rondo::start_tls_server(answer, "127.0.0.1", 0, context);
      std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
      {
        http::session_options options;
        options.ca_file = test::certificates::pem("ca");
        http::session session(options);
        // With libcurl 8 those that come before there is a connection make one each.
        auto first = co_await session.get(url);
        EXPECT_EQ(first.version, "2");
        std::size_t received = 0;
        auto get = [&]() -> rondo::task<> {
          auto r = co_await session.get(url);
          if (r.body.empty()) co_return;
          received += r.body.size();
          others.set();
        };
        std::vector<rondo::task<>> all;
        for (int i = 0; i < streams; ++i) all.push_back(get());
        bool in_time =
            static_cast<bool>(co_await rondo::move_on_after(rondo::gather(std::move(all)), 30s));
        EXPECT_TRUE(in_time) << "its end was not seen";
        EXPECT_EQ(received, static_cast<std::size_t>(pieces) * piece.size());
      }
      co_await server.close(0s);
    });
  }
}

// The buffer is chosen for the first URL, before a redirect is known.
TEST(http_client_http2, an_answer_after_a_redirect_comes_out_whole) {
  constexpr std::size_t size = 16384 - 100;  // all in one TLS record
  test::run([&]() -> rondo::task<> {
    auto answer = [&](rondo::stream s) -> rondo::task<> {
      co_await answer_at_once(std::move(s), 1, size, false);
    };
    rondo::tls_context context = test::certificates::server();
    context.set_alpn_protocols({"h2"});
    auto target = co_await rondo::start_tls_server(answer, "127.0.0.1", 0, context);
    auto redirect = [&](rondo::stream s) -> rondo::task<> {
      co_await s.read_until("\r\n\r\n");
      co_await s.write("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: https://127.0.0.1:" +
                       std::to_string(target.port()) + "/\r\n\r\n");
    };
    auto server = co_await rondo::start_server(redirect, "127.0.0.1", 0);
    {
      http::session_options options;
      options.ca_file = test::certificates::pem("ca");
      options.timeouts.idle = 10s;
      http::session session(options);
      auto r = co_await session.get("http://127.0.0.1:" + std::to_string(server.port()) + "/");
      EXPECT_EQ(r.version, "2");
      EXPECT_TRUE(r.body == expected(1, size)) << r.body.size();
    }
    co_await server.close(0s);
    co_await target.close(0s);
  });
}

}  // namespace
