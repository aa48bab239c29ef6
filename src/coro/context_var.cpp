// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/context_var.hpp>

namespace rondo::inline v0::detail {

namespace {
struct thread_context {
  context* value = nullptr;
  ~thread_context() { release(value); }
};
thread_local thread_context outside_of_tasks;
}  // namespace

context*& current_context() noexcept {
  scheduler* s = this_thread_scheduler;
  if (s && s->current) return s->current->ctx;
  return outside_of_tasks.value;
}

context* find_binding(const void* variable) noexcept {
  for (context* c = current_context(); c; c = c->previous)
    if (c->variable == variable) return c;
  return nullptr;
}

}  // namespace rondo::inline v0::detail
