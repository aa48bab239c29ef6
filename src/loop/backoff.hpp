// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// How long to wait after so many failures in a row: first, then twice as long with each, at
/// most longest; of that a random part, from half to all, so that those who failed together
/// do not come back together.
delay backoff(delay first, delay longest, int failures);

}}}  // namespace rondo::v0::detail
