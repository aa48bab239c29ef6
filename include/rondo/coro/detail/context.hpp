// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <rondo/detail/counted.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// The value of a context variable. Counted: contexts share it. Belongs to one
/// thread, as contexts do.
struct context_value : counted<context_value> {
  void last_reference_gone() noexcept { destroy(this); }
  void (*destroy)(context_value*) noexcept = nullptr;
};

/// What variables have which values. Counted and, while it is shared, never
/// changed, so that a new task takes over its creator's context by copying a
/// pointer. It has one binding for each variable that is set, so it does not grow
/// with the number of sets. Its bindings follow it in memory.
struct context : counted<context> {
  struct binding {
    const void* variable;
    ref<context_value> value;
  };
  void last_reference_gone() noexcept;

  unsigned size = 0;

  binding* begin() noexcept { return reinterpret_cast<binding*>(this + 1); }
  binding* end() noexcept { return begin() + size; }
};
static_assert(sizeof(context) % alignof(context::binding) == 0);

inline context* retain(context* c) noexcept {
  if (c) c->retain();
  return c;
}

/// Gives one reference back.
inline void release(context* c) noexcept {
  if (c) c->release();
}

/// The place that holds the running task's context; outside of tasks, the thread's.
context*& current_context() noexcept;

/// The variable's value in the current context, or null.
context_value* find_value(const void* variable) noexcept;
/// The same if nobody shares it, neither the value nor the context.
context_value* find_own_value(const void* variable) noexcept;
/// Binds the variable to the value; null: unbinds it. Throws std::bad_alloc.
void bind(const void* variable, ref<context_value> value);

}}}  // namespace rondo::v0::detail
