// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A download and an upload that never lie in memory as a whole, and the server
// they go to.
#include <cstdio>
#include <rondo/http/client.hpp>
#include <rondo/http/server.hpp>
#include <rondo/rondo.hpp>
namespace http = rondo::http;

rondo::async_generator<std::string> numbers(int n) {
  for (int i = 0; i < n; ++i) co_yield "number " + std::to_string(i) + "\n";
}

http::reply download(http::request&) {
  http::reply reply;
  reply.stream = numbers(2'000);
  return reply;
}

rondo::task<http::reply> upload(http::request& request) {
  std::size_t size = 0;
  for (;;) {
    std::string piece = co_await request.read();
    if (piece.empty()) break;
    size += piece.size();
  }
  co_return "received " + std::to_string(size) + " bytes";
}

rondo::task<> amain() {
  http::router router;
  router.get("/numbers", download);
  router.put("/upload", upload);
  auto server = co_await http::start_server(std::move(router), "127.0.0.1", 0);
  std::string base = "http://127.0.0.1:" + std::to_string(server.port());

  http::session session;
  auto response = co_await session.stream(base + "/numbers");
  int count = 0;
  std::string last;
  auto lines = response.lines();
  while (auto line = co_await lines.next()) {
    last = *line;
    ++count;
  }
  std::printf("%d lines, the last is '%s'\n", count, last.c_str());

  auto answer = co_await session.put(base + "/upload", numbers(20'000));
  std::printf("The server says: %s\n", answer.body.c_str());
  co_await server.close();
}

int main() { rondo::run(amain()); }
