// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <rondo/sync/event.hpp>

#include "support/async.hpp"
#include "support/site.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

using rondo::task;
using test::ask;

constexpr const char* gzip = "Accept-Encoding: gzip\r\n";

/// What a gzip stream holds so far; "<bad>" for none. complete: whether it has ended.
std::string unpacked(std::string_view packed, bool* complete = nullptr) {
  z_stream z{};
  inflateInit2(&z, 15 + 16);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  z.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  char buffer[64 * 1024];
  int result = Z_OK;
  while (result == Z_OK) {
    z.next_out = reinterpret_cast<Bytef*>(buffer);
    z.avail_out = sizeof buffer;
    result = inflate(&z, Z_SYNC_FLUSH);
    out.append(buffer, sizeof buffer - z.avail_out);
    if (z.avail_in == 0 && z.avail_out > 0) break;
  }
  bool rest = z.avail_in > 0;
  inflateEnd(&z);
  if (complete) *complete = result == Z_STREAM_END && !rest;
  return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR ? out : "<bad>";
}

std::string text(std::size_t size) {
  std::string t;
  for (unsigned i = 0; t.size() < size; ++i) t += "line " + std::to_string(i * i) + "\n";
  t.resize(size);
  return t;
}

template <class Handler, class Body>
void with_gzip(Handler handler, Body&& body, http::gzip_options options = {}) {
  test::run([&]() -> task<> {
    http::router site;
    site.use(http::gzip(options));
    site.get("/{path...}", std::move(handler));
    auto server = co_await http::start_server(site, "127.0.0.1", 0);
    co_await body(server.port());
    co_await server.close();
  });
}

TEST(gzip, bodies_of_all_sizes) {
  auto handler = [](http::request& r) -> http::reply { return text(std::stoul(r.param("path"))); };
  with_gzip(handler, [&](std::uint16_t port) -> task<> {
    for (std::size_t n : {0, 1, 1023, 1024, 1025, 10'000, 65'536, 65'537, 300'000, 3'000'000}) {
      auto r = co_await ask(port, "/" + std::to_string(n), gzip);
      bool packed = n >= 1024;
      EXPECT_EQ(r.field("Content-Encoding"), packed ? "gzip" : "") << n;
      EXPECT_EQ(r.field("Vary"), packed ? "Accept-Encoding" : "") << n;
      EXPECT_EQ(r.field("Content-Length"), std::to_string(r.body.size()));
      bool complete = false;
      if (packed) {
        EXPECT_LT(r.body.size(), n * 2 / 3);
        EXPECT_TRUE(unpacked(r.body, &complete) == text(n)) << n;
        EXPECT_TRUE(complete) << n;
      } else {
        EXPECT_TRUE(r.body == text(n)) << n;
      }
      auto head = co_await ask(port, "/" + std::to_string(n), gzip, "HEAD");
      EXPECT_EQ(head.field("Content-Length"), r.field("Content-Length")) << n;
      EXPECT_EQ(head.field("Content-Encoding"), r.field("Content-Encoding")) << n;
      auto plain = co_await ask(port, "/" + std::to_string(n));
      EXPECT_TRUE(plain.body == text(n)) << n;
      EXPECT_EQ(plain.field("Content-Encoding"), "");
      EXPECT_EQ(plain.field("Vary"), packed ? "Accept-Encoding" : "") << "caches must know";
    }
  });
}

