// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/db/detail/run_transaction.hpp>

#include <rondo/db/errors.hpp>
#include "loop/backoff.hpp"

namespace rondo { inline namespace v0 { namespace db { namespace detail {

bool gave_way(const std::exception_ptr& failure) noexcept {
  try {
    std::rethrow_exception(failure);
  } catch (const error& e) {
    return e.sqlstate() == "40001" || e.sqlstate() == "40P01";
  } catch (...) {
    return false;
  }
}

delay pause_before_try(int next) {
  using namespace std::chrono_literals;
  return rondo::detail::backoff(5ms, 1s, next - 1);
}

}}}}  // namespace rondo::v0::db::detail
