// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/tls.hpp"

using test::certificates;
using namespace std::chrono_literals;

namespace {

/// The error of what is awaited, as text; empty if there is none.
template <class A>
rondo::task<std::string> error_of(A what, rondo::tls_errc* kind = nullptr) {
  std::string text;
  try {
    static_cast<void>(co_await std::move(what));
  } catch (const rondo::tls_error& e) {
    text = e.what();
    for (auto k : {rondo::tls_errc::certificate_rejected, rondo::tls_errc::alert_received,
                   rondo::tls_errc::truncated, rondo::tls_errc::protocol})
      if (kind && e.code() == k) *kind = k;
  } catch (const std::exception& e) {
    text = e.what();
  }
  co_return text;
}

rondo::task<> say_hello(rondo::stream s) {
  try {
    co_await s.write("hello\n");
  } catch (const std::system_error&) {  // some tests leave at once
  }
}

/// Connects with ctx to a server with the certificate of that name.
rondo::task<std::string> error_of_connecting(std::string certificate, rondo::tls_context ctx,
                                             std::string host, rondo::tls_errc* kind) {
  rondo::tls_context server_context = certificates::server(certificate);
  rondo::event told;
  std::string told_server;
  server_context.on_handshake_failure([&](const rondo::endpoint&, const std::exception& e) {
    told_server = e.what();
    told.set();
  });
  bool handled = false;
  auto handler = [&](rondo::stream s) -> rondo::task<> {
    handled = true;
    co_await say_hello(std::move(s));
  };
  auto server = co_await rondo::start_tls_server(handler, "127.0.0.1", 0, server_context);
  std::string error = co_await error_of(rondo::open_tls_connection(host, server.port(), ctx), kind);
  if (!error.empty()) {
    std::string begin = "tls handshake with " + host + ":" + std::to_string(server.port()) + ": ";
    EXPECT_TRUE(error.starts_with(begin)) << error;
    error.erase(0, begin.size());
    co_await told.wait();
    EXPECT_NE(told_server.find("alert"), std::string::npos) << told_server;
    EXPECT_EQ(server_context.statistics().failed, 1u);
    EXPECT_EQ(server_context.statistics().handshakes, 0u);
    EXPECT_FALSE(handled) << "the handler ran without a handshake";
  }
  co_await server.close();
  co_return error;
}

void expect_rejected(const std::string& certificate, const std::string& host,
                     const std::string& expected) {
  test::run([&]() -> rondo::task<> {
    rondo::tls_errc kind{};
    std::string error =
        co_await error_of_connecting(certificate, certificates::client(), host, &kind);
    EXPECT_EQ(error, expected);
    EXPECT_EQ(kind, rondo::tls_errc::certificate_rejected);
  });
}

TEST(tls_handshake, rejects_bad_certificates_and_says_why) {
  expect_rejected("expired", "localhost", "certificate has expired");
  expect_rejected("wrong_host", "localhost", "hostname mismatch");
  expect_rejected("wrong_host", "127.0.0.1", "IP address mismatch");
  expect_rejected("no_names", "localhost", "hostname mismatch");
  expect_rejected("self_signed", "localhost", "self-signed certificate");
  expect_rejected("unknown_ca", "localhost", "unable to get local issuer certificate");
}

TEST(tls_handshake, the_system_knows_not_our_ca) {
  test::run([]() -> rondo::task<> {
    rondo::tls_errc kind{};
    std::string error =
        co_await error_of_connecting("server", rondo::tls_context(), "localhost", &kind);
    EXPECT_EQ(error, "unable to get local issuer certificate");
    EXPECT_EQ(kind, rondo::tls_errc::certificate_rejected);
  });
}

TEST(tls_handshake, accepts_names_addresses_and_chains) {
  test::run([]() -> rondo::task<> {
    std::vector<std::string> names{"server", "chained"};
    std::vector<std::string> hosts{"localhost", "127.0.0.1"};
    for (std::string name : names) {
      for (std::string host : hosts) {
        std::string error =
            co_await error_of_connecting(name, certificates::client(), host, nullptr);
        EXPECT_EQ(error, "") << name << " for " << host;
      }
    }
    // A certificate that signs itself is its own CA.
    auto trusting = rondo::tls_context::client(certificates::pem("self_signed"));
    std::string error = co_await error_of_connecting("self_signed", trusting, "localhost", nullptr);
    EXPECT_EQ(error, "");
  });
}

TEST(tls_handshake, verification_can_be_skipped_by_name_only) {
  test::run([]() -> rondo::task<> {
    auto ctx = rondo::tls_context::client();
    ctx.dangerously_skip_verification();
    std::string error = co_await error_of_connecting("expired", ctx, "localhost", nullptr);
    EXPECT_EQ(error, "");
  });
}

TEST(tls_handshake, another_server_name_than_the_host) {
  test::run([]() -> rondo::task<> {
    std::string asked;
    rondo::event done;
    auto handler = [&](rondo::stream s) -> rondo::task<> {
      asked = rondo::tls_info(s).server_name;
      done.set();
      co_return;
    };
    auto server = co_await rondo::start_tls_server(handler, "127.0.0.1", 0,
                                                   certificates::server("wrong_host"));
    auto s = co_await rondo::open_tls_connection("127.0.0.1", server.port(), certificates::client(),
                                                 {.server_name = "other.example"});
    co_await done.wait();
    EXPECT_EQ(asked, "other.example");
    s.close();
    co_await server.close();
  });
}

TEST(tls_handshake, info_tells_what_was_agreed_on) {
  test::run([]() -> rondo::task<> {
    auto client = certificates::client();
    auto server = certificates::server();
    client.set_alpn_protocols({"h2", "http/1.1"});
    server.set_alpn_protocols({"http/1.1", "h2"});
    client.set_minimum_version(rondo::tls_version::tls1_3);
    test::stream_pair p = co_await test::tls_pair(client, server);
    EXPECT_TRUE(p.client.is_encrypted());
    rondo::tls_details info = rondo::tls_info(p.client);
    EXPECT_EQ(info.version, "TLSv1.3");
    EXPECT_EQ(info.cipher, "TLS_AES_256_GCM_SHA384");
    EXPECT_EQ(info.alpn_protocol, "http/1.1") << "the server's order decides";
    EXPECT_FALSE(info.reused);
    EXPECT_TRUE(info.peer_certificate.has_value());
    if (!info.peer_certificate) co_return;
    EXPECT_EQ(info.peer_certificate->subject, "CN=localhost,O=Rondo");
    EXPECT_EQ(info.peer_certificate->issuer, "CN=Test CA");
    EXPECT_EQ(info.peer_certificate->fingerprint.size(), 64u);
    auto now = std::chrono::system_clock::now();
    EXPECT_LE(info.peer_certificate->not_before, now);
    EXPECT_GT(info.peer_certificate->not_after, now + std::chrono::days(29));
    EXPECT_LT(info.peer_certificate->not_after, now + std::chrono::days(31));
    info = rondo::tls_info(p.server);
    EXPECT_EQ(info.server_name, "localhost");
    EXPECT_FALSE(info.peer_certificate.has_value()) << "the client has none";
  });
}

TEST(tls_handshake, no_common_protocol_ends_it) {
  test::run([]() -> rondo::task<> {
    auto client = certificates::client();
    auto server = certificates::server();
    client.set_alpn_protocols({"spdy"});
    server.set_alpn_protocols({"h2"});
    auto [a, b] = rondo::socketpair();
    rondo::stream one = std::move(a);
    rondo::stream other = std::move(b);
    rondo::tls_errc kind{};
    auto [client_error, server_error] =
        co_await rondo::gather(error_of(rondo::start_tls(one, client, "localhost"), &kind),
                               error_of(rondo::start_tls(other, server)));
    EXPECT_EQ(client_error, "tls handshake with localhost: tlsv1 alert no application protocol");
    EXPECT_EQ(kind, rondo::tls_errc::alert_received);
    EXPECT_EQ(server_error, "tls handshake with socketpair: no application protocol");
  });
}

TEST(tls_handshake, client_certificates) {
  test::run([]() -> rondo::task<> {
    auto server = certificates::server();
    server.require_client_certificate(certificates::pem("ca"));
    auto client = certificates::client();
    client.load_certificate(certificates::pem("client"), certificates::key("client"));
    {
      test::stream_pair p = co_await test::tls_pair(client, server);
      auto certificate = rondo::tls_info(p.server).peer_certificate;
      EXPECT_EQ(certificate ? certificate->subject : "none", "CN=alice");
    }
    // TLS 1.3: the client is done before the server has judged its certificate.
    auto refused = [&](rondo::tls_context ctx) -> rondo::task<std::string> {
      auto [a, b] = rondo::socketpair();
      rondo::stream one = std::move(a);
      rondo::stream other = std::move(b);
      auto [client_error, server_error] =
          co_await rondo::gather(error_of(rondo::start_tls(one, ctx, "localhost")),
                                 error_of(rondo::start_tls(other, server)));
      other.close();
      EXPECT_EQ(client_error, "");
      std::string reading = co_await error_of(one.read());
      EXPECT_TRUE(reading.starts_with("read from localhost: ")) << reading;
      EXPECT_NE(reading.find("alert"), std::string::npos) << reading;
      co_return server_error;
    };
    EXPECT_EQ(co_await refused(certificates::client()),
              "tls handshake with socketpair: peer did not return a certificate");
    auto stranger = certificates::client();
    stranger.load_certificate(certificates::pem("stranger"), certificates::key("stranger"));
    EXPECT_EQ(co_await refused(stranger),
              "tls handshake with socketpair: unable to get local issuer certificate");
    // Another CA takes the place of the first.
    server.require_client_certificate(certificates::pem("other_ca"));
    EXPECT_NE(co_await refused(client), "");
    test::stream_pair p = co_await test::tls_pair(stranger, server);
    EXPECT_EQ(rondo::tls_info(p.server).peer_certificate->subject, "CN=mallory");
  });
}

TEST(tls_handshake, sessions_are_resumed) {
  for (auto version : {rondo::tls_version::tls1_2, rondo::tls_version::tls1_3}) {
    test::run([&]() -> rondo::task<> {
      auto server_context = certificates::server();
      auto server = co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0, server_context);
      auto ctx = certificates::client();
      ctx.set_minimum_version(version);
      for (int i = 0; i < 4; ++i) {
        auto s = co_await rondo::open_tls_connection("localhost", server.port(), ctx);
        EXPECT_EQ(rondo::tls_info(s).reused, i > 0) << "connection " << i;
        EXPECT_EQ(co_await s.read_all(100), "hello\n");
        auto certificate = rondo::tls_info(s).peer_certificate;
        EXPECT_EQ(certificate ? certificate->subject : "none", "CN=localhost,O=Rondo");
      }
      // Sessions belong to a name, and to a context.
      auto by_address = co_await rondo::open_tls_connection("127.0.0.1", server.port(), ctx);
      EXPECT_FALSE(rondo::tls_info(by_address).reused);
      auto other = certificates::client();
      auto apart = co_await rondo::open_tls_connection("localhost", server.port(), other);
      EXPECT_FALSE(rondo::tls_info(apart).reused);
      EXPECT_EQ(co_await apart.read_all(100), "hello\n");
      // What is set afterwards may make it another decision.
      other.dangerously_skip_verification();
      auto changed = co_await rondo::open_tls_connection("localhost", server.port(), other);
      EXPECT_FALSE(rondo::tls_info(changed).reused);
      EXPECT_EQ(ctx.statistics().resumed, 3u);
      EXPECT_EQ(server_context.statistics().resumed, 3u);
      co_await server.close();
    });
  }
}

