// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "sqlite/crew.hpp"

#include <pthread.h>
#include <optional>
#include <system_error>

#include <rondo/coro/errors.hpp>
#include "loop/signal_mask.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

class crew::member final : public interruption {
 public:
  member(crew& of, std::size_t level)
      : crew_(of), level_(level), connection_(of.settings_, of.role_, *this) {}

  bool stopped() const noexcept override { return running_->stop_.load(std::memory_order_relaxed); }
  bool pause(std::chrono::milliseconds time) noexcept override {
    std::unique_lock lock(crew_.mutex_);
    return !called_.wait_for(lock, time, [this] { return stopped(); });
  }
  void begins(std::chrono::steady_clock::time_point now, bool quick) noexcept override {
    if (!told_late_.owed()) return;
    constexpr auto longest = std::chrono::microseconds(100);
    if (!late_since_) late_since_ = now;
    if (!quick || now - *late_since_ > longest) takes_time();
  }
  bool tells_late() const noexcept override { return running_->may_be_quick(); }
  void takes_time() noexcept override {
    told_late_.pay();
    late_since_.reset();
  }

 private:
  friend crew;

  crew& crew_;
  const std::size_t level_;  // above 0: a spare
  connection connection_;
  std::condition_variable called_;
  rondo::detail::list<request> own_;  // of its lease
  request* running_ = nullptr;
  lease* leased_to_ = nullptr;
  member* next_idle_ = nullptr;
  bool waits_ = false;
  // To the loop, of what has finished: many quick statements cost it one wake.
  rondo::detail::owed_wake told_late_;
  std::optional<std::chrono::steady_clock::time_point> late_since_;
  std::thread thread_;  // the last: it uses the others
};

crew::crew(std::shared_ptr<settings> s, connection::role role, std::size_t most)
    : settings_(std::move(s)), role_(role), most_(most), queues_(most) {
  members_.reserve(most);
}

crew::~crew() {
  if (of_parent()) {
    for (auto& m : members_) static_cast<void>(m.release());
    return;
  }
  close(true);
  join();
}

// With the lock held.
void crew::start_member(std::size_t level) {
  members_.push_back(std::make_unique<member>(*this, level));
  member& m = *members_.back();
  rondo::detail::signals_blocked in_the_thread_too;
  try {
    m.thread_ = std::thread([this, &m] { serve(m); });
    ++alive_;
    if (level > 0) return;
    ++ordinary_;
    ++looking_;
  } catch (const std::system_error& e) {
    members_.pop_back();
    throw std::system_error(e.code(), "sqlite " + settings_->path + ": start a thread");
  } catch (...) {
    members_.pop_back();
    throw;
  }
}

void crew::submit(request& r) {
  if (of_parent())
    throw usage_error("sqlite " + settings_->path +
                      ": it was opened by the process that forked this one");
  std::unique_lock lock(mutex_);
  if (r.in_ && r.in_->at_) {
    auto& m = *static_cast<member*>(r.in_->at_);
    if (end_now_) throw usage_error("sqlite " + settings_->path + ": it is closed");
    r.queued_ = true;
    m.own_.push_back(r);
    if (!std::exchange(m.waits_, false)) return;
    lock.unlock();
    m.called_.notify_one();
    return;
  }
  if (closed_) throw usage_error("sqlite " + settings_->path + ": it is closed");
  if (queued_ >= looking_ && !idle_ && ordinary_ < most_) {
    try {
      start_member(0);
    } catch (...) {
      if (members_.empty()) throw;
    }
  }
  bool all_work = queued_ >= looking_ && !idle_;
  if (r.holds_ > 0 && all_work && !has_spare(r.holds_)) start_member(r.holds_);
  r.queued_ = true;
  queues_[r.holds_].push_back(r);
  ++queued_;
  if (r.holds_ > 0) ++of_holders_;
  if (r.holds_ > 0 && all_work) call_spares();
  if (queued_ > looking_) wake_for_queue(lock);
}

bool crew::has_spare(std::size_t level) const noexcept {
  for (const auto& m : members_)
    if (m->level_ == level) return true;
  return false;
}

// With the lock held. Each looks whether there is something for it.
void crew::call_spares() noexcept {
  for (const auto& m : members_)
    if (m->level_ > 0 && !m->leased_to_ && std::exchange(m->waits_, false)) m->called_.notify_one();
}

bool crew::submit_to_lease(request& r) noexcept {
  if (of_parent()) return false;
  std::unique_lock lock(mutex_);
  if (end_now_ || !r.in_->at_) return false;
  auto& m = *static_cast<member*>(r.in_->at_);
  r.queued_ = true;
  m.own_.push_back(r);
  if (std::exchange(m.waits_, false)) {
    lock.unlock();
    m.called_.notify_one();
  }
  return true;
}

