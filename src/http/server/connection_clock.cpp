// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/server/connection_clock.hpp"

#include <algorithm>
#include <chrono>

#include <rondo/http/server/server.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

/// How long a handler may take before its client is watched: most end sooner, and
/// then it costs nothing.
constexpr std::int64_t unwatched_ns = 50'000'000;
constexpr std::int64_t never = rondo::detail::timer_queue::never;

}  // namespace

connection_clock::connection_clock(const server_options& options) : loop_(loop::current()) {
  alarm_.of = this;
  alarm_.expire = [](rondo::detail::timer& t) noexcept { static_cast<alarm&>(t).of->look(); };
  auto limit = [](delay d) { return d.endless() ? never : d.count(); };
  list_of(phase::idle).limit = limit(options.idle_timeout);
  list_of(phase::header).limit = limit(options.header_timeout);
  list_of(phase::body).limit = limit(options.body_timeout);
  list_of(phase::work).limit = unwatched_ns;
  list_of(phase::long_work).limit = never;
  // Two looks without progress between them end it.
  list_of(phase::write).limit = options.write_timeout.endless()
                                    ? never
                                    : std::max<std::int64_t>(1, options.write_timeout.count() / 2);
  list_of(phase::upgraded).limit = never;
}

connection_clock::~connection_clock() {
  if (alarm_.armed()) loop_.timers().disarm(alarm_);
}

void connection_clock::append(timed_connection& c, phase p) noexcept {
  phase_list& l = list_of(p);
  c.phase_ = p;
  l.push_back(c);
  if (l.limit == never) {
    c.deadline_ = never;
    return;
  }
  c.deadline_ = delay(std::chrono::nanoseconds(l.limit)).after(now_ns());
  if (!alarm_.armed() || c.deadline_ < alarm_.deadline) arm(c.deadline_);
}

void connection_clock::arm(std::int64_t when) noexcept {
  if (alarm_.armed()) loop_.timers().disarm(alarm_);
  loop_.timers().arm(alarm_, when);
}

void connection_clock::look() noexcept {
  std::int64_t now = now_ns();
  std::int64_t next = never;
  for (phase_list& l : lists_) {
    while (l.front() && l.front()->deadline_ <= now) l.front()->expired();
  }
  for (phase_list& l : lists_)
    if (l.front()) next = std::min(next, l.front()->deadline_);
  if (next != never) arm(next);
}

void connection_clock::close_idle_connections() noexcept {
  for (timed_connection& c : list_of(phase::idle)) c.close_if_idle();
}

}}}  // namespace rondo::v0::http::detail