TEST(tls_handshake, tls_1_2_sessions_are_resumed_too) {
  test::run([]() -> rondo::task<> {
    // Our contexts have no upper limit: openssl's client has.
    auto server_context = certificates::server();
    auto server = co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0, server_context);
    std::string port = std::to_string(server.port());
    std::vector<std::string> command{"openssl", "s_client",   "-connect", "127.0.0.1:" + port,
                                     "-tls1_2", "-reconnect", "-CAfile",  certificates::pem("ca")};
    test::program client(command);
    client.in.close();
    std::string output = co_await client.out.read_all(1'000'000);
    EXPECT_NE(output.find("Reused, TLSv1.2"), std::string::npos) << output;
    co_await server.close();
    EXPECT_EQ(server_context.statistics().resumed, 5u);
  });
}

TEST(tls_handshake, a_reload_changes_later_connections_only) {
  test::run([]() -> rondo::task<> {
    std::string pem = certificates::folder() + "/current.pem";
    std::string key = certificates::folder() + "/current.key";
    auto install = [&](const std::string& name) {
      constexpr auto over = std::filesystem::copy_options::overwrite_existing;
      std::filesystem::copy_file(certificates::pem(name), pem, over);
      std::filesystem::copy_file(certificates::key(name), key, over);
    };
    install("server");
    auto ctx = rondo::tls_context::server(pem, key);
    auto echo = [](rondo::stream s) -> rondo::task<> {
      while (true) {
        std::string data = co_await s.read();
        if (data.empty()) break;
        co_await s.write(data);
      }
    };
    auto server = co_await rondo::start_tls_server(echo, "127.0.0.1", 0, ctx);
    auto client = certificates::client();
    auto subject = [](const rondo::stream& s) {
      return rondo::tls_info(s).peer_certificate->subject;
    };
    auto before = co_await rondo::open_tls_connection("localhost", server.port(), client);
    EXPECT_EQ(subject(before), "CN=localhost,O=Rondo");
    install("renewed");
    ctx.reload();
    auto after = co_await rondo::open_tls_connection("localhost", server.port(), client);
    EXPECT_EQ(subject(after), "CN=localhost,O=Renewed");

    // A broken one keeps what was there.
    std::filesystem::copy_file(certificates::key("server"), key,
                               std::filesystem::copy_options::overwrite_existing);
    try {
      ctx.reload();
      ADD_FAILURE() << "a key of another certificate was loaded";
    } catch (const rondo::tls_error& e) {
      EXPECT_EQ(std::string(e.what()), "load " + pem + " with " + key + ": key values mismatch");
    }
    std::filesystem::remove(pem);
    try {
      ctx.reload();
      ADD_FAILURE() << "no file was loaded";
    } catch (const std::system_error& e) {
      EXPECT_EQ(std::string(e.what()), "load " + pem + ": No such file or directory");
    }
    auto still = co_await rondo::open_tls_connection("localhost", server.port(), client);
    EXPECT_EQ(subject(still), "CN=localhost,O=Renewed");
    co_await before.write("x");
    EXPECT_EQ(co_await before.read_exactly(1), "x") << "an old connection broke";
    before.close();
    after.close();
    still.close();
    co_await server.close();
  });
}