void crew::wake_for_queue(std::unique_lock<std::mutex>& lock) noexcept {
  member* m = idle_;
  if (!m) return;
  idle_ = m->next_idle_;
  m->waits_ = false;
  ++looking_;
  lock.unlock();
  m->called_.notify_one();
}

bool crew::withdraw(request& r) noexcept {
  std::lock_guard lock(mutex_);
  if (!r.queued_) return false;
  r.queued_ = false;
  r.unlink();
  if (!r.in_ || !r.in_->at_) {
    --queued_;
    if (r.holds_ > 0) --of_holders_;
  }
  return true;
}

void crew::stop(request& r) noexcept {
  std::lock_guard lock(mutex_);
  r.stop_.store(true, std::memory_order_relaxed);
  for (const auto& m : members_)
    if (m->running_ == &r) m->called_.notify_one();
}

void crew::close(bool end_now) noexcept {
  std::lock_guard lock(mutex_);
  closed_ = true;
  end_now_ = end_now_ || end_now;
  for (const auto& m : members_) m->called_.notify_one();
}

void crew::close_before(crew& last) noexcept {
  close(true);
  std::unique_lock lock(mutex_);
  if (alive_ > 0) {
    closed_behind_ = &last;
    return;
  }
  lock.unlock();
  last.close(true);
}

bool crew::wait_for_end(rondo::detail::outside_waiter& all_ended) noexcept {
  std::lock_guard lock(mutex_);
  if (alive_ == 0) return true;
  waiting_for_end_.push_back(all_ended);
  return false;
}

bool crew::forget(rondo::detail::outside_waiter& all_ended) noexcept {
  std::lock_guard lock(mutex_);
  if (!all_ended.listed()) return false;
  all_ended.unlink();
  return true;
}

bool crew::ended() const noexcept {
  std::lock_guard lock(mutex_);
  return alive_ == 0;
}

void crew::join() noexcept {
  for (const auto& m : members_)
    if (m->thread_.joinable()) m->thread_.join();
}

// With the lock held. The next thing to do, or null: nothing now.
request* crew::take(member& m) noexcept {
  request* r = m.own_.pop_front();
  if (!r && !m.leased_to_) {
    for (std::size_t n = of_holders_ > 0 ? queues_.size() - 1 : 0; !r && n >= m.level_; --n) {
      r = queues_[n].pop_front();
      if (n == 0) break;
    }
    if (r) {
      --queued_;
      if (r->holds_ > 0) --of_holders_;
      if (m.level_ == 0) --looking_;
    }
  }
  if (r) r->queued_ = false;
  return r;
}

void crew::serve(member& m) noexcept {
  pthread_setname_np(pthread_self(),
                     role_ == connection::role::writer ? "sqlite-writer" : "sqlite-reader");
  std::unique_lock lock(mutex_);
  for (;;) {
    request* r = take(m);
    if (!r) {
      if (m.told_late_.owed()) {
        lock.unlock();
        m.takes_time();
        lock.lock();
        continue;
      }
      if (closed_ && (!m.leased_to_ || end_now_)) break;
      m.waits_ = true;
      if (!m.leased_to_ && m.level_ == 0) {
        --looking_;
        m.next_idle_ = idle_;
        idle_ = &m;
      }
      m.called_.wait(lock, [&] { return !m.waits_ || (closed_ && (!m.leased_to_ || end_now_)); });
      if (std::exchange(m.waits_, false) && !m.leased_to_ && m.level_ == 0) {
        // Called by close, and so still among the idle ones.
        member** at = &idle_;
        while (*at != &m) at = &(*at)->next_idle_;
        *at = m.next_idle_;
        ++looking_;
      }
      continue;
    }
    m.running_ = r;
    lock.unlock();
    lease* in = r->in_;
    if (!r->may_be_quick()) m.takes_time();
    r->run(m.connection_);
    lock.lock();
    m.running_ = nullptr;
    lease* now = m.connection_.leased_to;
    if (now != m.leased_to_) {
      if (now) {
        now->at_ = &m;
      } else {
        in->at_ = nullptr;
      }
      m.leased_to_ = now;
      if (now && of_holders_ > 0) call_spares();  // who may have counted on this one
    }
    if (!now && m.level_ == 0) ++looking_;
    lock.unlock();
    m.told_late_.owing([r]() noexcept { r->finished(); });  // it may be gone now
    lock.lock();
  }
  if (!m.leased_to_ && m.level_ == 0) --looking_;
  lock.unlock();
  m.connection_.close();
  lock.lock();
  if (--alive_ > 0) return;
  if (crew* last = closed_behind_) {
    lock.unlock();
    last->close(true);
    lock.lock();
  }
  // One by one: until it is off the list its task may be cancelled, and forget it.
  while (rondo::detail::outside_waiter* w = waiting_for_end_.pop_front()) {
    lock.unlock();
    w->arrive();
    lock.lock();
  }
}

}}}}  // namespace rondo::v0::sqlite::detail
