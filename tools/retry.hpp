// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <rondo/loop/time.hpp>

namespace tool {

/// After failures + 1 of them: what the server asks for, else exponential from `first`
/// on, with jitter. At most a minute.
rondo::delay pause_before_retry(rondo::delay first, int failures,
                                std::optional<rondo::delay> asked);

}  // namespace tool
