// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "loop/callback.hpp"

#include <exception>
#include <string>

#include "coro/report_lost.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

/// Calls f in the context of who asked for it; what f sets stays in there.
void call_and_report(unique_function<void()>& f, context*& ctx, const char* kind,
                     const code_place& where) noexcept {
  if (step_record* step = this_thread_scheduler->step) [[unlikely]]
    step->calls_back(kind, where);
  context*& present = current_context();
  std::swap(present, ctx);
  try {
    f();
  } catch (...) {
    report_lost(std::current_exception(), [&] {
      return std::string("a callback of ") + kind + " at " + short_location(where) + " threw";
    });
  }
  std::swap(present, ctx);
}

}  // namespace

void posted_call::call() noexcept {
  if (!has_context) capture_context();
  call_and_report(function, ctx, kind, asked_for_at);
  delete this;
}

void scheduled_call::due(timer& t) noexcept {
  auto& c = static_cast<scheduled_call&>(t);
  if (loop::current().closing_) {
    c.forget_call();
    c.release();
  } else {
    this_thread_scheduler->post(c);
  }
}

void scheduled_call::call(entry& e) noexcept {
  auto& c = static_cast<scheduled_call&>(e);
  if (!c.cancelled) call_and_report(c.function, c.ctx, c.kind, c.asked_for_at);
  c.forget_call();
  c.release();
}

}}}  // namespace rondo::v0::detail
