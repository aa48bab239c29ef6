// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Against the openssl command and curl.
#include <gtest/gtest.h>

#include "support/tls.hpp"

using test::certificates;
using namespace std::chrono_literals;

namespace {

/// `openssl s_server` on a port of the kernel's choice.
struct openssl_server {
  explicit openssl_server(std::vector<std::string> more = {}) : it(command(std::move(more))) {}

  static std::vector<std::string> command(std::vector<std::string> more) {
    std::vector<std::string> c{"openssl", "s_server",
                               "-accept", "127.0.0.1:0",
                               "-cert",   certificates::pem("server"),
                               "-key",    certificates::key("server")};
    c.insert(c.end(), more.begin(), more.end());
    return c;
  }
  /// Reads what it says up to its port.
  rondo::task<std::uint16_t> port() {
    std::string line;
    while (!line.starts_with("ACCEPT 127.0.0.1:")) {
      line = co_await it.out.read_line();
      if (line.empty()) throw std::runtime_error("openssl s_server says no port");
    }
    co_return static_cast<std::uint16_t>(std::stoi(line.substr(line.find(':') + 1)));
  }
  test::program it;
};

rondo::task<> echo(rondo::stream s) {
  while (true) {
    std::string data = co_await s.read();
    if (data.empty()) break;
    co_await s.write(data);
  }
}

std::vector<std::string> openssl_client(const rondo::server& server,
                                        std::vector<std::string> more) {
  std::vector<std::string> c{"openssl",
                             "s_client",
                             "-connect",
                             "127.0.0.1:" + std::to_string(server.port()),
                             "-CAfile",
                             certificates::pem("ca"),
                             "-verify_return_error",
                             "-servername",
                             "localhost"};
  c.insert(c.end(), more.begin(), more.end());
  return c;
}

TEST(tls_peers, our_client_and_openssl_www) {
  test::run([]() -> rondo::task<> {
    std::vector<std::string> versions{"-tls1_2", "-tls1_3"};
    for (std::string version : versions) {
      openssl_server server({"-www", version, "-alpn", "http/1.1"});
      std::uint16_t port = co_await server.port();
      auto ctx = certificates::client();
      ctx.set_alpn_protocols({"h2", "http/1.1"});
      for (int i = 0; i < 3; ++i) {
        auto s = co_await rondo::open_tls_connection("localhost", port, ctx);
        rondo::tls_details info = rondo::tls_info(s);
        EXPECT_EQ(info.version, version == "-tls1_2" ? "TLSv1.2" : "TLSv1.3");
        EXPECT_EQ(info.alpn_protocol, "http/1.1");
        EXPECT_EQ(info.reused, i > 0) << version << ", connection " << i;
        co_await s.write("GET / HTTP/1.0\r\n\r\n");
        std::string page = co_await s.read_all(100'000);
        EXPECT_NE(page.find("HTTP/1.0 200 ok"), page.npos) << page;
        EXPECT_NE(page.find(i ? "Reused, TLSv1" : "New, TLSv1"), page.npos) << page;
      }
    }
  });
}

TEST(tls_peers, our_client_and_openssl_talk) {
  test::run([]() -> rondo::task<> {
    openssl_server talker({"-naccept", "1"});
    std::uint16_t port = co_await talker.port();
    auto s = co_await rondo::open_tls_connection("localhost", port, certificates::client());
    co_await s.write("from rondo\n");
    co_await talker.it.out.read_until("from rondo\n");
    co_await talker.it.in.write("from openssl\n");
    EXPECT_EQ(co_await s.read_line(), "from openssl\n");
    // "K" has it change its keys and ask for ours; "k" only its own.
    co_await talker.it.in.write("K\n");
    // It takes all of what is in the pipe for one command, and reads that before it
    // reads from us.
    co_await s.write("have you\n");
    co_await talker.it.out.read_until("have you\n");
    co_await talker.it.in.write("after\n");
    EXPECT_EQ(co_await s.read_line(), "after\n");
    co_await s.write("with new keys\n");
    co_await talker.it.out.read_until("with new keys\n");
    // Q: it just closes.
    co_await talker.it.in.write("Q\n");
    try {
      co_await s.read();
      ADD_FAILURE() << "a close without close_notify looked like an end";
    } catch (const rondo::tls_error& e) {
      EXPECT_EQ(e.code(), rondo::tls_errc::truncated) << e.what();
    }
  });
}

TEST(tls_peers, openssl_rejects_a_wrong_client) {
  test::run([]() -> rondo::task<> {
    std::string ca = certificates::pem("ca");
    openssl_server server({"-www", "-Verify", "1", "-verify_return_error", "-CAfile", ca});
    std::uint16_t port = co_await server.port();
    auto ctx = certificates::client();
    ctx.load_certificate(certificates::pem("client"), certificates::key("client"));
    auto s = co_await rondo::open_tls_connection("localhost", port, ctx);
    co_await s.write("GET / HTTP/1.0\r\n\r\n");
    std::string page = co_await s.read_all(100'000);
    EXPECT_NE(page.find("alice"), page.npos) << page;
    s.close();

    auto none = co_await rondo::open_tls_connection("localhost", port, certificates::client());
    try {
      co_await none.read();
      ADD_FAILURE() << "the server took no certificate for one";
    } catch (const rondo::tls_error& e) {
      EXPECT_EQ(e.code(), rondo::tls_errc::alert_received);
      EXPECT_EQ(std::string(e.what()), "read from localhost:" + std::to_string(port) +
                                           ": tlsv13 alert certificate required");
    }
  });
}

TEST(tls_peers, a_killed_openssl_is_a_truncation) {
  test::run([]() -> rondo::task<> {
    openssl_server server({"-naccept", "1"});
    std::uint16_t port = co_await server.port();
    auto s = co_await rondo::open_tls_connection("localhost", port, certificates::client());
    co_await s.write("x\n");
    co_await server.it.out.read_until("x\n");
    server.it.end(SIGKILL);
    try {
      co_await s.read();
      ADD_FAILURE() << "a killed peer looked like an end";
    } catch (const std::system_error& e) {
      // The kernel ends its connection, or resets it.
      EXPECT_TRUE(e.code() == rondo::tls_errc::truncated || e.code() == std::errc::connection_reset)
          << e.what();
    }
  });
}

TEST(tls_peers, our_server_and_openssl) {
  test::run([]() -> rondo::task<> {
    auto ctx = certificates::server("chained");
    ctx.set_alpn_protocols({"echo"});
    auto server = co_await rondo::start_tls_server(echo, "127.0.0.1", 0, ctx);
    std::vector<std::string> versions{"-tls1_2", "-tls1_3"};
    for (std::string version : versions) {
      test::program client(openssl_client(server, {version, "-alpn", "echo"}));
      co_await client.in.write("hello through openssl\n");
      std::string output;
      // The line is echoed by us only.
      while (output.find("hello through openssl\n") == output.npos) {
        std::string more = co_await client.out.read();
        if (more.empty()) break;
        output += more;
      }
      client.in.close();
      output += co_await client.out.read_all(100'000);
      EXPECT_NE(output.find("Verification: OK"), output.npos) << output;
      EXPECT_NE(output.find("ALPN protocol: echo"), output.npos) << output;
      bool no_renegotiation = output.find("Secure Renegotiation IS") != output.npos ||
                              output.find("This TLS version forbids renegotiation") != output.npos;
      EXPECT_TRUE(no_renegotiation) << output;
      EXPECT_NE(output.find("Compression: NONE"), output.npos) << output;
      EXPECT_NE(output.find("hello through openssl\n"), output.npos) << output;
      EXPECT_EQ(client.end(0), 0) << output;
    }
    // No older version.
    test::program old(openssl_client(server, {"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"}));
    old.in.close();
    std::string output = co_await old.out.read_all(100'000);
    EXPECT_NE(output.find("alert protocol version"), output.npos) << output;
    co_await server.close();
    EXPECT_EQ(ctx.statistics().handshakes, 2u);
    EXPECT_EQ(ctx.statistics().failed, 1u);
  });
}

/// What openssl's client says of a handshake, which it ends.
rondo::task<std::string> handshake_by_openssl(const rondo::server& server,
                                              std::vector<std::string> how) {
  test::program client(openssl_client(server, std::move(how)));
  client.in.close();
  co_return co_await client.out.read_all(100'000);
}

// RFC 9325 and Mozilla's "intermediate" guide.
TEST(tls_peers, a_server_takes_no_weak_algorithms) {
  test::run([]() -> rondo::task<> {
    auto ctx = certificates::server("rsa");
    auto server = co_await rondo::start_tls_server(echo, "127.0.0.1", 0, ctx);
    std::vector<std::vector<std::string>> weak{
        {"-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"},            // no forward secrecy
        {"-tls1_2", "-cipher", "AES256-GCM-SHA384"},                 // the same, with AEAD
        {"-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"},  // no AEAD
        {"-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384"},           // the same
        {"-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384"},         // costs the server much
        {"-tls1_3", "-groups", "ffdhe2048"},                         // the same
        {"-tls1_3", "-groups", "ffdhe8192"},
    };
    for (const auto& how : weak) {
      std::string said = co_await handshake_by_openssl(server, how);
      EXPECT_NE(said.find("handshake failure"), said.npos) << how[2] << ":\n" << said;
    }
    EXPECT_EQ(ctx.statistics().handshakes, 0u);
    for (std::string group : {"X25519", "P-256", "X448", "P-384", "P-521"}) {
      for (std::string version : {"-tls1_2", "-tls1_3"}) {
        std::vector<std::string> how{version, "-groups", group};
        std::string said = co_await handshake_by_openssl(server, how);
        EXPECT_NE(said.find("Verification: OK"), said.npos) << group << ":\n" << said;
      }
    }
    // The order is the server's.
    std::vector<std::string> how{"-tls1_2", "-cipher",
                                 "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"};
    std::string said = co_await handshake_by_openssl(server, how);
    EXPECT_NE(said.find("Cipher is ECDHE-RSA-AES256-GCM-SHA384"), said.npos) << said;
    co_await server.close();
  });
}

TEST(tls_peers, a_client_offers_no_weak_algorithms) {
  test::run([]() -> rondo::task<> {
    for (std::string weak : {"AES128-SHA:@SECLEVEL=0", "AES256-GCM-SHA384"}) {
      openssl_server server({"-www", "-tls1_2", "-cipher", weak});
      std::uint16_t port = co_await server.port();
      bool refused = false;
      try {
        auto s = co_await rondo::open_tls_connection("localhost", port, certificates::client());
      } catch (const rondo::tls_error&) {
        refused = true;
      }
      EXPECT_TRUE(refused) << weak;
    }
  });
}

TEST(tls_peers, a_server_of_one_protocol_refuses_clients_of_others) {  // RFC 7301, 3.2
  test::run([]() -> rondo::task<> {
    auto ctx = certificates::server();
    ctx.set_alpn_protocols({"h2"});  // for others that use it
    auto server =
        co_await rondo::start_tls_server(echo, "127.0.0.1", 0, ctx, {.alpn_protocol = "imap"});
    std::vector<std::string> other{"-alpn", "h2,http/1.1"};
    std::string said = co_await handshake_by_openssl(server, other);
    EXPECT_NE(said.find("no application protocol"), said.npos) << said;
    std::vector<std::string> also{"-alpn", "h2,imap"};
    said = co_await handshake_by_openssl(server, also);
    EXPECT_NE(said.find("ALPN protocol: imap"), said.npos) << said;
    std::vector<std::string> none;
    said = co_await handshake_by_openssl(server, none);
    EXPECT_NE(said.find("No ALPN negotiated"), said.npos) << said;
    EXPECT_NE(said.find("Verification: OK"), said.npos) << said;
    co_await server.close();
  });
}

TEST(tls_peers, openssl_asks_for_a_name) {
  test::run([]() -> rondo::task<> {
    auto ctx = certificates::server();
    ctx.add_certificate("*.example.org", certificates::pem("any"), certificates::key("any"));
    auto server = co_await rondo::start_tls_server(echo, "127.0.0.1", 0, ctx);
    for (const char* name : {"www.example.org", "other.example"}) {
      test::program client({"openssl", "s_client", "-connect",
                            "127.0.0.1:" + std::to_string(server.port()), "-servername", name});
      client.in.close();
      std::string output = co_await client.out.read_all(100'000);
      bool any = output.find("subject=CN = any") != output.npos ||
                 output.find("subject=CN=any") != output.npos;  // from OpenSSL 3.2 on
      EXPECT_EQ(any, name == std::string("www.example.org")) << output;
    }
    co_await server.close();
  });
}

TEST(tls_peers, renegotiation_is_refused) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::start_tls_server(echo, "127.0.0.1", 0, certificates::server());
    test::program client(openssl_client(server, {"-tls1_2"}));
    co_await client.out.read_until("---\n");
    co_await client.in.write("before\n");
    co_await client.out.read_until("before\n");
    co_await client.in.write("R\n");
    std::string output = co_await client.out.read_all(100'000);
    EXPECT_NE(output.find("no renegotiation"), output.npos) << output;
    co_await server.close();
  });
}

TEST(tls_peers, openssl_renews_keys) {
  test::run([]() -> rondo::task<> {
    auto server = co_await rondo::start_tls_server(echo, "127.0.0.1", 0, certificates::server());
    test::program client(openssl_client(server, {"-tls1_3"}));
    for (int i = 0; i < 3; ++i) {
      std::string line = "line " + std::to_string(i) + "\n";
      co_await client.in.write(line);
      co_await client.out.read_until(line);
      co_await client.in.write("K\n");
      co_await client.out.read_until("KEYUPDATE\n");
    }
    client.end(SIGTERM);  // or the server waits for it
    co_await server.close();
  });
}

TEST(tls_peers, curl_trusts_our_server_through_its_ca) {
  test::run([]() -> rondo::task<> {
    std::string body = test::pattern(1'000'000);
    for (char& c : body) c = static_cast<char>('a' + static_cast<unsigned char>(c) % 26);
    auto serve = [&](rondo::stream s) -> rondo::task<> {
      std::string head = co_await s.read_until("\r\n\r\n");
      EXPECT_TRUE(head.starts_with("GET /file HTTP/1.1\r\n")) << head;
      co_await s.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
      co_await s.write(body);
    };
    auto ctx = certificates::server();
    ctx.set_alpn_protocols({"http/1.1"});
    auto server = co_await rondo::start_tls_server(serve, "127.0.0.1", 0, ctx);
    std::string url = "https://localhost:" + std::to_string(server.port()) + "/file";
    std::vector<std::string> command{
        "curl", "-sS", "-4", "--noproxy", "*", "--cacert", certificates::pem("ca"), url};
    {
      test::program curl(command);
      EXPECT_TRUE(co_await curl.out.read_all(2'000'000) == body);
      EXPECT_EQ(curl.end(0), 0);
    }
    command[6] = certificates::pem("other_ca");
    {
      test::program curl(command);
      std::string said = co_await curl.out.read_all(10'000);
      EXPECT_NE(said.find("certificate"), said.npos) << said;
      EXPECT_EQ(curl.end(0), 60) << "curl trusted an unknown CA";
    }
    co_await server.close();
  });
}

}  // namespace
