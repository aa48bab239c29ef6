// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rondo::inline v0::detail {

/// One binding of a context variable; the rest of the context is what it had
/// been before. Immutable and counted, so that a new task shares its creator's
/// context by copying a pointer. Belongs to one thread.
struct context {
  context* previous = nullptr;
  const void* variable = nullptr;
  unsigned references = 1;
  void (*destroy)(context*) noexcept = nullptr;
};

inline context* retain(context* c) noexcept {
  if (c) ++c->references;
  return c;
}

/// Gives one reference back; iterative, because contexts can be long.
inline void release(context* c) noexcept {
  while (c && --c->references == 0) {
    context* previous = c->previous;
    c->destroy(c);
    c = previous;
  }
}

}  // namespace rondo::inline v0::detail
