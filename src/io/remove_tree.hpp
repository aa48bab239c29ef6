// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>

namespace rondo { inline namespace v0 { namespace detail {

/// Removes a directory and what is in it; returns early when stop says so.
/// Blocks: for a thread. Throws std::system_error `remove_tree /x/y: …`.
void remove_tree_now(const std::string& path, const std::stop_token& stop);

}}}  // namespace rondo::v0::detail
