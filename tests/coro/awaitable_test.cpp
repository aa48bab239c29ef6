// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <rondo/rondo.hpp>

// Never called: only their types are looked at.
rondo::task<int> number();
rondo::task<> nothing();
rondo::task<std::string&> reference();

namespace {

using namespace std::chrono_literals;
using rondo::awaitable;
using rondo::awaited_t;

struct foreign {
  bool await_ready() const noexcept { return true; }
  template <class Handle>
  void await_suspend(Handle) const noexcept {}
  double await_resume() const noexcept { return 1.5; }
};

// What can be awaited, and what it gives.
static_assert(awaitable<rondo::task<int>, int>);
static_assert(awaitable<rondo::task<>, void>);
static_assert(awaitable<rondo::task<std::string&>, std::string&>);
static_assert(awaitable<rondo::task_handle<int>, int>);
static_assert(awaitable<rondo::future<long>&, long>);
static_assert(awaitable<foreign, double>);
static_assert(awaitable<decltype(rondo::sleep(1s)), void>);
// Exactly that, and nothing that cannot be awaited.
static_assert(!awaitable<rondo::task<int>, long>);
static_assert(!awaitable<rondo::task<int>, void>);
static_assert(!awaitable<rondo::task<std::string&>, std::string>);
static_assert(!awaitable<int, int>);
static_assert(!awaitable<rondo::event&, void>);

template <class A, class T>
constexpr bool gives = std::is_same_v<awaited_t<A>, T>;

// The signatures of compose say what their template arguments make of them.
static_assert(gives<decltype(rondo::gather(number(), nothing())), std::tuple<int, rondo::none_t>>);
static_assert(gives<decltype(rondo::gather(nothing(), nothing())), void>);
static_assert(gives<decltype(rondo::gather(std::declval<std::vector<rondo::task<int>>&>())),
                    std::vector<int>>);
static_assert(gives<decltype(rondo::gather(std::declval<std::vector<rondo::task<>>&>())), void>);
static_assert(gives<decltype(rondo::outcome_of(nothing())), rondo::outcome<void>>);
static_assert(gives<decltype(rondo::race(number(), nothing())),
                    std::tuple<std::optional<int>, std::optional<rondo::none_t>>>);
static_assert(gives<decltype(rondo::wait_for(reference(), 1s)), std::string&>);
static_assert(gives<decltype(rondo::move_on_after(number(), 1s)), std::optional<int>>);
static_assert(gives<decltype(rondo::move_on_after(reference(), 1s)),
                    std::optional<std::reference_wrapper<std::string>>>);
static_assert(gives<decltype(rondo::to_thread([](int i) { return i * 2.0; }, 1)), double>);
static_assert(
    gives<decltype(rondo::with_task_group(std::declval<long (&)(rondo::task_group&)>())), long>);

awaitable<std::size_t> auto length_of(const std::string& s) {
  return rondo::shield([](std::size_t n) -> rondo::task<std::size_t> { co_return n; }(s.size()));
}

TEST(Awaitable, stands_in_the_signature_of_what_passes_an_operation_on) {
  std::size_t n =
      rondo::run([]() -> rondo::task<std::size_t> { co_return co_await length_of("four"); });
  EXPECT_EQ(n, 4u);
}

}  // namespace