TEST(tls_handshake, a_silent_peer_is_given_up) {
  test::run([]() -> rondo::task<> {
    std::size_t fds = test::open_fds();
    {
      auto [a, b] = rondo::socketpair();
      rondo::stream silent = std::move(b);
      rondo::stream s = std::move(a);
      std::string error =
          co_await error_of(rondo::start_tls(s, certificates::client(), "localhost", 20ms));
      EXPECT_EQ(error, "tls handshake with localhost: timed out after 0.02s");
      error = co_await error_of(s.read());
      EXPECT_EQ(error, "read from localhost: the TLS handshake was not completed");
      error = co_await error_of(s.write("secret"));
      EXPECT_EQ(error, "write to localhost: the TLS handshake was not completed");
    }
    // A server is not held up by it.
    auto ctx = certificates::server();
    rondo::event told;
    ctx.on_handshake_failure([&](const rondo::endpoint&, const std::exception&) { told.set(); });
    auto server = co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0, ctx,
                                                   {.handshake_timeout = 300ms});
    auto silent = co_await rondo::open_connection("127.0.0.1", server.port());
    auto s =
        co_await rondo::open_tls_connection("localhost", server.port(), certificates::client());
    EXPECT_EQ(co_await s.read_all(100), "hello\n");
    co_await told.wait();
    EXPECT_EQ(co_await silent.read(), "") << "its connection is closed";
    EXPECT_EQ(ctx.statistics().failed, 1u);
    silent.close();
    s.close();
    co_await server.close();
    EXPECT_EQ(test::open_fds(), fds);
  });
}

