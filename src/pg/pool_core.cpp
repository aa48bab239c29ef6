// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/pool_core.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include <rondo/compose/move_on_after.hpp>
#include <rondo/coro/create_task.hpp>
#include <rondo/coro/current_task.hpp>
#include <rondo/coro/detail/backtrace.hpp>
#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/loop/sleep.hpp>
#include "compose/background.hpp"
#include "coro/report_lost.hpp"
#include "detail/duration_text.hpp"
#include "loop/backoff.hpp"
#include "pg/session.hpp"
#include "pg/statement.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

using namespace std::chrono_literals;
using rondo::detail::duration_text;

// --- A lease.

lease::lease(pool_core& pool, link& l) noexcept : pool_(&pool), link_(&l) {
  pool_->retain();
  link_->retain();
}

lease::~lease() {
  if (!link_) return;
  pool_->give_back(*link_);
  link_->release();
  pool_->release();
}

// --- Waiting for one.

acquire_operation::acquire_operation(pool_core& pool, bool exclusive) noexcept
    : pool_(&pool), exclusive_(exclusive) {}

bool acquire_operation::begin() noexcept {
  pool_->waiters_.check_thread();
  if (pool_->closed_) return true;
  lease_ = pool_->try_acquire(exclusive_);
  if (lease_) return true;
  pool_->waiters_.push(*this);
  pool_->open_more(0);
  return false;
}

bool acquire_operation::cancel() noexcept {
  // Handed over: it completes, and its lease goes back with it.
  if (lease_ || !listed()) return false;
  queued_operation::cancel();
  // Who waited behind may want less than this one did.
  pool_->hand_out();
  return true;
}

lease acquire_operation::result() {
  if (!lease_) throw usage_error("pg::pool: it is closed");
  return std::move(lease_);
}

std::string acquire_operation::detail() const { return pool_->to().text; }

// --- The pool.

pool_core::pool_core(const std::string& conninfo, pool_options options)
    : target_(conninfo), options_(options) {
  if (options_.max < 1) throw usage_error("pg::pool: max " + std::to_string(options_.max));
  if (options_.pipeline < 1)
    throw usage_error("pg::pool: pipeline " + std::to_string(options_.pipeline));
  options_.min = std::clamp(options_.min, 0, options_.max);
  empty_.set();
}

pool_core::~pool_core() = default;

bool pool_core::free_for(const link& l, bool exclusive) const noexcept {
  if (l.exclusive || l.cleaning || !l.lost().empty() || l.made <= obsolete_) return false;
  if (exclusive || options_.pipeline == 1) return l.leases == 0 && l.idle();
  auto limit = static_cast<std::size_t>(options_.pipeline);
  return static_cast<std::size_t>(l.leases) < limit && l.in_flight() < limit;
}

lease pool_core::try_acquire(bool exclusive) noexcept {
  if (closed_ || !waiters_.empty()) return {};
  link* best = nullptr;
  for (const link_ref& l : links_) {
    if (!free_for(*l, exclusive)) continue;
    if (!best || l->leases < best->leases) best = l.get();
    if (best->leases == 0) break;
  }
  // Sharing begins when as many are open as may be: on its own connection nobody waits.
  if (!best) return {};
  if (best->leases > 0) open_more(1);
  return lend(*best, exclusive);
}

lease pool_core::lend(link& l, bool exclusive) noexcept {
  ++l.leases;
  l.exclusive = exclusive;
  l.lent_at = now();
  return lease(*this, l);
}

task<lease> pool_core::acquire(bool exclusive) {
  if (lease l = try_acquire(exclusive)) co_return l;
  rondo::detail::ref<pool_core> self(this);
  std::optional<lease> got =
      co_await move_on_after(acquire_operation(*this, exclusive), options_.acquire_timeout);
  if (!got) {
    throw timeout_error("acquire from pg::pool " + target_.text + ": timed out after " +
                        duration_text(options_.acquire_timeout.nanoseconds()) + ": " + why_none());
  }
  co_return std::move(*got);
}

std::string pool_core::why_none() const {
  std::string text;
  const link* longest = nullptr;
  std::size_t used = 0, cleaning = 0;
  for (const link_ref& l : links_) {
    cleaning += l->cleaning;
    used += !l->cleaning && l->leases > 0;
    if (l->leases > 0 && (!longest || l->lent_at < longest->lent_at)) longest = l.get();
  }
  if (!links_.empty()) {
    text = std::to_string(used) + " of " + std::to_string(options_.max) + " in use";
    if (cleaning > 0)
      text += ", " + std::to_string(cleaning) + " being freed from cancelled statements";
    if (longest) {
      text += ", the longest for " + duration_text(now() - longest->lent_at);
      std::string at = longest->working_at();
      if (!longest->holder.empty()) text += " by " + longest->holder;
      if (!at.empty()) text += " for " + at;
    }
  }
  if (!last_failure_.empty()) {
    text += (text.empty() ? "no connection; " : "; ") + std::string("last attempt ") +
            duration_text(now() - last_failure_at_) + " ago: " + last_failure_ + " (attempt " +
            std::to_string(failures_) + ")";
  } else if (text.empty()) {
    text = "no connection yet";
  }
  return text;
}

