// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Memory runs short at every allocation in turn, at either end: an error, no leak,
// no crash.
#include <gtest/gtest.h>

#include <rondo/testing/replace_new.hpp>
#include "support/tls.hpp"

#include "support/websocket.hpp"

#if RONDO_ALLOCATIONS_CAN_FAIL

namespace http = rondo::http;

namespace {

rondo::task<> converse(std::string url) {
  auto ws = co_await http::connect_websocket(url, {.subprotocols = "a, b"});
  std::string text(3000, 't');
  for (int i = 0; i < 3; ++i) {
    co_await ws.send(text);
    auto m = co_await ws.receive();
    if (m) {
      EXPECT_EQ(m->data, text);
    }
  }
  auto parts = [](int n) -> rondo::async_generator<std::string> {
    for (; n > 0; --n) co_yield std::string(40, 'p');
  };
  co_await ws.send(parts(3));
  auto m = co_await ws.receive();
  if (m) {
    EXPECT_EQ(m->data, std::string(120, 'p'));
  }
  co_await ws.close(1000, "a reason that is not short");
}

TEST(websocket_faults, every_allocation_of_a_conversation_may_fail) {
  test::diagnostics told;
  test::run([&]() -> rondo::task<> {
    told.listen();
    auto server = co_await test::serve(test::echo, {.subprotocols = "b"});
    co_await converse(test::url(server));
    std::size_t fds = test::open_fds();
    int failures = 0;
    bool failed = true;
    int n = 0;
    for (; failed && n < 2'000; ++n) {
      try {
        rondo::testing::failing_allocation fault(n);
        co_await converse(test::url(server));
        failed = fault.has_failed();
      } catch (const std::bad_alloc&) {
        ++failures;
      } catch (const http::websocket_error&) {
        ++failures;  // it was the other end's
      }
    }
    EXPECT_FALSE(failed) << "it never came to an end";
    EXPECT_GT(failures, 20);
    while (server.connections() > 0 || test::open_fds() > fds)
      co_await rondo::sleep(std::chrono::milliseconds(1));
    co_await converse(test::url(server));  // it works as ever
    co_await server.close();
  });
}

}  // namespace

#endif
