// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Which certificate a server shows, and which ones are not accepted any more.
#include <sys/stat.h>
#include <cstdlib>
#include <optional>

#include <gtest/gtest.h>

#include "support/tls.hpp"

using test::certificates;
using namespace std::chrono_literals;

namespace {

rondo::task<> say_hello(rondo::stream s) { co_await s.write("hello\n"); }

/// "" or what went wrong.
rondo::task<std::string> error_of(rondo::task<> what) {
  std::string text;
  try {
    co_await std::move(what);
  } catch (const std::exception& e) {
    text = e.what();
  }
  co_return text;
}

/// The subject of the certificate that the server shows to who asks for `name`.
rondo::task<std::string> shown(const rondo::server& server, rondo::tls_context client,
                               std::string name) {
  auto [host, port] = std::pair("127.0.0.1", server.port());
  auto s = co_await rondo::open_tls_connection(host, port, client, {.server_name = name});
  EXPECT_EQ(co_await s.read_line(), "hello\n");
  co_return rondo::tls_info(s).peer_certificate->subject;
}

rondo::tls_context server_of_many() {
  auto ctx = certificates::server();
  ctx.add_certificate("first.example", certificates::pem("first"), certificates::key("first"));
  ctx.add_certificate("*.Example.org", certificates::pem("any"), certificates::key("any"));
  ctx.add_certificate("special.example.org", certificates::pem("special"),
                      certificates::key("special"));
  return ctx;
}

TEST(tls_certificates, a_server_shows_the_one_that_is_asked_for) {
  test::run([]() -> rondo::task<> {
    auto ctx = server_of_many();
    ctx.set_alpn_protocols({"h2"});
    auto server = co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0, ctx);
    for (auto oldest : {rondo::tls_version::tls1_2, rondo::tls_version::tls1_3}) {
      auto client = certificates::client();
      client.set_minimum_version(oldest);
      client.set_alpn_protocols({"h2"});
      for (int times = 0; times < 2; ++times) {  // resumed, it is the same one
        EXPECT_EQ(co_await shown(server, client, "localhost"), "CN=localhost,O=Rondo");
        EXPECT_EQ(co_await shown(server, client, "first.example"), "CN=first");
        EXPECT_EQ(co_await shown(server, client, "FIRST.example"), "CN=first");
        EXPECT_EQ(co_await shown(server, client, "www.example.org"), "CN=any");
        EXPECT_EQ(co_await shown(server, client, "special.example.org"), "CN=special");
      }
      EXPECT_GT(client.statistics().resumed, 0u);
    }
    // Names that it has nothing for, and none: the context's own.
    auto client = certificates::client();
    client.dangerously_skip_verification();
    for (const char* name : {"example.org", "a.b.example.org", "second.example", "127.0.0.1"})
      EXPECT_EQ(co_await shown(server, client, name), "CN=localhost,O=Rondo") << name;
    co_await server.close();
  });
}

TEST(tls_certificates, a_reload_renews_all_or_none) {
  test::run([]() -> rondo::task<> {
    std::string pem = certificates::folder() + "/named.pem";
    std::string key = certificates::folder() + "/named.key";
    auto install = [&](const std::string& name) {
      constexpr auto over = std::filesystem::copy_options::overwrite_existing;
      std::filesystem::copy_file(certificates::pem(name), pem, over);
      std::filesystem::copy_file(certificates::key(name), key, over);
    };
    install("server");
    auto ctx = certificates::server("first");
    ctx.add_certificate("localhost", pem, key);
    auto server = co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0, ctx);
    auto client = certificates::client();
    EXPECT_EQ(co_await shown(server, client, "localhost"), "CN=localhost,O=Rondo");
    install("renewed");
    EXPECT_EQ(co_await shown(server, client, "localhost"), "CN=localhost,O=Rondo");
    ctx.reload();
    client = certificates::client();  // without a session of before
    EXPECT_EQ(co_await shown(server, client, "localhost"), "CN=localhost,O=Renewed");
    std::filesystem::remove(key);
    try {
      ctx.reload();
      ADD_FAILURE() << "no key was loaded";
    } catch (const std::system_error& e) {
      EXPECT_EQ(std::string(e.what()), "load " + key + ": No such file or directory");
    }
    client = certificates::client();
    EXPECT_EQ(co_await shown(server, client, "localhost"), "CN=localhost,O=Renewed");
    EXPECT_EQ(co_await shown(server, client, "first.example"), "CN=first");
    co_await server.close();
  });
}

