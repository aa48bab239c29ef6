// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace rondo { inline namespace v0 { namespace detail {

/// The value of a context variable. Counted: contexts share it. Belongs to one
/// thread, as contexts do.
struct context_value {
  unsigned references = 1;
  void (*destroy)(context_value*) noexcept = nullptr;
};

/// What variables have which values. Counted and, while it is shared, never
/// changed, so that a new task takes over its creator's context by copying a
/// pointer. It has one binding for each variable that is set, so it does not grow
/// with the number of sets. Its bindings follow it in memory.
struct context {
  struct binding {
    const void* variable;
    context_value* value;
  };
  unsigned references = 1;
  unsigned size = 0;

  binding* begin() noexcept { return reinterpret_cast<binding*>(this + 1); }
  binding* end() noexcept { return begin() + size; }
};
static_assert(sizeof(context) % alignof(context::binding) == 0);

void destroy_context(context* c) noexcept;

inline context* retain(context* c) noexcept {
  if (c) ++c->references;
  return c;
}

/// Gives one reference back.
inline void release(context* c) noexcept {
  if (c && --c->references == 0) destroy_context(c);
}

/// The place that holds the running task's context; outside of tasks, the thread's.
context*& current_context() noexcept;

/// The variable's value in the current context, or null.
context_value* find_value(const void* variable) noexcept;
/// The same if nobody shares it, neither the value nor the context.
context_value* find_own_value(const void* variable) noexcept;
/// Binds the variable to the value, which is the context's from then on; null:
/// unbinds it. Throws std::bad_alloc, and the value is destroyed then.
void bind(const void* variable, context_value* value);

}}}  // namespace rondo::v0::detail
