// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <system_error>

namespace rondo { inline namespace v0 { namespace detail {

/// The exception for an error of the kernel's: what errno holds, or the opposite of the
/// negative answer of a request. Its text is `what: …`.
inline std::system_error errno_error(std::int64_t error, const std::string& what) {
  return std::system_error(static_cast<int>(error), std::generic_category(), what);
}

}}}  // namespace rondo::v0::detail
