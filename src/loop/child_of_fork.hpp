// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rondo { inline namespace v0 { namespace detail {

/// From now on a child of fork has no loop: a step into its parent's ends it with a message.
void leave_loops_in_children();

}}}  // namespace rondo::v0::detail
