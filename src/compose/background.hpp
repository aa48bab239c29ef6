// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <rondo/compose/wait_for.hpp>
#include <rondo/coro/create_task.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Runs what a destructor has to begin and cannot wait for, such as the last
/// words on a connection. The loop owns it: it is out of the reach of the
/// cancellation at the end of `run`, which waits for it instead, up to limit.
/// Throws usage_error when no loop runs on this thread, std::bad_alloc.
inline void finish_in_background(task<> work, delay limit) {
  auto limited = move_on_after(std::move(work), limit);
  scheduler& s = running_scheduler("finish_in_background");
  auto* background = new spawned<decltype(limited)>(std::move(limited));
  background->set_shielded();
  background->launch(*s.top, nullptr);
}

}}}  // namespace rondo::v0::detail
