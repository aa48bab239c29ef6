// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>
#include <atomic>
#include <thread>

#include <rondo/http/message/date.hpp>
#include "http/files/directory_page.hpp"
#include "http/files/open_beneath.hpp"

#include "support/async.hpp"
#include "support/site.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;
namespace fs = std::filesystem;

namespace {

using rondo::task;
using test::ask;

TEST(files, a_file_with_what_tells_its_state) {
  test::folder f;
  f.write("a/page.html", "<p>hello");
  f.age("a/page.html", 1000s);
  test::with_files(f, {}, [&](std::uint16_t port) -> task<> {
    auto r = co_await ask(port, "/a/page.html");
    EXPECT_EQ(r.status, 200);
    EXPECT_EQ(r.body, "<p>hello");
    EXPECT_EQ(r.field("Content-Length"), "8");
    EXPECT_EQ(r.field("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(r.field("Accept-Ranges"), "bytes");
    EXPECT_EQ(r.field("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(r.field("Cache-Control"), "");
    EXPECT_EQ(r.field("Vary"), "");
    EXPECT_TRUE(r.field("ETag").starts_with('"')) << "strong: " << r.field("ETag");
    auto modified = http::parse_date(r.field("Last-Modified"));
    EXPECT_TRUE(modified);
    auto age = std::chrono::system_clock::now() - modified.value_or(std::chrono::sys_seconds());
    EXPECT_GE(age, 999s);
    EXPECT_LE(age, 1060s);

    auto head = co_await ask(port, "/a/page.html", "", "HEAD");
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.body, "");
    for (const char* name :
         {"Content-Length", "Content-Type", "ETag", "Last-Modified", "Accept-Ranges"})
      EXPECT_EQ(head.field(name), r.field(name)) << name;
    auto query = co_await ask(port, "/a/page.html?v=../x");
    EXPECT_EQ(query.body, "<p>hello");
  });
}

TEST(files, of_all_sizes_byte_for_byte) {
  test::folder f;
  std::size_t before = test::open_fds();
  std::vector<std::size_t> sizes = {0, 1, 32 * 1024, 32 * 1024 + 1, 256 * 1024 + 1, 5'000'000};
  for (std::size_t n : sizes) f.write(std::to_string(n), test::pattern(n));
  test::with_files(f, {}, [&](std::uint16_t port) -> task<> {
    for (std::size_t n : sizes) {
      auto r = co_await ask(port, "/" + std::to_string(n));
      EXPECT_EQ(r.status, 200) << n;
      EXPECT_EQ(r.field("Content-Length"), std::to_string(n));
      EXPECT_TRUE(r.body == test::pattern(n))
          << n << " bytes are not the file's; got " << r.body.size();
    }
  });
  EXPECT_EQ(test::open_fds(), before);
}

TEST(files, several_of_one_connection) {
  test::folder f;
  f.write("a", "aaa");
  f.write("b", test::pattern(300'000));
  test::with_files(f, {}, [&](std::uint16_t port) -> task<> {
    auto s = co_await rondo::open_connection("127.0.0.1", port);
    std::string request =
        "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n"
        "GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    co_await s.write(request);
    std::string all = co_await s.read_all(1 << 20);
    std::size_t second = all.find("aaaHTTP/1.1 200");
    EXPECT_NE(second, all.npos);
    EXPECT_NE(all.find(test::pattern(300'000) + "HTTP/1.1 200", second), all.npos);
    EXPECT_TRUE(all.ends_with("\r\n\r\naaa"));
  });
}

TEST(files, ranges) {
  test::folder f;
  std::string whole = test::pattern(400'000);
  f.write("x", whole);
  f.age("x", 1000s);
  test::with_files(f, {}, [&](std::uint16_t port) -> task<> {
    auto plain = co_await ask(port, "/x");
    struct {
      std::size_t first, length;
      const char* range;
    } parts[] = {
        {0, 1, "0-0"}, {100, 300'000, "100-300099"}, {399'999, 1, "-1"}, {10, 399'990, "10-"}};
    for (auto& p : parts) {
      auto r = co_await ask(port, "/x", std::string("Range: bytes=") + p.range + "\r\n");
      EXPECT_EQ(r.status, 206);
      EXPECT_EQ(r.field("Content-Range"), "bytes " + std::to_string(p.first) + "-" +
                                              std::to_string(p.first + p.length - 1) + "/400000");
      EXPECT_EQ(r.field("Content-Length"), std::to_string(p.length));
      EXPECT_EQ(r.field("ETag"), plain.field("ETag"));
      EXPECT_EQ(r.field("Content-Type"), plain.field("Content-Type"));
      EXPECT_TRUE(r.body == whole.substr(p.first, p.length)) << p.range;
    }
    auto over = co_await ask(port, "/x", "Range: bytes=400000-\r\n");
    EXPECT_EQ(over.status, 416);
    EXPECT_EQ(over.field("Content-Range"), "bytes */400000");
    auto several = co_await ask(port, "/x", "Range: bytes=0-0,5-6\r\n");
    EXPECT_EQ(several.status, 200);
    EXPECT_EQ(several.body.size(), whole.size());
    auto head = co_await ask(port, "/x", "Range: bytes=0-0\r\n", "HEAD");
    EXPECT_EQ(head.status, 200) << "ranges are GET's only";

    std::string range = "Range: bytes=0-9\r\nIf-Range: ";
    auto same = co_await ask(port, "/x", range + plain.field("ETag") + "\r\n");
    EXPECT_EQ(same.status, 206);
    same = co_await ask(port, "/x", range + plain.field("Last-Modified") + "\r\n");
    EXPECT_EQ(same.status, 206);
    auto stale = co_await ask(port, "/x", range + "\"other\"\r\n");
    EXPECT_EQ(stale.status, 200);
    EXPECT_TRUE(stale.body == whole);
  });
}

TEST(files, conditions) {
  test::folder f;
  f.write("x", "text");
  f.age("x", 1000s);
  http::file_options options;
  options.max_age = 60s;
  test::with_files(f, options, [&](std::uint16_t port) -> task<> {
    auto plain = co_await ask(port, "/x");
    EXPECT_EQ(plain.field("Cache-Control"), "max-age=60");
    auto same = co_await ask(port, "/x", "If-None-Match: " + plain.field("ETag") + "\r\n");
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(same.body, "");
    EXPECT_EQ(same.field("ETag"), plain.field("ETag"));
    EXPECT_EQ(same.field("Last-Modified"), plain.field("Last-Modified"));
    EXPECT_EQ(same.field("Cache-Control"), "max-age=60");
    same = co_await ask(port, "/x", "If-Modified-Since: " + plain.field("Last-Modified") + "\r\n");
    EXPECT_EQ(same.status, 304);
    auto other = co_await ask(port, "/x", "If-Match: \"other\"\r\n");
    EXPECT_EQ(other.status, 412);
    // A 304 comes before the range (RFC 9110, 13.2.2).
    same = co_await ask(port, "/x",
                        "Range: bytes=0-0\r\nIf-None-Match: " + plain.field("ETag") + "\r\n");
    EXPECT_EQ(same.status, 304);

    f.write("x", "TEXT");
    auto changed = co_await ask(port, "/x", "If-None-Match: " + plain.field("ETag") + "\r\n");
    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.body, "TEXT");
    EXPECT_TRUE(changed.field("ETag").starts_with("W/\"")) << "so new: " << changed.field("ETag");
    auto range =
        co_await ask(port, "/x", "Range: bytes=0-0\r\nIf-Range: " + changed.field("ETag") + "\r\n");
    EXPECT_EQ(range.status, 200) << "a weak tag promises nothing of bytes";

    f.age("x", -5000s);
    auto future = co_await ask(port, "/x");
    EXPECT_EQ(future.field("Last-Modified"), "") << "it would be later than Date";
  });
}

TEST(files, directories) {
  test::folder f;
  f.write("with/index.html", "the index");
  f.write("without/a", "a");
  f.write("file", "f");
  test::with_files(f, {}, [&](std::uint16_t port) -> task<> {
    auto r = co_await ask(port, "/with/");
    EXPECT_EQ(r.body, "the index");
    EXPECT_EQ(r.field("Content-Type"), "text/html; charset=utf-8");
    r = co_await ask(port, "/with?a=b");
    EXPECT_EQ(r.status, 301);
    EXPECT_EQ(r.field("Location"), "./with/?a=b");
    r = co_await ask(port, "/without/");
    EXPECT_EQ(r.status, 404);
    r = co_await ask(port, "/");
    EXPECT_EQ(r.status, 404);
    r = co_await ask(port, "/file/");
    EXPECT_EQ(r.status, 404);
    r = co_await ask(port, "/file/x");
    EXPECT_EQ(r.status, 404);
  });
  http::file_options no_index;
  no_index.index = false;
  test::with_files(f, no_index, [&](std::uint16_t port) -> task<> {
    auto r = co_await ask(port, "/with/");
    EXPECT_EQ(r.status, 404);
  });
}

TEST(files, a_redirect_never_names_another_host) {
  test::folder f;
  fs::create_directories(f / "evil.com");
  fs::create_directories(f / "a:b");
  test::with_files(f, {}, [&](std::uint16_t port) -> task<> {
    auto r = co_await ask(port, "//evil.com");
    EXPECT_EQ(r.status, 404) << r.field("Location");
    r = co_await ask(port, "/a:b");
    EXPECT_EQ(r.field("Location"), "./a:b/");
    r = co_await ask(port, "/%65vil.com");
    EXPECT_EQ(r.field("Location"), "./%65vil.com/");
  });
}

// Whatever is asked for, what lies outside stays there. Each target reaches the server
// as it is written here.
TEST(files, no_way_out) {
  test::folder outside;
  outside.write("secret", "the secret");
  fs::create_directories(outside / "served/sub");
  test::folder& o = outside;
  o.write("served/inside", "inside");
  o.write("served/sub/inside", "inside");
  o.write("served/back\\slash", "back");
  fs::create_symlink("../secret", o / "served/link");
  fs::create_symlink(o / "secret", o / "served/absolute");
  fs::create_symlink("..", o / "served/up");
  fs::create_symlink("/", o / "served/root");
  fs::create_symlink("/proc/self/root", o / "served/magic");
  fs::create_symlink("sub/../../secret", o / "served/around");
  fs::create_symlink(o / "served/inside", o / "served/absolute_inside");
  fs::create_symlink("sub/inside", o / "served/good");
  fs::create_symlink("../inside", o / "served/sub/good");
  fs::create_symlink("loop", o / "served/loop");
  fs::create_symlink("nowhere", o / "served/dangling");
  std::vector<std::string> targets = {
      "/../secret",
      "/sub/../../secret",
      "/%2e%2e/secret",
      "/.%2e/secret",
      "/%2E./secret",
      "/%2e%2e%2fsecret",
      "/..%2fsecret",
      "/..%2Fsecret",
      "/..%5csecret",
      "/..\\secret",
      "/sub/..%5c..%5csecret",
      "/%252e%252e/secret",
      "/%c0%ae%c0%ae/secret",
      "/%c0%ae%c0%ae%c0%afsecret",
      "/%e0%80%ae%e0%80%ae/secret",
      "/..%c0%afsecret",
      "/.../secret",
      "/..../secret",
      "/..;/secret",
      "/.. /secret",
      "/..%20/secret",
      "/..%00/secret",
      "/inside%00",
      "/inside%00.html",
      "/%00",
      "/link",
      "/absolute",
      "/up/secret",
      "/root" + (o / "secret"),
      "/root/etc/passwd",
      "/magic/etc/passwd",
      "/around",
      "/absolute_inside",
      "/loop",
      "/dangling",
      "//" + (o / "secret"),
      "/" + (o / "secret"),
      "///etc/passwd",
      "/sub//inside",
      "/./inside",
      "/sub/./inside",
      "/sub/../inside",
      "/sub%2finside",
      "/sub%2Finside",
      "/inside.",
      "/inside...",
      "/inside%20",
      "/inside::$DATA",
      "/INSIDE",
      "/sub/",
      "/" + std::string(300, 'a'),
      "/" + std::string(5000, 'a'),
      "/" +
          [] {
            std::string deep;
            for (int i = 0; i < 2000; ++i) deep += "a/";
            return deep;
          }() +
          "x",
      "/" +
          [] {
            std::string up;
            for (int i = 0; i < 1000; ++i) up += "../";
            return up;
          }() +
          "etc/passwd",
      "/sub/up",
      "/~root",
      "/%uFF0E%uFF0E/secret",
  };
  std::size_t before = test::open_fds();
  for (bool links : {true, false}) {
    http::file_options options;
    options.links = links;
    test::run([&]() -> task<> {
      http::router site;
      site.get("/{path...}", http::files(o / "served", options));
      auto server = co_await http::start_server(site, "127.0.0.1", 0);
      for (const std::string& t : targets) {
        auto r = co_await ask(server.port(), t);
        EXPECT_TRUE(r.status == 404 || r.status == 400) << t.substr(0, 80) << ": " << r.status;
        EXPECT_EQ(r.body.find("secret"), r.body.npos) << t;
        EXPECT_EQ(r.body.find("inside"), r.body.npos) << t;
        EXPECT_EQ(r.body.find("root:"), r.body.npos) << t;
      }
      auto good = co_await ask(server.port(), "/good");
      EXPECT_EQ(good.status, links ? 200 : 404);
      good = co_await ask(server.port(), "/sub/good");
      EXPECT_EQ(good.status, links ? 200 : 404) << "up, but inside";
      good = co_await ask(server.port(), "/back%5Cslash");
      EXPECT_EQ(good.status, 200) << "a name as any other";
      co_await server.close();
    });
  }
  EXPECT_EQ(test::open_fds(), before);
}

TEST(files, hidden_names) {
  test::folder f;
  f.write(".env", "secret");
  f.write(".git/config", "secret");
  f.write("a/.b/c", "secret");
  f.write(".well-known/acme", "token");
  f.write("..odd", "odd");
  test::with_files(f, {}, [&](std::uint16_t port) -> task<> {
    for (const char* t :
         {"/.env", "/%2eenv", "/.git/config", "/a/.b/c", "/..odd", "/.git", "/.git/"}) {
      auto r = co_await ask(port, t);
      EXPECT_EQ(r.status, 404) << t;
    }
    auto r = co_await ask(port, "/.well-known/acme");
    EXPECT_EQ(r.body, "token");
  });
  http::file_options hidden;
  hidden.hidden = true;
  test::with_files(f, hidden, [&](std::uint16_t port) -> task<> {
    for (const char* t : {"/.env", "/.git/config", "/a/.b/c", "/..odd"}) {
      auto r = co_await ask(port, t);
      EXPECT_EQ(r.status, 200) << t;
    }
    for (const char* t : {"/.", "/..", "/a/..", "/a/."}) {
      auto r = co_await ask(port, t);
      EXPECT_EQ(r.status, 404) << t;
    }
  });
}

TEST(files, only_regular_files) {
  test::folder f;
  ASSERT_EQ(::mkfifo((f / "fifo").c_str(), 0600), 0);
  int s = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", (f / "socket").c_str());
  ASSERT_EQ(::bind(s, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  bool device = ::mknod((f / "null").c_str(), S_IFCHR | 0600, makedev(1, 3)) == 0;  // as root only
  f.write("unreadable", "x");
  ::chmod((f / "unreadable").c_str(), 0);
  test::with_files(f, {}, [&](std::uint16_t port) -> task<> {
    for (const char* t : {"/fifo", "/socket", "/null"}) {
      auto r = co_await rondo::wait_for(ask(port, t), 10s);
      EXPECT_EQ(r.status, 404) << t << (device ? "" : " (no devices here)");
    }
    auto r = co_await ask(port, "/unreadable");
    EXPECT_EQ(r.status, ::geteuid() == 0 ? 200 : 403);
  });
  ::close(s);
}

TEST(files, other_methods) {
  test::folder f;
  f.write("x", "text");
  test::with_files(f, {}, [&](std::uint16_t port) -> task<> {
    auto r = co_await ask(port, "/x", "Content-Length: 0\r\n", "POST");
    EXPECT_EQ(r.status, 405);
    EXPECT_NE(r.field("Allow").find("GET"), std::string::npos);
  });
}

TEST(files, without_a_router) {
  test::folder f;
  f.write("a b/x", "text");
  test::run([&]() -> task<> {
    http::files handle(f.path());
    auto server = co_await http::start_server(handle, "127.0.0.1", 0);
    auto r = co_await ask(server.port(), "/a%20b/x");
    EXPECT_EQ(r.body, "text");
    r = co_await ask(server.port(), "/a%2", "");
    EXPECT_EQ(r.status, 400);
    r = co_await ask(server.port(), "/a%20b/x", "Content-Length: 0\r\n", "POST");
    EXPECT_EQ(r.status, 405);
    EXPECT_EQ(r.field("Allow"), "GET, HEAD");
    co_await server.close();
  });
}

TEST(files, below_a_prefix) {
  test::folder f;
  f.write("d/x", "text");
  test::run([&]() -> task<> {
    http::router site;
    site.get("/static/{path...}", http::files(f.path()));
    auto server = co_await http::start_server(site, "127.0.0.1", 0);
    auto r = co_await ask(server.port(), "/static/d/x");
    EXPECT_EQ(r.body, "text");
    r = co_await ask(server.port(), "/static/d");
    EXPECT_EQ(r.field("Location"), "./d/");
    r = co_await ask(server.port(), "/static/../d/x");
    EXPECT_EQ(r.status, 404);
    co_await server.close();
  });
}

TEST(files, a_directory_that_is_none) {
  test::folder f;
  f.write("x", "");
  EXPECT_THROW(http::files(f / "nothing"), std::system_error);
  EXPECT_THROW(http::files(f / "x"), std::system_error);
  try {
    http::files none(f / "nothing");
  } catch (const std::system_error& e) {
    EXPECT_EQ(std::string(e.what()), "open " + (f / "nothing") + ": No such file or directory");
  }
}

TEST(files, one_that_gets_shorter_ends_the_connection) {
  test::folder f;
  std::string big = test::pattern(30'000'000);
  f.write("big", big);
  test::diagnostics reported;
  test::with_files(f, {}, [&](std::uint16_t port) -> task<> {
    reported.listen();
    auto s = co_await rondo::open_connection("127.0.0.1", port);
    co_await s.write("GET /big HTTP/1.1\r\nHost: x\r\n\r\nGET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string head = co_await s.read_until("\r\n\r\n");
    EXPECT_NE(head.find("Content-Length: 30000000"), head.npos);
    fs::resize_file(f / "big", 20'000'000);  // the sockets hold less than that
    std::size_t got = 0;
    for (;;) {
      std::string piece = co_await s.read();
      if (piece.empty()) break;
      if (got + piece.size() <= big.size()) {
        EXPECT_TRUE(std::string_view(piece) == std::string_view(big).substr(got, piece.size()))
            << "at " << got;
      }
      got += piece.size();
    }
    EXPECT_EQ(got, 20'000'000u) << "nothing may follow what is missing";
  });
}

TEST(files, a_client_that_goes_away_leaves_no_fd) {
  test::folder f;
  f.write("big", test::pattern(8'000'000));
  test::run([&]() -> task<> {
    http::router site;
    site.get("/{path...}", http::files(f.path()));
    auto server = co_await http::start_server(site, "127.0.0.1", 0);
    std::size_t before = test::open_fds();
    for (int i = 0; i < 200; ++i) {
      auto s = co_await rondo::open_connection("127.0.0.1", server.port());
      co_await s.write("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
      if (i % 2) co_await s.read();
    }
    while (server.connections() > 0) co_await rondo::sleep(1ms);
    EXPECT_EQ(test::open_fds(), before);
    co_await server.close();
  });
}

TEST(files, closing_the_server_waits_for_a_file_and_then_does_not) {
  test::folder f;
  f.write("big", test::pattern(30'000'000));
  for (bool reads : {true, false}) {
    test::run([&]() -> task<> {
      http::router site;
      site.get("/{path...}", http::files(f.path()));
      auto server = co_await http::start_server(site, "127.0.0.1", 0);
      auto s = co_await rondo::open_connection("127.0.0.1", server.port());
      co_await s.write("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
      std::string head = co_await s.read_until("\r\n\r\n");
      auto closing =
          rondo::create_task(server.close(reads ? rondo::delay(60s) : rondo::delay(10ms)));
      if (reads) {
        std::string all = co_await s.read_all(64 << 20);
        EXPECT_EQ(all.size(), 30'000'000u);
      }
      co_await closing;
    });
  }
}

TEST(files, compressed_beforehand) {
  test::folder f;
  f.write("a.js", "plain");
  f.write("a.js.gz", "packed");
  f.write("stale.js", "plain");
  f.write("stale.js.gz", "packed");
  f.age("a.js", 1000s);
  f.age("a.js.gz", 900s);
  f.age("stale.js", 1000s);
  f.age("stale.js.gz", 1100s);
  f.write("none.js", "plain");
  http::file_options options;
  options.precompressed = true;
  test::with_files(f, options, [&](std::uint16_t port) -> task<> {
    auto packed = co_await ask(port, "/a.js", "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(packed.body, "packed");
    EXPECT_EQ(packed.field("Content-Encoding"), "gzip");
    EXPECT_EQ(packed.field("Content-Type"), "text/javascript; charset=utf-8");
    EXPECT_EQ(packed.field("Vary"), "Accept-Encoding");
    auto plain = co_await ask(port, "/a.js");
    EXPECT_EQ(plain.body, "plain");
    EXPECT_EQ(plain.field("Content-Encoding"), "");
    EXPECT_EQ(plain.field("Vary"), "Accept-Encoding");
    EXPECT_NE(plain.field("ETag"), packed.field("ETag"));
    auto same = co_await ask(
        port, "/a.js", "Accept-Encoding: gzip\r\nIf-None-Match: " + packed.field("ETag") + "\r\n");
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(same.field("Vary"), "Accept-Encoding");
    auto other = co_await ask(port, "/a.js", "If-None-Match: " + packed.field("ETag") + "\r\n");
    EXPECT_EQ(other.status, 200) << "the plain one is another representation";
    auto part = co_await ask(port, "/a.js", "Accept-Encoding: gzip\r\nRange: bytes=0-2\r\n");
    EXPECT_EQ(part.body, "pac");
    for (const char* t : {"/stale.js", "/none.js"}) {
      auto r = co_await ask(port, t, "Accept-Encoding: gzip\r\n");
      EXPECT_EQ(r.body, "plain") << t;
    }
    auto itself = co_await ask(port, "/a.js.gz", "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(itself.field("Content-Type"), "application/gzip");
    EXPECT_EQ(itself.field("Content-Encoding"), "");
  });
}

TEST(files, a_listing_shows_what_is_served) {
  test::folder f;
  fs::create_directories(f / "pub/sub");
  f.write("pub/b", std::string(2048, 'x'));
  f.write("pub/a", "");
  f.write("pub/.hidden", "");
  f.write("pub/<b>&\"'", "");
  f.write("pub/x y?#%", "");
  f.write("pub/bad\xff utf8\xe2\x82", "");
  f.write("pub/javascript:alert(1)", "");
  f.write("pub/\xc3\xa4", "");
  f.write("outside", "");
  fs::create_symlink("../outside", f / "pub/out");
  fs::create_symlink("b", f / "pub/in");
  fs::create_symlink("../../b", f / "pub/sub/inner");
  ASSERT_EQ(::mkfifo((f / "pub/fifo").c_str(), 0600), 0);
  f.write("pub/sub/index.html", "the index");
  fs::create_directories(f / "pub/deep/er");
  test::folder served;
  http::file_options options;
  options.listing = true;
  test::run([&]() -> task<> {
    http::router site;
    site.get("/{path...}", http::files(f / "pub", options));
    auto server = co_await http::start_server(site, "127.0.0.1", 0);
    auto r = co_await ask(server.port(), "/");
    EXPECT_EQ(r.status, 200);
    EXPECT_EQ(r.field("Content-Type"), "text/html; charset=utf-8");
    EXPECT_NE(r.field("Content-Security-Policy"), "");
    std::vector<std::string> links;
    for (std::size_t at = 0; (at = r.body.find("<a href=\"", at)) != r.body.npos;) {
      at += 9;
      links.push_back(r.body.substr(at, r.body.find('"', at) - at));
    }
    std::vector<std::string> expected = {"deep/",
                                         "sub/",
                                         "%3Cb%3E%26%22%27",
                                         "a",
                                         "b",
                                         "bad%FF%20utf8%E2%82",
                                         "in",
                                         "javascript%3Aalert%281%29",
                                         "x%20y%3F%23%25",
                                         "%C3%A4"};
    EXPECT_EQ(links, expected);
    EXPECT_NE(r.body.find("&lt;b&gt;&amp;&quot;&#39;"), r.body.npos);
    EXPECT_EQ(r.body.find("<b>"), r.body.npos);
    EXPECT_NE(r.body.find("bad\xEF\xBF\xBD utf8\xEF\xBF\xBD"), r.body.npos);
    EXPECT_NE(r.body.find("2.0 KiB"), r.body.npos);
    for (const std::string& link : links) {
      auto linked = co_await ask(server.port(), "/" + link);
      EXPECT_EQ(linked.status, 200) << link;
    }
    r = co_await ask(server.port(), "/sub/");
    EXPECT_EQ(r.body, "the index");
    r = co_await ask(server.port(), "/deep/");
    EXPECT_NE(r.body.find("href=\"../\""), r.body.npos);
    EXPECT_NE(r.body.find("href=\"er/\""), r.body.npos);
    EXPECT_NE(r.body.find("<h1>/deep/</h1>"), r.body.npos);
    co_await server.close();
  });
}

TEST(files, text_in_html) {
  using http::detail::escape_html;
  EXPECT_EQ(escape_html("<a href='x'>&\"\n\x7f\x01"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(escape_html("\u00e4\u20ac\U0001F600"), "\u00e4\u20ac\U0001F600");
  EXPECT_EQ(escape_html("\xc0\xaf"), "\uFFFD\uFFFD") << "overlong";
  EXPECT_EQ(escape_html("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(escape_html("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(escape_html("\xe2\x82<"), "\uFFFD\uFFFD&lt;")
      << "a cut character takes nothing with it";
}

TEST(open_beneath, by_steps_follows_nothing) {
  test::folder f;
  f.write("served/sub/x", "x");
  f.write("secret", "s");
  fs::create_symlink("sub", f / "served/dir_link");
  fs::create_symlink("sub/x", f / "served/link");
  int directory = ::open((f / "served").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  std::size_t before = test::open_fds();
  auto result = [&](const std::string& path) {
    int fd = http::detail::open_by_steps(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) ::close(fd);
    return fd >= 0 ? 0 : fd;
  };
  EXPECT_EQ(result("sub/x"), 0);
  EXPECT_EQ(result("sub"), 0);
  EXPECT_EQ(result("."), 0);
  EXPECT_EQ(result("link"), -ELOOP);
  EXPECT_EQ(result("dir_link/x"), -ENOTDIR);
  EXPECT_EQ(result("sub/../../secret"), -EXDEV);
  EXPECT_EQ(result("../secret"), -EXDEV);
  EXPECT_EQ(result(f / "secret"), -EXDEV);
  EXPECT_EQ(result("sub//x"), -EXDEV);
  EXPECT_EQ(result("nothing/x"), -ENOENT);
  EXPECT_EQ(test::open_fds(), before);
  ::close(directory);
}

// While a directory is renamed out of the tree and back, what is opened through it by
// ".." is inside or nothing.
TEST(open_beneath, renames_meanwhile) {
  test::folder f;
  f.write("served/a/b/x", "x");
  f.write("served/target", "inside");
  f.write("target", "outside");
  f.write("a_place/target", "outside");
  fs::create_symlink("../../target", f / "served/a/b/link");
  int directory = ::open((f / "served").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  std::atomic<bool> stop{false};
  std::thread mover([&] {
    while (!stop) {
      ::rename((f / "served/a/b").c_str(), (f / "a_place/b").c_str());
      ::rename((f / "a_place/b").c_str(), (f / "served/a/b").c_str());
    }
  });
  auto open_and_read = [&]() -> task<bool> {
    int fd =
        co_await http::detail::open_beneath(directory, "a/b/link", http::detail::links::inside);
    if (fd < 0) co_return false;
    char text[16] = "";
    ssize_t n = ::read(fd, text, sizeof text);
    EXPECT_EQ(std::string(text, static_cast<std::size_t>(std::max<ssize_t>(n, 0))), "inside");
    ::close(fd);
    co_return true;
  };
  test::run([&]() -> task<> {
    for (int i = 0; i < 3000; ++i) co_await open_and_read();
    stop = true;
    mover.join();
    bool opened = co_await open_and_read();
    EXPECT_TRUE(opened);
  });
  ::close(directory);
}

TEST(file_reply, one_file) {
  test::folder f;
  f.write("x.css", "body {}");
  f.age("x.css", 100s);
  test::run([&]() -> task<> {
    auto handler = [&](http::request& r) -> task<http::reply> {
      http::reply answer = co_await http::file_reply(r, f / std::string(r.path().substr(1)));
      co_return answer;
    };
    auto server = co_await http::start_server(handler, "127.0.0.1", 0);
    auto r = co_await ask(server.port(), "/x.css", "Range: bytes=0-3\r\n");
    EXPECT_EQ(r.status, 206);
    EXPECT_EQ(r.body, "body");
    EXPECT_EQ(r.field("Content-Type"), "text/css; charset=utf-8");
    auto same = co_await ask(server.port(), "/x.css", "If-None-Match: " + r.field("ETag") + "\r\n");
    EXPECT_EQ(same.status, 304);
    test::diagnostics reported;
    reported.listen();
    auto none = co_await ask(server.port(), "/nothing");
    EXPECT_EQ(none.status, 500);
    EXPECT_TRUE(reported.mentions("open " + (f / "nothing") + ": No such file"))
        << reported.messages.size();
    rondo::loop::current().set_exception_handler({});
    co_await server.close();
  });
}

}  // namespace