TEST(tls_handshake, peers_that_do_not_speak_tls) {
  test::run([]() -> rondo::task<> {
    auto ctx = certificates::server();
    rondo::event told;
    std::string told_server;
    ctx.on_handshake_failure([&](const rondo::endpoint& peer, const std::exception& e) {
      told_server = e.what();
      EXPECT_TRUE(peer.address() == "127.0.0.1") << peer.to_string();
      told.set();
    });
    auto server = co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0, ctx);
    auto plain = co_await rondo::open_connection("127.0.0.1", server.port());
    co_await plain.write("GET / HTTP/1.1\r\n\r\n");
    co_await told.wait();
    EXPECT_NE(told_server.find("http request"), std::string::npos) << told_server;
    told.clear();
    auto gone = co_await rondo::open_connection("127.0.0.1", server.port());
    gone.close();
    co_await told.wait();
    EXPECT_NE(told_server.find(": the peer closed the connection"), std::string::npos)
        << told_server;
    co_await server.close();

    auto plain_server = co_await rondo::start_server(say_hello, "127.0.0.1", 0);
    rondo::tls_errc kind{};
    std::string error = co_await error_of(
        rondo::open_tls_connection("localhost", plain_server.port(), certificates::client()),
        &kind);
    EXPECT_EQ(error, "tls handshake with localhost:" + std::to_string(plain_server.port()) +
                         ": wrong version number");
    EXPECT_EQ(kind, rondo::tls_errc::protocol);
    co_await plain_server.close();
  });
}

