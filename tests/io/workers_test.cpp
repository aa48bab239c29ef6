// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Servers of several loops on one port.
#include <atomic>
#include <csignal>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <rondo/io.hpp>

#include "support/async.hpp"
#include "support/child.hpp"

using namespace std::chrono_literals;

namespace {

/// Serves its index to every connection, on the port that the first worker found.
rondo::task<> serve_index(std::size_t index, std::size_t workers, std::atomic<int>& port,
                          std::atomic<std::size_t>& listening) {
  while (index > 0 && port == 0) co_await rondo::sleep(1ms);
  auto handler = [index](rondo::stream s) -> rondo::task<> {
    co_await s.write(std::to_string(index) + "\n");
  };
  auto server = co_await rondo::start_server(
      handler, "127.0.0.1", static_cast<std::uint16_t>(port.load()), {.reuse_port = true});
  if (index == 0) port = server.port();
  if (++listening == workers) test::say("listening " + std::to_string(port) + "\n");
  co_await server.serve_forever();
}

TEST(workers, connections_to_one_port_reach_more_than_one) {
  constexpr std::size_t servers = 3;
  std::atomic<int> port{0};
  std::atomic<std::size_t> listening{0};
  std::set<std::string> reached;
  struct done {};
  auto worker = [&](std::size_t i) -> rondo::task<> {
    if (i < servers) co_await serve_index(i, servers, port, listening);
    while (listening < servers) co_await rondo::sleep(1ms);
    // The kernel spreads by a hash of the addresses: each connection goes to
    // the same server with a chance of 1/3.
    for (int n = 0; n < 200 && reached.size() < 2; ++n) {
      auto s =
          co_await rondo::open_connection("127.0.0.1", static_cast<std::uint16_t>(port.load()));
      reached.insert(co_await s.read_line());
    }
    throw done();  // stops the servers
  };
  EXPECT_THROW(
      rondo::run_workers(servers + 1, worker, {.interrupt = rondo::on_interrupt::leave_alone}),
      done);
  EXPECT_GE(reached.size(), 2u);
}

RONDO_CHILD(workers_serve) {
  std::atomic<int> port{0};
  std::atomic<std::size_t> listening{0};
  rondo::run_workers(
      2, [&](std::size_t i) -> rondo::task<> { co_await serve_index(i, 2, port, listening); });
  return 0;
}

TEST(workers, sigint_stops_all_servers) {
  const char* backend = std::getenv("RONDO_BACKEND");
  test::child c("workers_serve", {std::string("RONDO_BACKEND=") + (backend ? backend : "")});
  ASSERT_TRUE(c.wait_for("listening ")) << c.output();
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "signal " + std::to_string(SIGINT)) << c.output();
}

}  // namespace
