// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// An echo server and its client over TCP.
#include <cstdio>
#include <rondo/io.hpp>
#include <rondo/rondo.hpp>

rondo::task<> handle_echo(rondo::stream stream) {
  auto line = co_await stream.read_line();
  std::printf("Server received: %s", line.c_str());
  co_await stream.write(line);
}

rondo::task<> echo_client(const char* message, std::uint16_t port) {
  auto stream = co_await rondo::open_connection("127.0.0.1", port);
  co_await stream.write(message);
  auto reply = co_await stream.read_all(1024);
  std::printf("Client received: %s", reply.c_str());
}

rondo::task<> amain() {
  auto server = co_await rondo::start_server(handle_echo, "127.0.0.1", 0);
  co_await echo_client("Hello\n", server.port());
  co_await echo_client("World\n", server.port());
  co_await server.close();
}

int main() { rondo::run(amain()); }
