// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rondo { inline namespace v0 { namespace detail {

/// A link of the ready queue: something that the loop calls once, from its top
/// level. It is part of the object that it stands for (an operation, a node),
/// so posting never allocates. An entry is in at most one queue at a time.
struct entry {
  entry* next = nullptr;
  void (*fire)(entry&) noexcept = nullptr;
};

}}}  // namespace rondo::v0::detail
