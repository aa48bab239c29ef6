// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Memory runs short at every allocation in turn: an error, no leak, no crash.
#include <gtest/gtest.h>

#include <rondo/testing/replace_new.hpp>
#include "support/tls.hpp"

#if RONDO_ALLOCATIONS_CAN_FAIL

using test::certificates;

namespace {

TEST(tls_faults, every_allocation_of_a_connection_may_fail) {
  test::run([]() -> rondo::task<> {
    auto client = certificates::client();
    auto server = certificates::server();
    std::size_t fds = test::open_fds();
    int failures = 0;
    bool failed = true;
    for (int n = 0; failed && n < 2'000; ++n) {
      auto [a, b] = rondo::socketpair();
      rondo::stream one = std::move(a);
      rondo::stream other = std::move(b);
      auto accept = [&]() -> rondo::task<> {
        try {
          co_await rondo::start_tls(other, server);
          co_await other.write("a line\n");
        } catch (const std::exception&) {
        }
        other.close();
      };
      auto accepting = rondo::create_task(accept());
      try {
        rondo::testing::failing_allocation fault(n);
        failed = false;
        co_await rondo::start_tls(one, client, "localhost");
        std::string line = co_await one.read_line();
        failed = fault.has_failed();
        EXPECT_TRUE(failed || line == "a line\n") << line;
      } catch (const std::bad_alloc&) {
        failed = true;
        ++failures;
      } catch (const std::system_error&) {
        // The other end's memory was short, or OpenSSL's answer to it.
        failed = true;
        ++failures;
      }
      one.close();
      co_await accepting;
    }
    EXPECT_FALSE(failed) << "it never came to an end";
    EXPECT_GT(failures, 5);
    co_await test::turns(10);
    EXPECT_EQ(test::open_fds(), fds);
  });
}

}  // namespace

#endif
