// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A chat room over WebSocket: its server, and two who talk.
#include <cstdio>
#include <rondo/http/server.hpp>
#include <rondo/http/websocket.hpp>
#include <rondo/rondo.hpp>
#include <set>
#include <string>

namespace http = rondo::http;

std::set<http::websocket*> room;

struct visit {  // in the room as long as it lives, also when its task is cancelled
  explicit visit(http::websocket& ws) : ws(ws) { room.insert(&ws); }
  ~visit() { room.erase(&ws); }
  http::websocket& ws;
};

void tell(std::string text) {
  for (http::websocket* ws : room) ws->try_send(text);
}

rondo::task<> chat(http::websocket ws) {
  auto name = co_await ws.receive();
  if (!name) co_return;
  {
    visit in_the_room(ws);
    tell(name->data + " joins");
    auto messages = ws.messages();
    while (auto text = co_await messages.next()) tell(name->data + ": " + text->data);
  }
  tell(name->data + " leaves");
}

rondo::task<> hear(const char* name, http::websocket& ws) {
  auto message = co_await ws.receive();
  std::printf("%s hears: %s\n", name, message->data.c_str());
}

rondo::task<> amain() {
  auto app = [](http::request& r) { return http::accept_websocket(r, chat); };
  auto server = co_await http::start_server(app, "127.0.0.1", 0);
  std::string url = "ws://127.0.0.1:" + std::to_string(server.port()) + "/";
  auto ann = co_await http::connect_websocket(url);
  co_await ann.send("Ann");
  co_await hear("Ann", ann);
  auto bob = co_await http::connect_websocket(url);
  co_await bob.send("Bob");
  co_await hear("Ann", ann);
  co_await hear("Bob", bob);
  for (auto [sender, text] : {std::pair(&ann, "Hello, Bob!"), std::pair(&bob, "Hello, Ann!")}) {
    co_await sender->send(text);
    co_await hear("Ann", ann);
    co_await hear("Bob", bob);
  }
  co_await bob.close();
  co_await hear("Ann", ann);
  co_await ann.close();
  co_await server.close();
  std::printf("closed with %d and %d, %zu left\n", bob.close_code(), ann.close_code(), room.size());
}

int main() { rondo::run(amain()); }