void pool_core::give_back(link& l) noexcept {
  --l.leases;
  if (l.exclusive) {
    l.exclusive = false;
    l.holder.clear();
  }
  if (!l.lost().empty()) return forget(l);
  if (l.leases > 0) return dispatch();
  if (closed_) {
    if (l.idle()) return close_link(l);
    return start_cleaning(l);
  }
  if (l.idle()) return link_idle(l);
  // An answer is on its way to nobody, or a transaction is open.
  if (options_.pipeline == 1 || l.in_transaction() || l.session_changed) start_cleaning(l);
}

void pool_core::link_idle(link& l) noexcept {
  if (l.leases > 0 || l.cleaning) return;
  if (l.in_transaction()) return start_cleaning(l);
  bool old =
      options_.max_lifetime.count() > 0 && now() - l.made > options_.max_lifetime.nanoseconds();
  if (closed_ || old || l.made <= obsolete_) return close_link(l);
  if (l.session_changed) {
    try {
      return reset_session(l);  // and it is idle once more
    } catch (...) {
      return close_link(l);
    }
  }
  arm_expiry();
  dispatch();
}

void pool_core::noticed_failure(link& l, const std::string& sqlstate) noexcept {
  // A server that takes no writes any more, or is going down: those that were opened before
  // now are at the same one, perhaps; new ones are asked for their role as they are opened.
  if (sqlstate != "25006" && sqlstate != "57P01" && sqlstate != "57P02" && sqlstate != "57P03")
    return;
  if (sqlstate == "25006" &&
      (target_.role == "any" || target_.role.find("standby") != target_.role.npos ||
       target_.role == "read-only"))
    return;
  link_ref keep(&l);
  obsolete_ = now();
  std::vector<link_ref> all = links_;
  for (const link_ref& each : all)
    if (each->leases == 0 && !each->cleaning && each->idle()) close_link(*each);
}

void pool_core::link_lost(link& l) noexcept {
  ++counts_.lost;
  if (l.leases == 0) forget(l);
}

void pool_core::link_noticed(const notice& n) noexcept {
  if (!on_notice_) return;
  try {
    on_notice_(n);
  } catch (...) {
    rondo::detail::report_lost(std::current_exception(),
                               "a handler of notices of a pg::pool failed");
  }
}

void pool_core::link_notified(link&, const PGnotify&) noexcept {
  // Somebody has said LISTEN in a statement of his own: nobody is there to be told.
}

void pool_core::forget(link& l) noexcept {
  auto found = std::find_if(links_.begin(), links_.end(),
                            [&](const link_ref& each) { return each.get() == &l; });
  if (found == links_.end()) return;
  link_ref last = std::move(*found);
  links_.erase(found);
  if (links_.empty() && opening_ == 0) empty_.set();
  dispatch();
}

void pool_core::close_link(link& l) noexcept {
  link_ref keep(&l);
  l.close();
  forget(l);
}

void pool_core::dispatch() noexcept {
  hand_out();
  open_more(0);
}

void pool_core::hand_out() noexcept {
  while (!waiters_.empty()) {
    auto& first = waiters_.front<acquire_operation>();
    link* best = nullptr;
    for (const link_ref& l : links_)
      if (free_for(*l, first.exclusive()) && (!best || l->leases < best->leases)) best = l.get();
    if (!best) break;
    waiters_.pop<acquire_operation>().give(lend(*best, first.exclusive()));
    first.complete();
  }
}

void pool_core::open_more(std::size_t beside_waiting) noexcept {
  auto max = static_cast<std::size_t>(options_.max), min = static_cast<std::size_t>(options_.min);
  if (closed_ || links_.size() + opening_ >= max) return;
  std::size_t wanted = std::max(min, links_.size() + waiters_.size() + beside_waiting);
  // One at a time after a failure, two otherwise: a server that comes back is not stormed.
  std::size_t at_once = failures_ == 0 ? 2 : 1;
  while (opening_ < at_once && links_.size() + opening_ < std::min(wanted, max)) {
    empty_.clear();
    try {
      std::erase_if(openers_, [](const task_handle<>& h) { return h.done(); });
      openers_.reserve(openers_.size() + 1);
      openers_.push_back(create_task(open_one(opening(*this)), "pg::pool " + target_.text));
    } catch (...) {
      return;
    }
  }
}

void pool_core::adopt(link_ref made) {
  ++counts_.connected;
  failures_ = 0;
  last_failure_.clear();
  made->set_owner(this);
  links_.push_back(std::move(made));
  arm_expiry();
}

