// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/pg/listener.hpp>
#include "pg/pool_core.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// Listens on a connection of its own, which does not count against the pool's max. Once it
/// stands, it comes back for ever.
task<listener> listen(rondo::detail::ref<pool_core> pool, std::vector<std::string> channels);

}}}}  // namespace rondo::v0::pg::detail
