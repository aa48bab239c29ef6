// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// An echo server and its client over UDP.
#include <cstdio>
#include <rondo/io.hpp>
#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

rondo::task<> serve_echo(rondo::datagram_socket socket) {
  while (true) {
    auto [data, sender, size] = co_await socket.receive_from();
    std::printf("Server received: %s\n", data.c_str());
    co_await socket.send_to(data, sender);
  }
}

rondo::task<> echo_client(const char* message, rondo::endpoint address) {
  auto socket = co_await rondo::connect_udp(address);
  co_await socket.send(message);
  auto reply = co_await rondo::wait_for(socket.receive(), 5s);
  std::printf("Client received: %s\n", reply.c_str());
}

rondo::task<> amain() {
  auto socket = co_await rondo::bind_udp("127.0.0.1", 0);
  auto address = socket.local();
  auto server = rondo::create_task(serve_echo(std::move(socket)));
  co_await echo_client("Hello", address);
  co_await echo_client("World", address);
  server.cancel();
}

int main() { rondo::run(amain()); }
