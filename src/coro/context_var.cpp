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

void release(context_value* v) noexcept {
  if (--v->references == 0) v->destroy(v);
}

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

void destroy_context(context* c) noexcept {
  for (context::binding& b : *c) release(b.value);
  ::operator delete(c);
}

context*& current_context() noexcept {
  scheduler* s = this_thread_scheduler;
  if (s && s->current) return s->current->ctx;
  return outside_of_tasks.value;
}

context_value* find_value(const void* variable) noexcept {
  context::binding* b = find(current_context(), variable);
  return b ? b->value : nullptr;
}

context_value* find_own_value(const void* variable) noexcept {
  context* c = current_context();
  if (!c || c->references > 1) return nullptr;
  context::binding* b = find(c, variable);
  return b && b->value->references == 1 ? b->value : nullptr;
}

// What is released last may run destructors, which may set variables themselves.
void bind(const void* variable, context_value* value) {
  context*& place = current_context();
  context* before = place;
  context::binding* bound = find(before, variable);
  if (!bound && !value) return;
  if (bound && value && before->references == 1) {
    context_value* replaced = bound->value;
    bound->value = value;
    release(replaced);
    return;
  }
  context* made;
  try {
    made = allocate((before ? before->size : 0u) + 1);
  } catch (...) {
    if (value) release(value);
    throw;
  }
  if (before)
    for (context::binding& b : *before) {
      if (&b == bound) continue;
      made->begin()[made->size++] = b;
      ++b.value->references;
    }
  if (value) made->begin()[made->size++] = {variable, value};
  place = made;
  release(before);
}

}}}  // namespace rondo::v0::detail
