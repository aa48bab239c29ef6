// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rondo { inline namespace v0 { namespace detail {

/// Where standard input, output or error is closed, puts something in its place:
/// else the next socket or ring would get its number, and what the program prints.
/// As if it were closed still, reading it and writing to it fails with EBADF. Changes
/// nothing where all three are open.
void occupy_standard_fds() noexcept;

}}}  // namespace rondo::v0::detail
