// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <new>
#include <string>
#include <system_error>

#include <gtest/gtest.h>

#include <rondo/coro/detail/backtrace.hpp>
#include <rondo/rondo.hpp>

#include "support/allocations.hpp"

namespace test {

/// Runs the scenario with each allocation of this thread failing in turn; the number
/// of runs. Each time it passes or throws std::bad_alloc, or std::system_error of the
/// same meaning, and leaks nothing.
template <class Scenario>
int every_allocation(Scenario scenario, bool and_all_after) {
  if (!RONDO_TEST_FAIL_ALLOC) return 1000;
  // What is made once and kept: frame slabs, thread locals, locales.
  for (int i = 0; i < 2; ++i) scenario();
  for (int n = 0; n < 5000; ++n) {
    rondo::detail::forget_departures();  // exceptions that are kept for async_backtrace
    long before = allocations::alive;
    bool passed = false, failed = false;
    std::string surprise;
    {
      failing_allocation fault(n, and_all_after);
      try {
        scenario();
        passed = true;
      } catch (const std::bad_alloc&) {
      } catch (const rondo::deadlock_error& e) {
        allocations::until_failure = -1;
        surprise = e.what();
      } catch (const std::system_error& e) {
        allocations::until_failure = -1;
        if (e.code() != std::errc::not_enough_memory) surprise = e.what();
      } catch (const std::exception& e) {
        allocations::until_failure = -1;
        surprise = e.what();
      } catch (const rondo::cancelled_error&) {
        allocations::until_failure = -1;
        surprise = "cancelled";
      }
      failed = fault.has_failed();
    }
    EXPECT_EQ(surprise, "") << "with allocation " << n << " failing";
    rondo::detail::forget_departures();
    EXPECT_EQ(allocations::alive, before) << "leaked with allocation " << n << " failing";
    if (!failed) {
      EXPECT_TRUE(passed);
      return n;
    }
    if (testing::Test::HasFailure()) return n;
  }
  ADD_FAILURE() << "the scenario never passed";
  return 0;
}

}  // namespace test
