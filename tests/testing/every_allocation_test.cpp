// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// That every_allocation finds what it is for. (That Rondo passes it: compose/fault_points_test.)
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rondo/rondo.hpp>
#include <rondo/testing.hpp>
#include <rondo/testing/replace_new.hpp>

namespace {

using rondo::testing::allocation_fault;
using rondo::testing::every_allocation;

std::string fault_of(void (*scenario)()) {
  try {
    every_allocation(scenario);
    return "none";
  } catch (const allocation_fault& e) {
    return e.what();
  }
}

// Optimizers may leave allocations out that they see the end of.
void keep(const void* p) { asm volatile("" : : "g"(p) : "memory"); }

class allocation_faults : public testing::Test {
  void SetUp() override {
    if (!rondo::testing::allocations_can_fail)
      GTEST_SKIP() << "the sanitizer's allocator cannot be replaced";
  }
};

TEST_F(allocation_faults, are_counted) {
  int calls = 0;
  int runs = every_allocation([&] {
    ++calls;
    auto a = std::make_unique<int>(1);
    keep(a.get());
    auto b = std::make_unique<int>(2);
    keep(b.get());
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(calls, 2 + 3);
}

TEST_F(allocation_faults, a_leak_is_found) {
  static int* leaked;  // LeakSanitizer is to find none
  EXPECT_EQ(fault_of([] {
              leaked = new int(1);
              keep(leaked);
              auto second = std::make_unique<int>(2);
              keep(second.get());
              delete leaked;
            }),
            "with allocation 1 failing the scenario left 1 blocks allocated");
  delete leaked;
}

TEST_F(allocation_faults, another_exception_is_found) {
  EXPECT_EQ(fault_of([] {
              try {
                keep(std::make_unique<int>(1).get());
              } catch (const std::bad_alloc&) {
                throw std::runtime_error("no luck");
              }
            }),
            "with allocation 0 failing the scenario threw std::runtime_error: no luck");
}

TEST_F(allocation_faults, only_the_one_fails_or_all_from_it_on) {
  auto failures_of_three = [](bool all_after) {
    rondo::testing::failing_allocation fault(1, all_after);
    for (int i = 0; i < 3; ++i) {
      try {
        keep(std::make_unique<int>(1).get());
      } catch (const std::bad_alloc&) {
      }
    }
    fault.stop();
    return fault.failures();
  };
  EXPECT_EQ(failures_of_three(false), 1);
  EXPECT_EQ(failures_of_three(true), 2);
}

TEST_F(allocation_faults, a_program_that_ends_with_a_task_in_flight) {
  int runs = every_allocation([] {
    rondo::testing::run_virtual([]() -> rondo::task<> {
      auto other = rondo::create_task(rondo::sleep(std::chrono::hours(1)));
      other.set_name("a name that is too long for a small string");
      co_await rondo::testing::wait_until_all_blocked();
    });
  });
  EXPECT_GT(runs, 3);
}

}  // namespace
