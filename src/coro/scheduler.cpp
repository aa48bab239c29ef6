// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/detail/scheduler.hpp>

#include <mutex>

#include <rondo/coro/detail/home_loop.hpp>
#include <rondo/coro/detail/node.hpp>
#include "coro/fork.hpp"

namespace rondo { inline namespace v0 { namespace detail {

constinit thread_local scheduler* this_thread_scheduler = nullptr;
constinit thread_local scheduler_id this_thread_scheduler_id = 0;

namespace {
// All schedulers of the process, and the id of the last. Asked only where
// something of one loop is used by another.
std::mutex alive_mutex;
std::mutex& get_alive_mutex() { return alive_mutex; }
scheduler* first_alive = nullptr;
scheduler_id last_id = 0;

scheduler_id next_id() noexcept {
  [[maybe_unused]] static const bool registered = (free_in_children<get_alive_mutex>(), true);
  std::lock_guard lock(alive_mutex);
  return ++last_id;
}
}  // namespace

scheduler::scheduler() noexcept : id(next_id()) {
  std::lock_guard lock(alive_mutex);
  next_alive_ = first_alive;
  first_alive = this;
}

scheduler::~scheduler() {
  std::lock_guard lock(alive_mutex);
  scheduler** place = &first_alive;
  while (*place != this) place = &(*place)->next_alive_;
  *place = next_alive_;
}

bool is_alive(scheduler_id id) noexcept {
  std::lock_guard lock(alive_mutex);
  for (const scheduler* s = first_alive; s; s = s->next_alive_)
    if (s->id == id) return true;
  return false;
}

bool home_loop::move_here() noexcept {
  if (id_ != 0 && is_alive(id_)) return false;
  id_ = this_thread_scheduler_id;
  return true;
}

void scheduler::enter_thread() noexcept {
  this_thread_scheduler = this;
  this_thread_scheduler_id = id;
}

void scheduler::leave_thread() noexcept {
  this_thread_scheduler = nullptr;
  this_thread_scheduler_id = 0;
}

void scheduler::run_watched(entry* first) noexcept {
  while (entry* e = first) {
    first = e->next;
    step->begin();
    e->fire(*e);
    unsigned ms = step->end();
    if (ms > 0) report_made([&] { return diagnostic{problem::blocked_loop, step->held_text(ms)}; });
  }
}

void scheduler::begin_resume(const node& n) noexcept { step->resumes(n); }
void scheduler::end_resume(const node& n) noexcept { step->has_resumed(n, finished == &n); }

}}}  // namespace rondo::v0::detail