TEST(gzip, leaves_alone_what_it_should) {
  auto handler = [](http::request& r) -> http::reply {
    http::reply answer(text(5000));
    answer.headers.add("ETag", "\"a\"");
    const std::string& what = r.param("path");
    if (what == "png") answer.content_type = "image/png";
    if (what == "type_field") answer.headers.add("Content-Type", "image/png");
    if (what == "events") answer.content_type = "text/event-stream";
    if (what == "br") answer.headers.add("Content-Encoding", "br");
    if (what == "no-transform") answer.headers.add("Cache-Control", "private, No-Transform");
    if (what == "206") answer.status = 206;
    if (what == "random") answer.body = test::pattern(5000);
    return answer;
  };
  with_gzip(handler, [&](std::uint16_t port) -> task<> {
    for (const char* what :
         {"png", "type_field", "events", "br", "no-transform", "206", "random"}) {
      auto r = co_await ask(port, std::string("/") + what, gzip);
      EXPECT_NE(r.field("Content-Encoding"), "gzip") << what;
      EXPECT_EQ(r.field("ETag"), "\"a\"") << what;
      EXPECT_EQ(r.body.size(), 5000u) << what;
    }
    auto r = co_await ask(port, "/", gzip);
    EXPECT_EQ(r.field("Content-Encoding"), "gzip");
    EXPECT_EQ(r.field("ETag"), "W/\"a\"") << "other bytes";
    r = co_await ask(port, "/", "Accept-Encoding: gzip;q=0, *\r\n");
    EXPECT_EQ(r.field("Content-Encoding"), "");
    r = co_await ask(port, "/", "Accept-Encoding: br\r\nAccept-Encoding: gzip;q=0.1\r\n");
    EXPECT_EQ(r.field("Content-Encoding"), "gzip") << "two fields are one list";
  });
}

TEST(gzip, vary_is_kept) {
  auto handler = [](http::request& r) -> http::reply {
    http::reply answer(text(5000));
    answer.headers.add("Vary", r.param("path") == "has" ? "Cookie, accept-encoding" : "Cookie");
    return answer;
  };
  with_gzip(handler, [&](std::uint16_t port) -> task<> {
    auto r = co_await ask(port, "/has", gzip);
    EXPECT_EQ(std::count_if(r.headers.begin(), r.headers.end(),
                            [](auto& f) { return f.first == "Vary"; }),
              1);
    r = co_await ask(port, "/other", gzip);
    EXPECT_EQ(std::count_if(r.headers.begin(), r.headers.end(),
                            [](auto& f) { return f.first == "Vary"; }),
              2);
  });
}

TEST(gzip, errors_of_handlers_are_replies_still) {
  auto handler = [](http::request&) -> http::reply { throw http::status_error(400, text(3000)); };
  with_gzip(handler, [&](std::uint16_t port) -> task<> {
    auto r = co_await ask(port, "/", gzip);
    EXPECT_EQ(r.status, 400);
  });
}

