// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace rondo { inline namespace v0 { namespace detail {

/// Names the inherited socket: `fd:pid of the pool's process:limit in bytes`.
inline constexpr const char* worker_variable = "RONDO_PROCESS_POOL_WORKER";

/// This process was started as a worker and has not served.
bool is_unserved_worker() noexcept;

}}}  // namespace rondo::v0::detail
