// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// Calls of operator new so far: what went past the frame pool. Linking
/// allocations.cpp replaces the operators.
std::uint64_t allocations() noexcept;
