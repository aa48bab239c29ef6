// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tool {

/// Runs a program's main with its standard output caught, and shows each line of
/// it at once, behind a prefix. Throws std::system_error.
std::string run_captured(void (*program)(), std::string_view prefix);

}  // namespace tool
