// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The first, the second, the third … allocation or fd of a call cannot be had:
// the call says so, and no memory, fd or process is left.
#include <sys/resource.h>
#include <sys/wait.h>
#include <cerrno>
#include <new>
#include <system_error>

#include <gtest/gtest.h>

#include <rondo/coro/detail/backtrace.hpp>
#include <rondo/process/process_pool.hpp>

#include <rondo/testing/replace_new.hpp>
#include "support/async.hpp"

namespace jobs {
std::string repeat(const std::string& text) { return text + text; }
}  // namespace jobs

namespace {

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) == 0 || errno != ECHILD; }

void scenario() {
  test::run([]() -> rondo::task<> {
    rondo::process_pool pool({.workers = 1});
    std::string text = "a text that is too long for a small string";
    std::string twice = co_await pool.call<&jobs::repeat>(text);
    EXPECT_EQ(twice, text + text);
    co_await pool.close();
  });
}

TEST(process_pool_faults, every_allocation) {
  if (!RONDO_ALLOCATIONS_CAN_FAIL) GTEST_SKIP() << "the sanitizer's allocator cannot be replaced";
  for (int i = 0; i < 2; ++i) scenario();  // what is made once and kept
  for (bool all_after : {false, true}) {
    bool failed = true;
    for (int n = 0; failed && n < 2000; ++n) {
      rondo::detail::forget_departures();  // exceptions that are kept for async_backtrace
      long before = rondo::testing::allocations_alive();
      std::string surprise;
      {
        rondo::testing::failing_allocation fault(n, all_after);
        try {
          scenario();
        } catch (const std::bad_alloc&) {
        } catch (const std::system_error& e) {
          rondo::testing::failing_allocation::stop();
          if (e.code() != std::errc::not_enough_memory) surprise = e.what();
        } catch (const std::exception& e) {
          rondo::testing::failing_allocation::stop();
          surprise = e.what();
        }
        failed = fault.has_failed();
      }
      rondo::detail::forget_departures();
      EXPECT_EQ(surprise, "") << "with allocation " << n << " failing";
      EXPECT_EQ(rondo::testing::allocations_alive(), before)
          << "with allocation " << n << " failing";
      EXPECT_FALSE(has_children()) << "with allocation " << n << " failing";
      if (HasFailure()) return;
    }
    EXPECT_FALSE(failed) << "the scenario never passed";
  }
}

TEST(process_pool_faults, every_fd) {
  rlimit usual;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  int refused = 0;
  test::run([&]() -> rondo::task<> {
    for (rlim_t n = 3; n < 30; ++n) {
      rondo::process_pool pool({.workers = 1});
      rlimit few = usual;
      few.rlim_cur = n;
      ::setrlimit(RLIMIT_NOFILE, &few);
      try {
        std::string twice = co_await pool.call<&jobs::repeat>("ab");
        EXPECT_EQ(twice, "abab");
      } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), std::errc::too_many_files_open) << e.what();
        ++refused;
      }
      ::setrlimit(RLIMIT_NOFILE, &usual);
      std::string again = co_await pool.call<&jobs::repeat>("cd");
      EXPECT_EQ(again, "cdcd");
    }
  });
  EXPECT_GT(refused, 1);
  EXPECT_LT(refused, 27);
  EXPECT_FALSE(has_children());
}

}  // namespace
