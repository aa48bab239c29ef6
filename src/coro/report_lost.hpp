// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

#include <rondo/coro/diagnostic.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Reports an exception that nobody gets. said() tells what has failed ("the handler of GET
/// /x failed"), and may run out of memory; the exception's own text is put behind it.
template <class Said>
void report_lost(const std::exception_ptr& error, Said said) noexcept {
  report_made([&] {
    return diagnostic{problem::exception_not_retrieved, said() + ": " + describe(error), error};
  });
}
inline void report_lost(const std::exception_ptr& error, const char* said) noexcept {
  report_lost(error, [said] { return std::string(said); });
}

}}}  // namespace rondo::v0::detail
