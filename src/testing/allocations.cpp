// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/testing/detail/allocations.hpp>

#include <rondo/coro/detail/backtrace.hpp>
#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 { namespace testing { namespace detail {

void throw_not_replaced() {
  throw usage_error(
      "testing::failing_allocation: no source file of this program includes "
      "<rondo/testing/replace_new.hpp>");
}

void forget_kept_exceptions() noexcept { rondo::detail::forget_departures(); }

}}}}  // namespace rondo::v0::testing::detail
