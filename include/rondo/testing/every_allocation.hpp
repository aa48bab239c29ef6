// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <climits>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include <rondo/coro/diagnostic.hpp>
#include <rondo/testing/allocations.hpp>

namespace rondo { inline namespace v0 { namespace testing {

/// What every_allocation found: with which allocation failing the scenario threw something
/// else than it should, or leaked.
class allocation_fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Calls scenario() with the first allocation of this thread failing, with the second, the
/// third, …, until it passes with none failing; how many calls that took. Each time it must
/// pass all the same or throw std::bad_alloc (or a std::system_error that means that), and
/// free what it has allocated; else this throws allocation_fault. and_all_after: all later
/// allocations fail too.
///
/// What is made once and kept (slabs of frames, locales) is made in two calls before. Where
/// allocations cannot fail (allocations_can_fail) it calls once and gives INT_MAX.
template <class Scenario>
int every_allocation(Scenario scenario, bool and_all_after = false) {
  constexpr int most = 5000;
  if constexpr (!allocations_can_fail) {
    scenario();
    return INT_MAX;
  }
  for (int i = 0; i < 2; ++i) scenario();
  for (int n = 0; n < most; ++n) {
    detail::forget_kept_exceptions();
    long before = allocations_alive();
    bool failed = false;
    std::string surprise;
    {
      failing_allocation fault(n, and_all_after);
      try {
        scenario();
      } catch (const std::bad_alloc&) {
      } catch (const std::system_error& e) {
        fault.stop();
        if (e.code() != std::errc::not_enough_memory) surprise = describe(std::current_exception());
      } catch (...) {
        fault.stop();
        surprise = describe(std::current_exception());
      }
      failed = fault.has_failed();
    }
    detail::forget_kept_exceptions();
    long leaked = surprise.empty() ? allocations_alive() - before : 0;
    std::string which = "with allocation " + std::to_string(n) + " failing the scenario ";
    if (!surprise.empty()) throw allocation_fault(which + "threw " + surprise);
    if (leaked != 0)
      throw allocation_fault(which + "left " + std::to_string(leaked) + " blocks allocated");
    if (!failed) return n;
  }
  throw allocation_fault("the scenario makes more than " + std::to_string(most) +
                         " allocations: try less at a time");
}

}}}  // namespace rondo::v0::testing