TEST(tls_handshake, cancelled_at_any_step_it_leaves_nothing) {
  test::run([]() -> rondo::task<> {
    std::size_t fds = test::open_fds();
    int finished = 0;
    int cancelled = 0;
    auto server_context = certificates::server();
    auto client_context = certificates::client();
    auto server = co_await rondo::start_tls_server(say_hello, "127.0.0.1", 0, server_context);
    for (int turns = 0; turns < 60; ++turns) {
      auto connecting = rondo::create_task(
          rondo::open_tls_connection("localhost", server.port(), client_context));
      co_await test::turns(turns);
      connecting.cancel();
      co_await test::ended(connecting);
      connecting.cancelled() ? ++cancelled : ++finished;
    }
    EXPECT_GT(cancelled, 0);
    // The server's side of it, too.
    for (int turns = 0; turns < 30; ++turns) {
      auto [a, b] = rondo::socketpair();
      rondo::stream one = std::move(a);
      rondo::stream other = std::move(b);
      auto accepting = rondo::create_task(rondo::start_tls(other, server_context));
      auto connecting = rondo::create_task(rondo::start_tls(one, client_context, "localhost"));
      co_await test::turns(turns);
      accepting.cancel();
      co_await test::ended(accepting);
      other.close();
      auto outcome = co_await rondo::outcome_of(connecting);
      EXPECT_TRUE(outcome.has_error() || !accepting.cancelled() || turns > 0);
    }
    co_await server.close();
    co_await test::turns(10);
    EXPECT_EQ(test::open_fds(), fds);
  });
}

