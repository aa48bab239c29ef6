// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/context_var.hpp>

#include <new>

namespace rondo { inline namespace v0 { namespace detail {

namespace {
struct thread_context {
  context* value = nullptr;
  ~thread_context() { release(value); }
};
thread_local thread_context outside_of_tasks;

context::binding* find(context* c, const void* variable) noexcept {
  if (!c) return nullptr;
  for (context::binding& b : *c)
    if (b.variable == variable) return &b;
  return nullptr;
}

context* allocate(std::size_t bindings) {
  return new (::operator new(sizeof(context) + bindings * sizeof(context::binding))) context;
}
}  // namespace

void context::last_reference_gone() noexcept {
  for (binding& b : *this) b.~binding();
  ::operator delete(this);
}

context*& current_context() noexcept {
  scheduler* s = this_thread_scheduler;
  if (s && s->current) return s->current->ctx;
  return outside_of_tasks.value;
}

context_value* find_value(const void* variable) noexcept {
  context::binding* b = find(current_context(), variable);
  return b ? b->value.get() : nullptr;
}

context_value* find_own_value(const void* variable) noexcept {
  context* c = current_context();
  if (!c || c->is_shared()) return nullptr;
  context::binding* b = find(c, variable);
  return b && !b->value->is_shared() ? b->value.get() : nullptr;
}

// What is released last may run destructors, which may set variables themselves.
void bind(const void* variable, ref<context_value> value) {
  context*& place = current_context();
  context* before = place;
  context::binding* bound = find(before, variable);
  if (!bound && !value) return;
  if (bound && value && !before->is_shared()) {
    std::swap(bound->value, value);
    return;
  }
  context* made = retain(allocate((before ? before->size : 0u) + 1));
  auto add = [made](const context::binding& b) {
    new (made->end()) context::binding(b), ++made->size;
  };
  if (before)
    for (const context::binding& b : *before)
      if (&b != bound) add(b);
  if (value) add({variable, value});
  place = made;
  release(before);
}

}}}  // namespace rondo::v0::detail