task<> pool_core::open_first() {
  if (closed_) throw usage_error("pg::pool: it is closed");
  if (!links_.empty()) co_return;
  if (opening_ >= static_cast<std::size_t>(options_.max)) {
    // They are being opened for others already.
    lease any = co_await acquire(false);
    co_return;
  }
  empty_.clear();
  opening counted(*this);
  counted.begun = true;
  link_ref made = co_await connect(target_, options_);
  if (closed_) throw usage_error("pg::pool: it is closed");
  adopt(std::move(made));
  dispatch();
}

pool_core::opening::~opening() {
  if (!pool) return;
  --pool->opening_;
  if (begun) pool->open_more(0);
  if (pool->links_.empty() && pool->opening_ == 0) pool->empty_.set();
}

// Owned by the loop, not by who needs the connection: he may go away, the next one needs it.
task<> pool_core::open_one(opening one) {
  pool_core& p = *one.pool;
  one.begun = true;
  while (!p.closed_) {
    try {
      link_ref made = co_await connect(p.target_, p.options_);
      if (p.closed_) co_return;
      p.adopt(std::move(made));
      break;
    } catch (const std::exception& e) {
      ++p.failures_;
      ++p.counts_.failed_attempts;
      p.last_failure_ = e.what();
      p.last_failure_at_ = now();
    }
    if (p.waiters_.empty() && p.links_.size() >= static_cast<std::size_t>(p.options_.min))
      co_return;
    co_await sleep(rondo::detail::backoff(50ms, 1s, static_cast<int>(p.failures_)));
  }
  p.dispatch();
}

void pool_core::start_cleaning(link& l) noexcept {
  if (l.cleaning) return;
  l.cleaning = true;
  try {
    rondo::detail::finish_in_background(clean(rondo::detail::ref<pool_core>(this), link_ref(&l)),
                                        options_.cleaning_timeout.nanoseconds() + 1s);
  } catch (...) {
    l.fail("it could not be freed from a cancelled statement: out of memory");
  }
}

task<> pool_core::clean(rondo::detail::ref<pool_core> self, link_ref l) {
  auto free = [](link_ref of) -> task<> {
    co_await of->wait_idle();
    if (!of->lost().empty() || !of->in_transaction()) co_return;
    rondo::detail::ref<request> r(new statement("rollback", {}, false));
    of->submit(*r);
    co_await r->done();
    co_await of->wait_idle();
  };
  try {
    auto freed = free(l);
    if (!co_await move_on_after(std::move(freed), self->options_.cleaning_timeout))
      l->fail("it was not freed from a cancelled statement within " +
              duration_text(self->options_.cleaning_timeout.nanoseconds()));
  } catch (const std::exception& e) {
    l->fail(e.what());
  }
  l->cleaning = false;
  if (!l->lost().empty()) {
    self->forget(*l);
  } else if (l->in_transaction()) {
    self->close_link(*l);
  } else {
    self->link_idle(*l);
  }
}

void pool_core::arm_expiry() noexcept {
  if (expiry_armed_ || closed_ || options_.max_idle.count() <= 0) return;
  if (links_.size() <= static_cast<std::size_t>(options_.min)) return;
  expiry_armed_ = true;
  try {
    // The pool outlives the call: it takes it back when it is closed.
    expiry_ = loop::current().call_later(options_.max_idle, [this] { expire(); });
  } catch (...) {
    expiry_armed_ = false;
  }
}

void pool_core::expire() noexcept {
  rondo::detail::ref<pool_core> self(this);
  expiry_armed_ = false;
  std::vector<link_ref> all = links_;
  for (const link_ref& l : all) {
    if (links_.size() <= static_cast<std::size_t>(options_.min)) break;
    bool unused = l->leases == 0 && !l->cleaning && l->idle();
    if (unused && now() - l->idle_since >= options_.max_idle.nanoseconds()) close_link(*l);
  }
  arm_expiry();
}

void pool_core::shut() noexcept {
  if (std::exchange(closed_, true)) return;
  rondo::detail::ref<pool_core> self(this);
  expiry_ = {};
  for (task_handle<>& opener : openers_) opener.cancel();
  openers_.clear();
  while (!waiters_.empty()) {
    auto& waiting = waiters_.pop<acquire_operation>();
    waiting.complete();
  }
  std::vector<link_ref> all = links_;
  for (const link_ref& l : all)
    if (l->leases == 0 && !l->cleaning && l->idle()) close_link(*l);
}

pool_statistics pool_core::statistics() const noexcept {
  pool_statistics s = counts_;
  s.connections = links_.size();
  s.connecting = opening_;
  s.waiting = waiters_.size();
  for (const link_ref& l : links_) {
    s.in_use += l->leases > 0;
    s.cleaning += l->cleaning;
  }
  return s;
}

}}}}  // namespace rondo::v0::pg::detail
