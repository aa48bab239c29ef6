// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Forms with files, sent by clients.
#include <rondo/http/server/multipart.hpp>

#include <cstdlib>

#include <gtest/gtest.h>

#include <rondo/http/client.hpp>
#include <rondo/http/server/server.hpp>

#include <rondo/testing/every_allocation.hpp>
#include "support/async.hpp"
#include "support/raw.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

std::string form(std::string body, std::string more = {}) {
  return test::post("/", std::move(body),
                    "Content-Type: multipart/form-data; boundary=b\r\n" + more);
}
std::string part(std::string name, std::string contents) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + contents + "\r\n";
}

/// "name[file](type)=contents;" of each part.
rondo::task<http::reply> list(http::request& r) {
  std::string all;
  http::multipart_reader parts(r, {.max_text_bytes = 10'000'000});
  for (;;) {
    auto part = co_await parts.next();
    if (!part) break;
    all += part->name;
    if (part->is_file()) all += "[" + *part->file_name + "](" + part->content_type + ")";
    std::string text = co_await part->text();
    all += "=" + text + ";";
    std::string more = co_await part->read();
    EXPECT_EQ(more, "");
  }
  co_return all;
}

/// Runs body(port) against a server of that handler.
template <class Handler, class Body>
void with_server(Handler handler, Body body) {
  test::run([&]() -> rondo::task<> {
    auto server = co_await http::start_server(handler, "127.0.0.1", 0, {.max_body = 64 << 20});
    co_await body(server.port());
    co_await server.close();
  });
}

TEST(http_multipart, what_our_client_sends) {
  with_server(list, [](std::uint16_t port) -> rondo::task<> {
    auto folder = co_await rondo::make_temporary_directory();
    std::string large(3'000'000, 'x');
    for (std::size_t i = 0; i < large.size(); i += 1 + i % 977) large[i] = "\r\n-\0"[i % 4];
    co_await rondo::write_text(folder.path() + "/f", large);
    http::multipart_form form;
    form.add("field", "value\r\n--");
    form.add("odd\"\r\n;name", "");
    form.add_file("memory", "m \"1\".txt", "in memory", "text/plain");
    rondo::file opened = co_await rondo::open_file(folder.path() + "/f");
    form.add_file("disk", "/tmp/d.bin", std::move(opened));
    http::session session;
    auto r =
        co_await session.post("http://127.0.0.1:" + std::to_string(port) + "/", std::move(form));
    EXPECT_EQ(r.status, 200);
    std::string expected =
        "field=value\r\n--;odd\"\r\n;name=;memory[m \"1\".txt](text/plain)=in memory;"
        "disk[d.bin](application/octet-stream)=" +
        large + ";";
    EXPECT_TRUE(r.body == expected) << r.body.substr(0, 300);
  });
}

