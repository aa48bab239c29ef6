// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace rondo { inline namespace v0 { namespace detail {

/// Aborts after "rondo: fatal: " and this on standard error: for what cannot go on
/// without undefined behaviour. Does not wait for a reader of standard error for
/// longer than a second. Any thread.
[[noreturn]] void fatal(std::string_view text) noexcept;

}}}  // namespace rondo::v0::detail
