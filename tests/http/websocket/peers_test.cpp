// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Against Python's websockets, both ways.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "support/websocket.hpp"
#include "support/run.hpp"
#include "support/tls.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace {

using test::message;

/// A Python that has websockets; empty: none.
const std::string& python() {
  static const std::string found = [] {
    for (std::string one : {"python3", "/usr/bin/python3"})
      if (std::system((one + " -c 'import websockets' 2>/dev/null").c_str()) == 0) return one;
    return std::string();
  }();
  return found;
}

class websocket_peers : public testing::Test {
 protected:
  void SetUp() override {
    if (python().empty())
      GTEST_SKIP() << "no Python with websockets (apt install python3-websockets)";
  }
};

TEST_F(websocket_peers, our_client_and_a_server_in_python) {
  constexpr const char* script = R"(
import asyncio, websockets
async def serve(ws, path=None):
    async for m in ws:
        if m == "close":
            await ws.close(4321, "you asked")
        elif m == "parts":
            await ws.send(["one ", "and ", "two"])
        elif m == "ping":
            await (await ws.ping())
            await ws.send("ponged")
        else:
            await ws.send(m)
async def main():
    async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["chat"], max_size=300000) as s:
        print(s.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()
asyncio.run(main())
)";
  test::run([&]() -> rondo::task<> {
    test::program server({python(), "-c", script});
    std::string port = co_await server.out.read_line();
    std::string at = "ws://127.0.0.1:" + port.substr(0, port.find('\n'));
    {
      auto ws = co_await http::connect_websocket(at, {.subprotocols = "other, chat"});
      EXPECT_EQ(ws.subprotocol(), "chat");
      for (std::size_t n : {0, 1, 125, 126, 65535, 65536, 300'000}) {
        std::string data(n, 'x');
        co_await ws.send(data);
        auto m = co_await ws.receive();
        EXPECT_TRUE(m && m->is_text && m->data == data) << n;
        co_await ws.send_bytes(data);
        m = co_await ws.receive();
        EXPECT_TRUE(m && !m->is_text && m->data == data) << n;
      }
      auto parts = []() -> rondo::async_generator<std::string> {
        co_yield std::string("sp\xC3");
        co_yield std::string("\xA4t");
      };
      co_await ws.send(parts());
      auto m = co_await ws.receive();
      EXPECT_EQ(m->data, "sp\xC3\xA4t");
      co_await ws.send("parts");
      m = co_await ws.receive();
      EXPECT_EQ(m->data, "one and two");
      co_await ws.send("ping");
      m = co_await ws.receive();
      EXPECT_EQ(m->data, "ponged");
      co_await ws.send("close");
      EXPECT_THROW(co_await ws.receive(), http::websocket_error);
      EXPECT_EQ(ws.close_code(), 4321);
      EXPECT_EQ(ws.close_reason(), "you asked");
      co_await ws.close();
    }
    {
      auto ws = co_await http::connect_websocket(
          at, {.subprotocols = "chat", .ping_interval = 1ms, .ping_timeout = 10s});
      for (int i = 0; i < 100; ++i) {
        co_await ws.send("while pings go on");
        co_await ws.receive();
      }
      co_await ws.close(1000, "done");
      EXPECT_EQ(ws.close_code(), 1000);
    }
    {
      auto ws = co_await http::connect_websocket(at, {.subprotocols = "chat"});
      std::string too_long(300'001, 'x');
      co_await ws.send(too_long);
      EXPECT_THROW(co_await ws.receive(), http::websocket_error);
      EXPECT_EQ(ws.close_code(), 1009);
    }
  });
}

TEST_F(websocket_peers, a_client_in_python_and_our_server) {
  constexpr const char* script = R"(
import asyncio, ssl, sys, websockets
async def main(uri, ca):
    context = ssl.create_default_context(cafile=ca) if ca else None
    async with websockets.connect(uri, ssl=context, subprotocols=["chat"]) as ws:
        print(ws.subprotocol, ws.extensions if hasattr(ws, "extensions") else ws.protocol.extensions)
        await ws.send("h\u00e9llo")
        print(ascii(await ws.recv()))
        for n in (0, 125, 126, 65535, 65536, 300000):
            await ws.send(b"\xff" * n)
            assert await ws.recv() == b"\xff" * n
        await ws.send(["a", "b", "c"])
        print(await ws.recv())
        await (await ws.ping())
        print("pong")
    print(ws.close_code)
    async with websockets.connect(uri, ssl=context) as ws:
        try:
            await ws.send("x" * 400000)
            await ws.recv()
        except websockets.ConnectionClosedError as e:
            print(e.rcvd.code)
    try:
        async with websockets.connect(uri, ssl=context, origin="https://evil.example"):
            print("connected")
    except websockets.InvalidHandshake as e:  # its members have moved, like those above
        print(e.response.status_code if hasattr(e, "response") else e.status_code)
    async with websockets.connect(uri, ssl=context) as ws:
        await ws.send("bye")
        try:
            async for m in ws:
                print(m)
        finally:
            print(ws.close_code, ws.close_reason)
asyncio.run(main(sys.argv[1], sys.argv[2]))
)";
  test::run([&]() -> rondo::task<> {
    auto h = [](http::websocket ws) -> rondo::task<> {
      for (;;) {
        std::optional<message> m = co_await ws.receive();
        if (!m) co_return;
        if (m->data == "bye") co_await ws.close(1001, "going home");
        if (ws.close_code() != 0) co_return;
        if (m->is_text) {
          co_await ws.send(m->data);
        } else {
          co_await ws.send_bytes(m->data);
        }
      }
    };
    http::websocket_options options{.subprotocols = "chat", .max_message = 300'000};
    auto site = [&](http::request& r) { return http::accept_websocket(r, h, options); };
    auto plain = co_await http::start_server(site, "127.0.0.1", 0);
    auto secure =
        co_await http::start_tls_server(site, "127.0.0.1", 0, test::certificates::server());
    for (bool tls : {false, true}) {
      std::string uri = (tls ? "wss://localhost:" : "ws://127.0.0.1:") +
                        std::to_string(tls ? secure.port() : plain.port());
      test::program client(
          {python(), "-c", script, uri, tls ? test::certificates::pem("ca") : std::string()});
      std::string said = co_await client.out.read_all(100'000);
      EXPECT_EQ(said, "chat []\n'h\\xe9llo'\nabc\npong\n1000\n1009\n403\n1001 going home\n");
      EXPECT_EQ(client.end(0), 0);
    }
    co_await plain.close();
    co_await secure.close();
  });
}

}  // namespace
