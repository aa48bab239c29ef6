// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace rondo { inline namespace v0 { namespace detail {

class io_operation;

/// Does what op asks for with the plain system call, without waiting where the
/// call can be told so. Gives its result or -errno.
std::int64_t do_syscall(const io_operation& op) noexcept;

}}}  // namespace rondo::v0::detail