TEST(tls_certificates, misuse_is_refused) {
  std::string pem = certificates::pem("first");
  std::string key = certificates::key("first");
  auto ctx = certificates::server();
  for (const char* host : {"", "*", "*.", "*.example", "a.*.example", "*a.example.org", ".example",
                           "example.", "host:443", "two hosts", "*.example.org/"})
    EXPECT_THROW(ctx.add_certificate(host, pem, key), rondo::usage_error) << host;
  EXPECT_THROW(ctx.add_certificate(std::string("a\0b", 3), pem, key), rondo::usage_error);
  EXPECT_THROW(ctx.add_certificate("a.example", pem, certificates::key("any")), rondo::tls_error);
  EXPECT_THROW(certificates::client().add_certificate("a.example", pem, key), rondo::usage_error);
  EXPECT_THROW(rondo::tls_context().add_certificate("a.example", pem, key), rondo::usage_error);
  try {
    ctx.load_revocation_lists(pem);
    ADD_FAILURE() << "a certificate was taken for a list";
  } catch (const rondo::tls_error& e) {
    EXPECT_EQ(std::string(e.what()), "load " + pem + ": no PEM list of revoked certificates in it");
  }
  EXPECT_THROW(ctx.load_revocation_lists("/no/such"), std::system_error);
}

std::string list(const std::string& name) { return certificates::folder() + "/" + name + ".crl"; }

rondo::task<> connect(const rondo::server& server, rondo::tls_context client) {
  auto s = co_await rondo::open_tls_connection("localhost", server.port(), client);
  EXPECT_EQ(co_await s.read_line(), "hello\n");
}

TEST(tls_certificates, a_client_rejects_a_revoked_server) {
  test::run([]() -> rondo::task<> {
    auto good = co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0, certificates::server());
    auto bad = co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0,
                                                certificates::server("revoked"));
    auto unknown = co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0,
                                                    certificates::server("unknown_ca"));
    auto client = certificates::client();
    client.load_verify_file(certificates::pem("other_ca"));
    EXPECT_EQ(co_await error_of(connect(bad, client)), "");
    client.load_revocation_lists(list("before"));
    EXPECT_EQ(co_await error_of(connect(bad, client)), "");
    client.load_revocation_lists(list("after"));
    EXPECT_EQ(
        co_await error_of(connect(bad, client)),
        "tls handshake with localhost:" + std::to_string(bad.port()) + ": certificate revoked");
    EXPECT_EQ(co_await error_of(connect(good, client)), "");
    EXPECT_EQ(co_await error_of(connect(unknown, client)),
              "tls handshake with localhost:" + std::to_string(unknown.port()) +
                  ": unable to get certificate CRL");
    co_await good.close();
    co_await bad.close();
    co_await unknown.close();
  });
}

TEST(tls_certificates, a_server_rejects_a_revoked_client) {
  test::run([]() -> rondo::task<> {
    for (bool list_first : {true, false}) {
      auto ctx = certificates::server();
      if (list_first) ctx.load_revocation_lists(list("after"));
      ctx.require_client_certificate(certificates::pem("ca"));
      if (!list_first) ctx.load_revocation_lists(list("after"));
      auto server = co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0, ctx);
      auto client = certificates::client();
      client.load_certificate(certificates::pem("client"), certificates::key("client"));
      EXPECT_EQ(co_await error_of(connect(server, client)), "");
      client.load_certificate(certificates::pem("revoked"), certificates::key("revoked"));
      std::string error = co_await error_of(connect(server, client));
      EXPECT_NE(error.find("certificate revoked"), std::string::npos) << error;
      co_await server.close();
    }
  });
}

TEST(tls_certificates, a_server_on_a_unix_socket) {
  test::run([]() -> rondo::task<> {
    std::string path = certificates::folder() + "/socket";
    auto server = co_await rondo::start_tls_unix_server(say_hello, path, certificates::server());
    auto s = co_await rondo::open_unix_connection(path);
    co_await rondo::start_tls(s, certificates::client(), "localhost");
    EXPECT_EQ(co_await s.read_line(), "hello\n");
    s.close();
    co_await server.close();
    std::string error;
    try {
      auto none = co_await rondo::start_tls_unix_server(say_hello, path, certificates::client());
    } catch (const rondo::usage_error& e) {
      error = e.what();
    }
    EXPECT_EQ(error, "start_tls_unix_server: the context is not a server's");
  });
}

// They are read from a FIFO here: that takes until somebody writes into it.
TEST(tls_certificates, the_systems_are_read_while_the_loop_goes_on) {
  std::string fifo = certificates::folder() + "/system.pem";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  ::setenv("SSL_CERT_FILE", fifo.c_str(), 1);
  test::run([&]() -> rondo::task<> {
    auto server =
        co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0, certificates::server());
    auto connecting = rondo::create_task(rondo::open_tls_connection("localhost", server.port()));
    co_await rondo::sleep(5ms);
    EXPECT_FALSE(connecting.done());
    std::string authorities = co_await rondo::read_text(certificates::pem("ca"));
    auto system = co_await rondo::open_file(fifo, rondo::file_mode::write);
    co_await system.write(authorities);
    co_await system.close();
    auto s = co_await std::move(connecting);
    EXPECT_EQ(co_await s.read_line(), "hello\n");
    // Read once.
    auto again = co_await rondo::open_tls_connection("localhost", server.port());
    EXPECT_EQ(co_await again.read_line(), "hello\n");
    s.close();
    again.close();
    co_await server.close();
  });
  ::unsetenv("SSL_CERT_FILE");
}

}  // namespace
