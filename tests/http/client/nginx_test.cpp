// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The client against nginx: HTTP/1.1, HTTP/2 and TLS.
#include <ctime>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include <rondo/http/client.hpp>
#include <rondo/io.hpp>

#include "support/nginx.hpp"
#include "support/run.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;
using test::nginx;

namespace {

/// The ways to one and the same content.
struct way {
  const char* name;
  std::string (nginx::*url)(const std::string&) const;
  http::http_version version;
  const char* spoken;
};
const way ways[] = {
    {"plain", &nginx::plain, http::http_version::automatic, "1.1"},
    {"h2c", &nginx::h2c, http::http_version::http2_prior_knowledge, "2"},
    {"tls", &nginx::tls, http::http_version::automatic, "2"},
    {"tls1", &nginx::tls, http::http_version::http1, "1.1"},
};

class http_client_nginx : public testing::TestWithParam<way> {
 protected:
  http_client_nginx() {
    options.ca_file = test::certificates::pem("ca");
    options.version = GetParam().version;
  }
  static std::string url(const std::string& path) {
    return (nginx::instance().*GetParam().url)(path);
  }
  http::session_options options;
};

std::string read_whole(const std::string& path) {
  std::string all(std::filesystem::file_size(path), '\0');
  std::ifstream(path, std::ios::binary).read(all.data(), static_cast<std::streamsize>(all.size()));
  return all;
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

TEST_P(http_client_nginx, gets_and_reuses_one_connection) {
  test::run([&]() -> rondo::task<> {
    http::session session(options);
    std::set<std::string> connections;
    for (int i = 0; i < 20; ++i) {
      auto r = co_await session.get(url("/small"));
      EXPECT_EQ(r.status, 200);
      EXPECT_EQ(r.version, GetParam().spoken);
      EXPECT_TRUE(r.body == nginx::small());
      connections.insert(std::string(r.headers.get("x-connection")));
    }
    if (GetParam().name != std::string("h2c")) {
      EXPECT_EQ(connections.size(), 1u);
    }
  });
}

TEST_P(http_client_nginx, many_at_once) {
  test::run([&]() -> rondo::task<> {
    http::session session(options);
    std::set<std::string> connections;
    auto get = [&]() -> rondo::task<> {
      auto r = co_await session.get(url("/small"));
      EXPECT_TRUE(r.body == nginx::small());
      connections.insert(std::string(r.headers.get("x-connection")));
    };
    co_await get();  // with libcurl 8 those that come before there is a connection make one each
    std::vector<rondo::task<>> all;
    for (int i = 0; i < 90; ++i) all.push_back(get());
    co_await rondo::gather(std::move(all));
    if (GetParam().name == std::string("tls")) {
      EXPECT_LE(connections.size(), 2u) << "streams do not share connections";
    }
  });
}

TEST_P(http_client_nginx, a_limit_of_connections_is_kept) {
  test::run([&]() -> rondo::task<> {
    options.connections_per_host = 2;
    http::session session(options);
    std::set<std::string> connections;
    auto get = [&]() -> rondo::task<> {
      auto r = co_await session.get(url("/small"));
      EXPECT_EQ(r.body.size(), 1024u);
      connections.insert(std::string(r.headers.get("x-connection")));
    };
    std::vector<rondo::task<>> all;
    for (int i = 0; i < 50; ++i) all.push_back(get());
    co_await rondo::gather(std::move(all));
    if (GetParam().name != std::string("h2c")) {
      EXPECT_LE(connections.size(), 2u);
    }
  });
}

TEST_P(http_client_nginx, connections_are_not_kept_where_none_may_be) {
  test::run([&]() -> rondo::task<> {
    options.kept_connections = 0;
    http::session session(options);
    std::set<std::string> connections;
    for (int i = 0; i < 3; ++i) {
      auto r = co_await session.get(url("/small"));
      EXPECT_EQ(r.body.size(), 1024u);
      connections.insert(std::string(r.headers.get("x-connection")));
    }
    EXPECT_EQ(connections.size(), 3u);
  });
}

TEST_P(http_client_nginx, a_slow_reader_pauses_the_transfer) {
  test::run([&]() -> rondo::task<> {
    http::session session(options);
    auto t = co_await session.stream(url("/large"));
    EXPECT_EQ(t.content_length(), nginx::large().size());
    std::string all = co_await t.read();
    // Nobody reads: no more than what is read ahead comes, and nothing spins.
    double before = cpu_seconds();
    co_await rondo::sleep(300ms);
    EXPECT_LT(cpu_seconds() - before, 0.2) << "a paused transfer keeps the loop busy";
    std::string next = co_await t.read();
    EXPECT_LT(next.size(), 1'500'000u);
    all += next;
    // Others go on meanwhile, on the same session.
    auto other = co_await rondo::move_on_after(session.get(url("/small")), 10s);
    EXPECT_TRUE(other) << "a paused transfer holds up the others";
    all += co_await t.read_all();
    EXPECT_TRUE(all == nginx::large()) << all.size();
  });
}

TEST_P(http_client_nginx, others_go_on_beside_a_paused_transfer) {
  test::run([&]() -> rondo::task<> {
    http::session session(options);
    auto t = co_await session.stream(url("/large"));
    co_await rondo::sleep(200ms);  // so that it is full, and pauses
    for (int i = 0; i < 5; ++i) {
      auto other = co_await rondo::move_on_after(session.get(url("/large")), 10s);
      EXPECT_TRUE(other && other->body == nginx::large())
          << "a paused transfer holds up the others";
    }
    std::string all = co_await t.read_all();
    EXPECT_TRUE(all == nginx::large()) << all.size();
  });
}

TEST_P(http_client_nginx, compressed_bodies_are_unpacked) {
  test::run([&]() -> rondo::task<> {
    http::session session(options);
    auto r = co_await session.get(url("/text"));
    EXPECT_EQ(r.headers.get("content-encoding"), "gzip");
    EXPECT_TRUE(r.body == nginx::text());
    auto t = co_await session.stream(url("/text"));
    std::string all = co_await t.read_all();
    EXPECT_TRUE(all == nginx::text());
    http::request_options raw;
    raw.decompress = false;
    r = co_await session.get(url("/text"), raw);
    EXPECT_EQ(r.headers.get("content-encoding"), "");
    raw.headers.add("Accept-Encoding", "gzip");
    r = co_await session.get(url("/text"), raw);
    EXPECT_EQ(r.body.substr(0, 2), "\x1f\x8b");
  });
}

TEST_P(http_client_nginx, uploads_files_and_pieces) {
  test::run([&]() -> rondo::task<> {
    http::session session(options);
    std::string up = nginx::instance().folder() + "/www/up/";
    std::string from = nginx::instance().folder() + "/www/large";
    rondo::file source = co_await rondo::open_file(from);
    auto r = co_await session.put(url("/up/file"), std::move(source));
    EXPECT_EQ(r.status, 201);
    EXPECT_TRUE(read_whole(up + "file") == nginx::large());

    auto pieces = []() -> http::body::pieces {
      const std::string& large = nginx::large();
      for (std::size_t at = 0; at < large.size(); at += 300'000) {
        co_await rondo::sleep(0s);
        co_yield large.substr(at, 300'000);
      }
    };
    r = co_await session.put(url("/up/pieces"), pieces());
    EXPECT_EQ(r.status, 201);
    EXPECT_TRUE(read_whole(up + "pieces") == nginx::large());

    r = co_await session.put(url("/up/text"), nginx::large());
    EXPECT_EQ(r.status, 201);
    EXPECT_TRUE(read_whole(up + "text") == nginx::large());

    auto t = co_await session.stream("PUT", url("/up/stream"), pieces());
    EXPECT_EQ(t.status(), 201);
    EXPECT_EQ(co_await t.read_all(), "");
    EXPECT_TRUE(read_whole(up + "stream") == nginx::large());
    for (const char* name : {"file", "pieces", "text", "stream"}) {
      r = co_await session.delete_(url(std::string("/up/") + name));
      EXPECT_EQ(r.status, 204);
    }
  });
}

TEST_P(http_client_nginx, a_slow_source_pauses_the_upload) {
  test::run([&]() -> rondo::task<> {
    http::session session(options);
    rondo::event go;
    auto pieces = [&]() -> http::body::pieces {
      co_yield std::string(1000, 'a');
      co_await go.wait();
      co_yield std::string(1000, 'b');
    };
    auto put = rondo::create_task(session.put(url("/up/slow"), pieces()));
    double before = cpu_seconds();
    co_await rondo::sleep(300ms);
    EXPECT_LT(cpu_seconds() - before, 0.2) << "a paused upload keeps the loop busy";
    EXPECT_FALSE(put.done());
    go.set();
    auto r = co_await put;
    EXPECT_EQ(r.status, 201);
    EXPECT_EQ(read_whole(nginx::instance().folder() + "/www/up/slow"),
              std::string(1000, 'a') + std::string(1000, 'b'));
    co_await session.delete_(url("/up/slow"));
  });
}

TEST_P(http_client_nginx, cancelled_against_its_completion_the_session_stays_sound) {
  std::size_t before = 0;
  test::run([&]() -> rondo::task<> {
    std::chrono::nanoseconds usual;
    {  // what is made once: the loop's own fds
      http::session session(options);
      auto begin = rondo::now();
      auto r = co_await session.get(url("/small"));
      usual = rondo::now() - begin;
      EXPECT_EQ(r.body.size(), 1024u);
    }
    co_await rondo::sleep(50ms);
    before = test::open_fds();
    {
      http::session session(options);
      int whole = 0;
      int cancelled = 0;
      auto one = [&](int i) -> rondo::task<> {
        // At once, about when it completes, and sometimes never: a connection to reuse.
        auto limit = i % 8 == 7 ? std::chrono::nanoseconds(20s) : i % 40 * usual / 20;
        auto r = co_await rondo::move_on_after(session.get(url("/small")), limit);
        r ? ++whole : ++cancelled;
        EXPECT_TRUE(!r || r->body == nginx::small());
      };
      auto run_of = [&](int from) -> rondo::task<> {
        for (int i = 0; i < 500; ++i) co_await one(from + i);
      };
      std::vector<rondo::task<>> all;
      for (int i = 0; i < 6; ++i) all.push_back(run_of(i * 7));
      co_await rondo::gather(std::move(all));
      EXPECT_GT(whole, 0);
      EXPECT_GT(cancelled, 0);
      for (int i = 0; i < 5; ++i) {
        auto r = co_await rondo::move_on_after(session.get(url("/small")), 10s);
        EXPECT_TRUE(r && r->body == nginx::small());
      }
    }
    for (int i = 0; i < 100 && test::open_fds() > before; ++i) co_await rondo::sleep(20ms);
    EXPECT_LE(test::open_fds(), before) << "fds are left";
  });
}

TEST_P(http_client_nginx, streams_dropped_in_their_middle_leave_the_session_sound) {
  test::run([&]() -> rondo::task<> {
    http::session session(options);
    auto one = [&](int i) -> rondo::task<> {
      auto t = co_await session.stream(url("/large"));
      for (int n = 0; n < i % 5; ++n) co_await t.read();
    };
    for (int round = 0; round < 20; ++round) {
      std::vector<rondo::task<>> all;
      for (int i = 0; i < 10; ++i) all.push_back(one(i));
      co_await rondo::gather(std::move(all));
    }
    auto r = co_await rondo::move_on_after(session.get(url("/large")), 20s);
    EXPECT_TRUE(r && r->body == nginx::large());
  });
}

TEST_P(http_client_nginx, auth_redirect_head_range) {
  test::run([&]() -> rondo::task<> {
    http::session session(options);
    auto r = co_await session.get(url("/private"));
    EXPECT_EQ(r.status, 401);
    http::request_options known;
    known.auth = http::auth::basic("alice", "secret");
    r = co_await session.get(url("/private"), known);
    EXPECT_EQ(r.status, 200);
    EXPECT_TRUE(r.body == nginx::small());
    r = co_await session.get(url("/moved"));
    EXPECT_TRUE(r.body == nginx::small());
    EXPECT_EQ(r.url, url("/small"));
    r = co_await session.head(url("/small"));
    EXPECT_EQ(r.status, 200);
    EXPECT_EQ(r.body, "");
    EXPECT_EQ(r.headers.get("content-length"), "1024");
    http::request_options part;
    part.headers.add("Range", "bytes=10-19");
    r = co_await session.get(url("/small"), part);
    EXPECT_EQ(r.status, 206);
    EXPECT_EQ(r.body, nginx::small().substr(10, 10));
  });
}

INSTANTIATE_TEST_SUITE_P(ways, http_client_nginx, testing::ValuesIn(ways),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(http_client_tls, requests_do_not_wait_for_each_other_where_there_is_no_http2) {
  test::run([]() -> rondo::task<> {
    nginx& server = nginx::instance();
    http::session_options options;
    options.ca_file = test::certificates::pem("ca");
    options.certificate_file = test::certificates::pem("client");
    options.key_file = test::certificates::key("client");
    http::session session(options);
    std::vector<http::transfer> streams;
    auto open = [&]() -> rondo::task<> {
      auto t = co_await session.stream(server.mutual("/large"));
      EXPECT_EQ(t.version(), "1.1");
      streams.push_back(std::move(t));
    };
    std::vector<rondo::task<>> all;
    for (int i = 0; i < 5; ++i) all.push_back(open());
    auto opened = co_await rondo::move_on_after(rondo::gather(std::move(all)), 20s);
    EXPECT_TRUE(opened) << "requests wait for the bodies of others";
  });
}

TEST(http_client_tls, verifies_and_shows_a_certificate) {
  test::run([]() -> rondo::task<> {
    nginx& server = nginx::instance();
    auto failure_of = [](http::session_options options,
                         std::string url) -> rondo::task<http::failure> {
      http::session session(options);
      try {
        auto r = co_await session.get(url);
        r.raise_for_status();
      } catch (const http::http_error& e) {
        co_return e.why();
      }
      co_return http::failure::other;
    };
    http::session_options none;
    auto why = co_await failure_of(none, server.tls("/small"));
    EXPECT_EQ(why, http::failure::tls) << "an unknown CA was believed";
    none.dangerously_skip_verification = true;
    why = co_await failure_of(none, server.tls("/small"));
    EXPECT_EQ(why, http::failure::other);

    http::session_options known;
    known.ca_file = test::certificates::pem("ca");
    why = co_await failure_of(known, server.mutual("/small"));
    EXPECT_EQ(why, http::failure::status) << "400 of nginx: no certificate";
    known.certificate_file = test::certificates::pem("client");
    known.key_file = test::certificates::key("client");
    http::session session(known);
    auto r = co_await session.get(server.mutual("/headers"));
    EXPECT_NE(r.body.find("CN=alice"), std::string::npos) << r.body;
    known.ca_file = test::certificates::pem("other_ca");
    why = co_await failure_of(known, server.mutual("/small"));
    EXPECT_EQ(why, http::failure::tls);
  });
}

}  // namespace
