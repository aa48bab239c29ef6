// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A rate limiter on Redis: three visits a minute for each, counted by a script in the server,
// however many ask at the same time.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <rondo/io.hpp>
#include <rondo/redis.hpp>
#include <rondo/rondo.hpp>

constexpr auto PIPE = rondo::redirect::pipe;

const rondo::redis::script count(R"(
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return n
)");

rondo::task<rondo::process> start_server(std::string path) {
  auto server = co_await rondo::create_subprocess_exec({.out = PIPE}, "redis-server", "--port", "0",
                                                       "--unixsocket", path, "--save", "");
  std::string line;
  while (line.find("eady to accept") == line.npos) line = co_await server.out().read_line();
  co_return server;
}

rondo::task<bool> allowed(rondo::redis::client& r, std::string who) {
  co_return co_await r.eval<int>(count, {"rate:" + who}, 60) <= 3;
}

rondo::task<> amain() {
  auto folder = co_await rondo::make_temporary_directory();
  std::string path = folder.path() + "/redis.sock";
  auto server = co_await start_server(path);
  auto client = co_await rondo::redis::connect("unix://" + path);
  for (std::string who : {"alice", "bob"}) {
    std::vector<rondo::task<bool>> visits;
    for (int i = 0; i < 5; ++i) visits.push_back(allowed(client, who));
    auto answers = co_await rondo::gather(visits);
    auto in = std::count(answers.begin(), answers.end(), true);
    std::printf("%s was let in %d times of %d\n", who.c_str(), int(in), int(answers.size()));
  }
  co_await client.del("rate:alice");
  bool again = co_await allowed(client, "alice");
  std::printf("alice again: %s\n", again ? "True" : "False");
  co_await client.close();
  server.terminate();
  co_await server.wait();
}

int main() { rondo::run(amain()); }