TEST(tls_handshake, misuse_is_refused) {
  test::run([]() -> rondo::task<> {
    auto client = certificates::client();
    auto server = certificates::server();
    auto [a, b] = rondo::socketpair();
    rondo::stream one = std::move(a);
    rondo::stream other = std::move(b);
    EXPECT_EQ(co_await error_of(rondo::start_tls(one, client)),
              "start_tls with socketpair: a client must name the server");
    auto reading = rondo::create_task(one.read());
    co_await rondo::sleep(0s);
    EXPECT_EQ(co_await error_of(rondo::start_tls(one, client, "localhost")),
              "start_tls with socketpair: another task uses the stream");
    reading.cancel();
    co_await test::ended(reading);
    std::string much(4'000'000, 'x');
    auto writing = rondo::create_task(one.write(much));
    co_await test::turns(3);
    EXPECT_EQ(co_await error_of(rondo::start_tls(one, client, "localhost")),
              "start_tls with socketpair: another task uses the stream");
    EXPECT_TRUE(co_await other.read_exactly(much.size()) == much);
    co_await writing;
    auto connecting = rondo::create_task(rondo::start_tls(one, client, "localhost"));
    co_await test::turns(5);
    EXPECT_NE((co_await error_of(one.read())).find("another task is at it"), std::string::npos);
    EXPECT_NE((co_await error_of(one.write("x"))).find("another task is at it"), std::string::npos);
    co_await rondo::start_tls(other, server);
    co_await connecting;
    EXPECT_EQ(co_await error_of(rondo::start_tls(one, client, "localhost")),
              "start_tls with localhost: it is encrypted already");
    rondo::stream closed;
    EXPECT_EQ(co_await error_of(rondo::start_tls(closed, client, "localhost")),
              "start_tls: the stream is not open");
    auto pipe = rondo::open_pipe();
    EXPECT_EQ(co_await error_of(rondo::start_tls(pipe.first, client, "localhost")),
              "start_tls with pipe: a pipe has one direction");
    EXPECT_EQ(co_await error_of(rondo::open_tls_connection("localhost", 1, server)),
              "open_tls_connection: the context is a server's");
    EXPECT_EQ(co_await error_of(rondo::start_tls_server(say_hello, "127.0.0.1", 0, client)),
              "start_tls_server: the context is not a server's");
    EXPECT_THROW(rondo::tls_info(pipe.first), rondo::usage_error);
    EXPECT_THROW(rondo::tls_info(closed), rondo::usage_error);
  });
}

TEST(tls_context, files_that_are_not_what_they_should_be) {
  auto load = [](const std::string& pem, const std::string& key) -> std::string {
    try {
      rondo::tls_context::server(pem, key);
    } catch (const std::system_error& e) {
      return e.what();
    }
    return "";
  };
  std::string pem = certificates::pem("server");
  std::string key = certificates::key("server");
  EXPECT_EQ(load(pem, key), "");
  EXPECT_EQ(load("/no/such", key), "load /no/such: No such file or directory");
  EXPECT_EQ(load(certificates::folder(), key),
            "load " + certificates::folder() + ": Is a directory");
  EXPECT_EQ(load(key, key), "load " + key + ": no PEM certificate in it");
  EXPECT_EQ(load(pem, pem).substr(0, pem.size() + 5), "load " + pem);
  EXPECT_EQ(load(pem, certificates::key("encrypted")),
            "load " + certificates::key("encrypted") + ": the key is encrypted");
  EXPECT_EQ(load(pem, certificates::key("client")),
            "load " + pem + " with " + certificates::key("client") + ": key values mismatch");
  auto ctx = rondo::tls_context::client();
  EXPECT_THROW(ctx.load_verify_file(key), rondo::tls_error);
  EXPECT_THROW(ctx.set_alpn_protocols({""}), rondo::usage_error);
  EXPECT_THROW(ctx.set_alpn_protocols({std::string(256, 'x')}), rondo::usage_error);
  EXPECT_THROW(ctx.reload(), rondo::usage_error);
  EXPECT_THROW(ctx.require_client_certificate(pem), rondo::usage_error);
  EXPECT_THROW(rondo::tls_context().is_server(), rondo::usage_error);
  EXPECT_THROW(certificates::server().dangerously_skip_verification(), rondo::usage_error);
}

}  // namespace