TEST(http_multipart, what_curl_sends) {
  if (std::system("curl --version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "no curl (apt install curl)";
  with_server(list, [](std::uint16_t port) -> rondo::task<> {
    auto folder = co_await rondo::make_temporary_directory();
    std::string contents(100'000, '\n');
    co_await rondo::write_text(folder.path() + "/f", contents);
    std::string url = "http://127.0.0.1:" + std::to_string(port) + "/";
    for (bool backslashes : {false, true}) {
      std::vector<std::string> command{
          "-sS",
          "-F",
          "field=a b&c",
          "-F",
          "o\\d\"d=1",
          "-F",
          "file=@" + folder.path() + "/f;type=image/png;filename=\"p \\\"q\\\".png\"",
          "-F",
          "text=<" + folder.path() + "/f",
          url};
      if (backslashes) command.push_back("--form-escape");
      auto done = co_await rondo::run_process("curl", command);
      done.check();
      std::string expected = "field=a b&c;o\\d\"d=1;file[p \"q\".png](image/png)=" + contents +
                             ";text=" + contents + ";";
      EXPECT_TRUE(done.output == expected) << done.output.substr(0, 200);
    }
  });
}

/// A Python that has aiohttp; empty: none.
std::string python_with_aiohttp() {
  for (std::string one : {"python3", "/usr/bin/python3"})
    if (std::system((one + " -c 'import aiohttp' 2>/dev/null").c_str()) == 0) return one;
  return {};
}

TEST(http_multipart, what_aiohttp_sends) {
  std::string python = python_with_aiohttp();
  if (python.empty()) GTEST_SKIP() << "no Python with aiohttp (apt install python3-aiohttp)";
  constexpr const char* script = R"(
import asyncio, io, sys, aiohttp
async def main():
    form = aiohttp.FormData()
    form.add_field("field", "value")
    form.add_field("q\"\\uote", "1")
    form.add_field("file", io.BytesIO(b"\r\n--\r\n" * 50000), filename="a.bin", content_type="image/png")
    async with aiohttp.ClientSession() as s:
        async with s.post(sys.argv[1], data=form) as r:
            sys.stdout.write(await r.text())
asyncio.run(main())
)";
  with_server(list, [&](std::uint16_t port) -> rondo::task<> {
    auto done = co_await rondo::run_process(python, "-c", script,
                                            "http://127.0.0.1:" + std::to_string(port) + "/");
    done.check();
    std::string contents;
    for (int i = 0; i < 50'000; ++i) contents += "\r\n--\r\n";
    std::string expected = "field=value;q\"\\uote=1;file[a.bin](image/png)=" + contents + ";";
    EXPECT_TRUE(done.output == expected) << done.output.substr(0, 300);
  });
}

TEST(http_multipart, files_are_saved) {
  test::run([]() -> rondo::task<> {
    auto folder = co_await rondo::make_temporary_directory();
    auto save = [&](http::request& r) -> rondo::task<http::reply> {
      std::uint64_t bytes = 0;
      http::multipart_reader parts(r);
      for (;;) {
        auto part = co_await parts.next();
        if (!part) break;
        rondo::file f = co_await rondo::open_file(folder.path() + "/" + *part->file_name,
                                                  rondo::file_mode::create);
        bytes += co_await part->save(f);
        co_await f.close();
      }
      co_return std::to_string(bytes);
    };
    auto server = co_await http::start_server(save, "127.0.0.1", 0, {.max_body = 64 << 20});
    http::multipart_form form;
    std::string large(5'000'000, '\r');
    form.add_file("f", "a", large);
    form.add_file("f", "b", "");
    form.add_file("f", "../c", "1");
    {
      http::session session;
      auto r = co_await session.post("http://127.0.0.1:" + std::to_string(server.port()) + "/",
                                     std::move(form));
      EXPECT_EQ(r.body, "5000001");
    }
    std::string a = co_await rondo::read_text(folder.path() + "/a");
    std::string b = co_await rondo::read_text(folder.path() + "/b");
    std::string c = co_await rondo::read_text(folder.path() + "/c");
    EXPECT_TRUE(a == large);
    EXPECT_EQ(b, "");
    EXPECT_EQ(c, "1");
    co_await server.close();
  });
}

TEST(http_multipart, what_is_not_read_is_skipped) {
  auto second = [](http::request& r) -> rondo::task<http::reply> {
    http::multipart_reader parts(r);
    auto first = co_await parts.next();
    std::string piece = co_await first->read();
    EXPECT_FALSE(piece.empty());
    auto other = co_await parts.next();
    try {
      std::string stale = co_await first->read();
      ADD_FAILURE() << "a part that is past was read";
    } catch (const rondo::usage_error&) {
    }
    auto none = co_await parts.next();
    EXPECT_FALSE(none);
    none = co_await parts.next();
    EXPECT_FALSE(none);
    co_return other->name;
  };
  with_server(second, [](std::uint16_t port) -> rondo::task<> {
    std::string request =
        form(part("a", std::string(300'000, 'x')) + part("b", std::string(300'000, 'y')) + "--b--");
    std::string answer = co_await test::raw(port, request);
    EXPECT_EQ(test::body_of(answer), "b");
    // The connection goes on, also after a form that was not read at all.
    answer = co_await test::raw(port, request + request);
    EXPECT_TRUE(answer.ends_with("\r\n\r\nb"));
    EXPECT_NE(answer.find("\r\n\r\nbHTTP/1.1 200"), answer.npos);
  });
}

TEST(http_multipart, refusals_reach_the_client) {
  with_server(list, [](std::uint16_t port) -> rondo::task<> {
    auto ask = [&](std::string request) -> rondo::task<std::string> {
      std::string a = co_await test::raw(port, std::move(request));
      co_return a.substr(9, 4) + test::body_of(a);
    };
    EXPECT_EQ(
        co_await ask(test::post("/", "a=1", "Content-Type: application/x-www-form-urlencoded\r\n")),
        "415 the body is not multipart/form-data\n");
    EXPECT_EQ(co_await ask(test::post("/", "", "Content-Type: multipart/form-data\r\n")),
              "400 the Content-Type has no boundary\n");
    EXPECT_EQ(co_await ask(form("")), "400 the form does not begin with its boundary\n");
    EXPECT_EQ(co_await ask(form(part("a", "1"))),
              "400 the form is cut: it does not end with its boundary\n");
    EXPECT_EQ(co_await ask(form("--b\r\n" + std::string(20'000, 'x'))),
              "431 part 1 of the form has a header that is too large\n");
    std::string many;
    for (int i = 0; i < 1001; ++i) many += part("a", "");
    EXPECT_EQ(co_await ask(form(many + "--b--")), "413 the form has too many parts\n");
    EXPECT_EQ(co_await ask(form(part("a", std::string(10'000'001, 'x')) + "--b--")),
              "413 a field of the form is too large\n");
    EXPECT_EQ(co_await ask(form(part("a", "1") + "--b--")), "200 a=1;");
  });
}

TEST(http_multipart, a_text_that_is_too_large_is_refused_again) {
  auto handler = [](http::request& r) -> rondo::task<http::reply> {
    http::multipart_reader parts(r, {.max_text_bytes = 3});
    auto part = co_await parts.next();
    for (int i = 0; i < 2; ++i) {
      bool refused = false;
      try {
        std::string text = co_await part->text();
      } catch (const http::status_error& e) {
        refused = e.status() == 413;
      }
      EXPECT_TRUE(refused);
    }
    part = co_await parts.next();
    co_return co_await part->text();
  };
  with_server(handler, [](std::uint16_t port) -> rondo::task<> {
    std::string answer =
        co_await test::raw(port, form(part("a", "1234") + part("b", "123") + "--b--"));
    EXPECT_EQ(test::body_of(answer), "123");
  });
}

// Nothing is held but what the sockets and a piece hold.
TEST(http_multipart, a_handler_that_does_not_read_slows_the_client) {
  test::run([]() -> rondo::task<> {
    rondo::event go;
    auto handler = [&](http::request& r) -> rondo::task<http::reply> {
      http::multipart_reader parts(r);
      auto part = co_await parts.next();
      co_await go.wait();
      std::uint64_t bytes = 0;
      for (;;) {
        std::string piece = co_await part->read();
        if (piece.empty()) break;
        EXPECT_LE(piece.size(), 1u << 20);
        bytes += piece.size();
      }
      co_return std::to_string(bytes);
    };
    constexpr std::size_t size = 60'000'000;
    auto server = co_await http::start_server(handler, "127.0.0.1", 0, {.max_body = 64 << 20});
    auto client = co_await rondo::open_connection("127.0.0.1", server.port());
    std::size_t written = 0;
    std::string request =
        form(part("a", std::string(size, 'x')) + "--b--", "Connection: close\r\n");
    auto send = [&]() -> rondo::task<> {
      for (std::string_view left = request; !left.empty();) {
        std::string_view piece = left.substr(0, 100'000);
        co_await client.write(piece);
        left.remove_prefix(piece.size());
        written += piece.size();
      }
    };
    auto sending = rondo::create_task(send());
    // It stands still once the sockets are full.
    for (std::size_t before = 1; before != written;) {
      before = written;
      co_await rondo::sleep(100ms);
    }
    EXPECT_LT(written, size / 2);
    go.set();
    co_await sending;
    std::string answer = co_await client.read_all(1 << 20);
    EXPECT_EQ(test::body_of(answer), std::to_string(size));
    co_await server.close();
  });
}

// The body comes byte by byte, and each wait is given up again and again.
TEST(http_multipart, cancelling_loses_nothing) {
  int cancelled = 0;
  auto impatient = [&](http::request& r) -> rondo::task<http::reply> {
    http::multipart_reader parts(r);
    std::string all;
    for (;;) {
      std::optional<http::multipart_part> part;
      for (;;) {
        auto next = co_await rondo::move_on_after(parts.next(), 100us);
        if (next) {
          part = std::move(*next);
          break;
        }
        ++cancelled;
      }
      if (!part) break;
      all += part->name + "=";
      for (bool read = false; !read;) {
        auto text = co_await rondo::move_on_after(part->text(), 100us);
        if (text) all += *text + ";";
        read = text.has_value();
        cancelled += !read;
      }
    }
    co_return all;
  };
  with_server(impatient, [&](std::uint16_t port) -> rondo::task<> {
    std::string contents = "\r\n--a\r\n-\r\n--";
    std::string request =
        form(part("a", contents) + part("b", contents) + "--b--\r\n", "Connection: close\r\n");
    auto client = co_await rondo::open_connection("127.0.0.1", port);
    for (char c : request) {
      co_await client.write(std::string_view(&c, 1));
      co_await rondo::sleep(200us);
    }
    std::string answer = co_await client.read_all(1 << 20);
    EXPECT_EQ(test::body_of(answer), "a=" + contents + ";b=" + contents + ";");
    EXPECT_GT(cancelled, 0);
  });
}

// The request is one of no connection here: its body is what the test makes it.
class pieces final : public http::detail::body_source {
 public:
  explicit pieces(std::vector<std::string> all) : all_(std::move(all)) {}
  rondo::task<std::string> read_body() override {
    co_await rondo::sleep(1s);
    if (next_ == all_.size()) co_return std::string();
    co_return all_[next_++];
  }

 private:
  std::vector<std::string> all_;
  std::size_t next_ = 0;
};

TEST(http_multipart, cancelled_before_it_began_or_at_any_time) {
  std::string body = part("a", "\r\n--1") + part("b", "2") + "--b--";
  std::vector<std::string> bytes;
  for (char c : body) bytes.emplace_back(1, c);
  for (int at = 0; at <= static_cast<int>(bytes.size()) + 1; ++at) {
    test::run_virtual([&]() -> rondo::task<> {
      pieces source(bytes);
      http::request r;
      r.headers.add("Content-Type", "multipart/form-data; boundary=b");
      r.set_body_source(&source);
      http::multipart_reader parts(r);
      std::string all;
      std::optional<http::multipart_part> current;
      auto read_all = [&]() -> rondo::task<> {
        for (;;) {
          if (!current) {
            current = co_await parts.next();
            if (!current) co_return;
            all += current->name + "=";
          }
          std::string text = co_await current->text();
          all += text + ";";
          current.reset();
        }
      };
      auto first = rondo::create_task(read_all());
      if (at > 0) co_await rondo::sleep(at * 1000ms - 500ms);
      first.cancel();
      co_await test::ended(std::move(first));
      co_await read_all();
      EXPECT_EQ(all, "a=\r\n--1;b=2;") << at;
    });
  }
}

TEST(http_multipart, without_memory_it_says_so) {
  std::string body =
      part("a name that is not in the string's own memory", std::string(100, '1')) + "--b--";
  for (bool and_all_after : {false, true}) {
    int runs = rondo::testing::every_allocation(
        [&] {
          test::run_virtual([&]() -> rondo::task<> {
            std::vector<std::string> halves{body.substr(0, 50), body.substr(50)};
            pieces source(std::move(halves));
            http::request r;
            r.headers.add("Content-Type", "multipart/form-data; boundary=b");
            r.set_body_source(&source);
            http::multipart_reader parts(r);
            auto part = co_await parts.next();
            std::string text = co_await part->text();
            EXPECT_EQ(text.size(), 100u);
            part = co_await parts.next();
            EXPECT_FALSE(part);
          });
        },
        and_all_after);
    EXPECT_GT(runs, 20);
  }
}

}  // namespace
