// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>

#include <rondo/io/file_system.hpp>

namespace rondo { inline namespace v0 { namespace detail {

file_type type_of(unsigned st_mode) noexcept;
file_status to_status(const struct ::stat& info) noexcept;

}}}  // namespace rondo::v0::detail
