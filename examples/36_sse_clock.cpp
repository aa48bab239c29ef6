// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A clock that ticks in server-sent events, and a client that listens to it.
#include <cstdio>
#include <rondo/http.hpp>
#include <rondo/rondo.hpp>

namespace http = rondo::http;
using namespace std::chrono_literals;

rondo::async_generator<http::server_sent_event> clock_ticks() {
  for (int tick = 1;; ++tick) {
    co_yield http::server_sent_event("tick " + std::to_string(tick), "clock", std::to_string(tick));
    co_await rondo::sleep(20ms);
  }
}

http::reply serve_clock(http::request&) { return http::server_sent_events(clock_ticks()); }

rondo::task<> listen(std::string url, int events) {
  http::session session;
  auto response = co_await session.stream(url);
  std::printf("Status %d\n", response.status());
  std::string text;
  while (events > 0) {
    text += co_await response.read();
    for (std::size_t end; events > 0 && (end = text.find("\n\n")) != text.npos; --events) {
      std::printf("Event:\n%s\n", text.substr(0, end).c_str());
      text.erase(0, end + 2);
    }
  }
}

rondo::task<> amain() {
  auto server = co_await http::start_server(serve_clock, "127.0.0.1", 0);
  co_await listen("http://127.0.0.1:" + std::to_string(server.port()) + "/clock", 3);
  std::puts("Heard enough");
  co_await server.close(0s);
}

int main() { rondo::run(amain()); }
