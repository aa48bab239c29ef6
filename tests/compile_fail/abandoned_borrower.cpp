// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: pass arguments that own their data
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <rondo/rondo.hpp>

static_assert(rondo::detail::borrows<const char*>);
static_assert(rondo::detail::borrows<std::string_view>);
static_assert(rondo::detail::borrows<std::span<int>>);
static_assert(rondo::detail::borrows<std::span<int, 3>>);
static_assert(rondo::detail::borrows<std::reference_wrapper<int>>);
static_assert(!rondo::detail::borrows<std::string>);
static_assert(!rondo::detail::borrows<void (*)()>);

rondo::task<> body() {
#ifdef BAD
  co_await rondo::to_thread(rondo::abandon_on_cancel, [](std::string) {}, "borrowed");
#else
  std::string owned = "owned";
  co_await rondo::to_thread(rondo::abandon_on_cancel, [](std::string) {}, owned);
#endif
}