/// Gives a piece, waits until it has arrived, gives the next.
struct steps {
  rondo::event arrived;
  rondo::async_generator<std::string> pieces() {
    co_yield std::string("first ");
    co_await arrived.wait();
    co_yield std::string();
    co_yield std::string("second");
    co_yield text(200'000);
  }
};

TEST(gzip, a_stream_arrives_piece_by_piece) {
  steps s;
  auto handler = [&](http::request&) {
    http::reply answer;
    answer.stream = s.pieces();
    return answer;
  };
  with_gzip(handler, [&](std::uint16_t port) -> task<> {
    auto c = co_await rondo::open_connection("127.0.0.1", port);
    co_await c.write(
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n");
    std::string head = co_await c.read_until("\r\n\r\n");
    EXPECT_NE(head.find("Content-Encoding: gzip"), head.npos);
    std::string size = co_await c.read_until("\r\n");
    std::string packed = co_await c.read_exactly(std::stoul(size, nullptr, 16));
    bool complete = true;
    EXPECT_EQ(unpacked(packed, &complete), "first ");
    EXPECT_FALSE(complete);
    s.arrived.set();
    co_await c.read_exactly(2);
    std::string rest = co_await c.read_all(1 << 20);
    EXPECT_TRUE(unpacked(packed + test::unchunked(rest), &complete) ==
                "first second" + text(200'000));
    EXPECT_TRUE(complete);
  });
}

TEST(gzip, at_most_so_many_streams) {
  rondo::event release;
  auto pieces = [&]() -> rondo::async_generator<std::string> {
    co_yield std::string("first");
    co_await release.wait();
  };
  auto handler = [&](http::request&) {
    http::reply answer;
    answer.stream = pieces();
    return answer;
  };
  http::gzip_options two;
  two.max_streams = 2;
  with_gzip(
      handler,
      [&](std::uint16_t port) -> task<> {
        std::vector<rondo::stream> clients;
        auto begin = [&]() -> task<bool> {
          clients.push_back(co_await rondo::open_connection("127.0.0.1", port));
          co_await clients.back().write(
              "GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
          std::string head = co_await clients.back().read_until("\r\n\r\n");
          co_return head.find("Content-Encoding: gzip") != head.npos;
        };
        EXPECT_TRUE(co_await begin());
        EXPECT_TRUE(co_await begin());
        EXPECT_FALSE(co_await begin());
        clients[0].close();  // its place becomes free when the server notices
        bool again = false;
        for (int i = 0; i < 10'000 && !again; ++i) {
          co_await rondo::sleep(1ms);
          again = co_await begin();
          if (!again) clients.pop_back();
        }
        EXPECT_TRUE(again);
        clients.clear();
        release.set();
      },
      two);
}

TEST(gzip, files_and_their_conditions) {
  test::folder f;
  std::string page = text(40'000), script = text(900'000), huge = text(3'000'000);
  f.write("page.html", page);
  f.write("script.js", script);
  f.write("huge.js", huge);
  f.write("picture.png", page);
  for (const char* name : {"page.html", "script.js", "huge.js", "picture.png"}) f.age(name, 1000s);
  http::gzip_options options;
  options.max_file = 1'000'000;
  std::size_t before = test::open_fds();
  with_gzip(
      http::files(f.path()),
      [&](std::uint16_t port) -> task<> {
        auto r = co_await ask(port, "/page.html", gzip);
        EXPECT_TRUE(unpacked(r.body) == page);
        EXPECT_EQ(r.field("Content-Length"), std::to_string(r.body.size()));
        EXPECT_EQ(r.field("Accept-Ranges"), "");
        EXPECT_TRUE(r.field("ETag").starts_with("W/"));
        auto same = co_await ask(port, "/page.html",
                                 std::string(gzip) + "If-None-Match: " + r.field("ETag") + "\r\n");
        EXPECT_EQ(same.status, 304);
        EXPECT_EQ(same.field("Vary"), "Accept-Encoding");
        r = co_await ask(port, "/script.js", gzip);
        bool complete = false;
        EXPECT_TRUE(unpacked(r.body, &complete) == script);
        EXPECT_TRUE(complete);
        r = co_await ask(port, "/script.js", std::string(gzip) + "Range: bytes=0-9\r\n");
        EXPECT_EQ(r.status, 206);
        EXPECT_EQ(r.body, script.substr(0, 10)) << "ranges are of the plain file";
        EXPECT_EQ(r.field("Content-Encoding"), "");
        r = co_await ask(port, "/huge.js", gzip);
        EXPECT_TRUE(r.body == huge);
        r = co_await ask(port, "/picture.png", gzip);
        EXPECT_TRUE(r.body == page);
      },
      options);
  EXPECT_EQ(test::open_fds(), before);
}

TEST(gzip, a_client_that_goes_away_amid_a_large_one) {
  std::string large = text(20'000'000);
  auto handler = [&](http::request&) -> http::reply { return large; };
  test::run([&]() -> task<> {
    http::router site;
    site.use(http::gzip());
    site.get("/", handler);
    auto server = co_await http::start_server(site, "127.0.0.1", 0);
    for (int i = 0; i < 3; ++i) {
      auto c = co_await rondo::open_connection("127.0.0.1", server.port());
      co_await c.write("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
      co_await rondo::sleep(1ms * i);
      c.close();
    }
    while (server.connections() > 0) co_await rondo::sleep(1ms);
    co_await server.close();
  });
}

TEST(gzip, pings_are_never_amid_a_compressed_stream) {
  auto pieces = []() -> rondo::async_generator<std::string> {
    co_await rondo::sleep(20ms);
    co_yield text(5000);
  };
  auto handler = [&](http::request&) {
    http::reply answer;
    answer.stream = pieces();
    answer.idle_piece = "idle\n";
    answer.idle_after = 1ms;
    return answer;
  };
  with_gzip(handler, [&](std::uint16_t port) -> task<> {
    auto r = co_await ask(port, "/", gzip);
    EXPECT_EQ(r.field("Content-Encoding"), "");
    EXPECT_TRUE(r.body.starts_with("idle\n"));
    EXPECT_TRUE(r.body.ends_with(text(5000)));
  });
}

TEST(gzip, misuse) {
  http::gzip_options bad;
  bad.level = 10;
  EXPECT_THROW(http::gzip{bad}, rondo::usage_error);
  bad.level = 0;
  EXPECT_THROW(http::gzip{bad}, rondo::usage_error);
}

}  // namespace
