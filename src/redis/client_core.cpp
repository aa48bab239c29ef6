// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "redis/client_core.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include <rondo/compose/outcomes.hpp>
#include <rondo/compose/race.hpp>
#include <rondo/coro/create_task.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/loop/sleep.hpp>
#include <rondo/redis/errors.hpp>
#include "detail/duration_text.hpp"

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

using rondo::detail::duration_text;

/// The writing task waits for something to write.
class [[nodiscard]] output_wait final : public rondo::detail::operation {
 public:
  explicit output_wait(client_core& core) noexcept : core_(core) {}
  output_wait(output_wait&&) noexcept = default;
  bool begin() noexcept override {
    if (!core_.unsent_.empty()) return true;
    core_.writer_ = this;
    return false;
  }
  bool cancel() noexcept override {
    core_.writer_ = nullptr;
    return true;
  }
  void result() noexcept {}
  const char* describe() const noexcept override { return "redis commands"; }

 private:
  client_core& core_;
};

client_core::client_core(settings s) : its(std::move(s)), extra_permits(its.options.max_extra) {
  silence_.owner = this;
  silence_.expire = [](rondo::detail::timer& t) noexcept {
    static_cast<silence_timer&>(t).owner->silent_too_long();
  };
}

client_core::~client_core() = default;

void client_core::start() {
  static_cast<void>(home_.here());
  loop_ = &loop::current();
  keeper_ =
      create_task(keep_connected(rondo::detail::ref<client_core>(this)), "redis " + its.to.text());
}

task<> client_core::first_attempt() {
  co_await attempted_.wait();
  if (first_failure_) std::rethrow_exception(std::exchange(first_failure_, nullptr));
}

task<> client_core::ended() {
  task_handle<> keeper = keeper_;
  if (keeper) static_cast<void>(co_await outcome_of(keeper));
}

void client_core::shut_down() noexcept {
  if (std::exchange(closed_, true)) return;
  // What has been answered stays so: who was completed is not in the row any more.
  while (request* r = waiting_.front()) finish(*r, request::ending::closed);
  for (std::uint64_t n = row_.begin(); n != row_.end(); ++n)
    if (request* r = row_[n])
      finish(*r, is_sent(*r) ? request::ending::lost : request::ending::closed);
  idle_.clear();
  while (dependent* d = dependents.pop_front()) d->client_closed();
  if (keeper_ && here()) keeper_.cancel("the redis client is closed");
}

// --- Calls ---

std::int64_t client_core::turn_time() noexcept {
  return turn_time_ != 0 ? turn_time_ : loop_->now_ns();
}

std::int64_t client_core::now() const noexcept { return loop_->now_ns(); }

bool client_core::has_room(const request& r) const noexcept {
  if (row_.empty()) return true;
  return row_.size() + r.commands() <= its.options.max_in_flight &&
         unsent_.size() + sending_.size() + r.bytes() <= its.options.max_unsent;
}

bool client_core::submit(request& r) noexcept {
  ++commands_;
  if (closed_) {
    r.ending_ = request::ending::closed;
    return true;
  }
  if (waiting_.empty()) {
    admission a = admit(r);
    if (a == admission::failed) return true;
    if (a == admission::sent) {
      arm_deadline(r);
      return false;
    }
  }
  bool soon = transactions_ == transactions::asked &&
              row_.size() + waiting_count_ + r.commands() <= its.options.max_in_flight;
  bool refused = wire_ ? !its.options.wait_for_room && !soon : its.options.fail_fast;
  if (refused) {
    r.ending_ = wire_ ? request::ending::overloaded : request::ending::not_connected;
    return true;
  }
  waiting_.push_back(r);
  ++waiting_count_;
  arm_deadline(r);
  return false;
}

client_core::admission client_core::admit(request& r) noexcept {
  if (!wire_ || transactions_ == transactions::asked || !has_room(r)) return admission::waits;
  if (r.is_transaction_ && transactions_ == transactions::unknown)
    return ask_for_transactions(r) ? admission::waits : admission::failed;
  return enqueue(r) ? admission::sent : admission::failed;
}

bool client_core::enqueue(request& r) noexcept {
  std::size_t n = r.commands();
  if (writer_) turn_time_ = loop_->now_ns();
  try {
    row_.reserve(n);
    r.append_to(unsent_);
  } catch (...) {
    r.refuse(std::current_exception());
    return false;
  }
  r.first_ = row_.end();
  r.outstanding_ = n;
  appended(n, &r);
  return true;
}

bool client_core::ask_for_transactions(request& r) noexcept {
  if (writer_) turn_time_ = loop_->now_ns();
  try {
    std::string empty_one;
    command("MULTI").append_to(empty_one);
    command("EXEC").append_to(empty_one);
    row_.reserve(2);
    unsent_ += empty_one;
  } catch (...) {
    r.refuse(std::current_exception());
    return false;
  }
  transactions_ = transactions::asked;
  asked_at_ = row_.end();
  appended(2, nullptr);
  return true;
}

void client_core::appended(std::size_t commands, request* r) noexcept {
  if (row_.empty()) {
    last_sign_ = turn_time();
    watch_silence();
  }
  for (; commands > 0; --commands) row_.push(r);
  if (writer_) std::exchange(writer_, nullptr)->complete();
}

void client_core::leave(request& r) noexcept {
  disarm(r);
  if (r.listed()) {
    r.unlink();
    --waiting_count_;
    return;
  }
  std::uint64_t end = r.first_ + r.commands();
  for (std::uint64_t n = end - r.outstanding_; n != end; ++n) row_[n] = nullptr;
  r.outstanding_ = 0;
}

bool client_core::is_sent(const request& r) const noexcept {
  return !r.listed() && r.first_ < first_unsent_;
}

void client_core::finish(request& r, request::ending how) noexcept {
  r.was_sent_ = is_sent(r);
  leave(r);
  bool not_sent = how == request::ending::closed || how == request::ending::not_connected;
  if (not_sent && r.sent_before_) how = request::ending::lost;
  r.ending_ = how;
  r.complete();
}

void client_core::arm_deadline(request& r) noexcept {
  std::optional<delay> limit = r.options_.timeout ? r.options_.timeout : its.options.timeout;
  if (!limit || limit->endless()) return;
  r.timer_.owner = &r;
  r.timer_.expire = [](rondo::detail::timer& t) noexcept {
    request& late = *static_cast<request::deadline_timer&>(t).owner;
    late.core_->finish(late, request::ending::timed_out);
  };
  loop_->timers().arm(r.timer_, limit->after(turn_time()));
}

void client_core::disarm(request& r) noexcept {
  if (r.timer_.armed()) loop_->timers().disarm(r.timer_);
}

void client_core::admit_waiting() noexcept {
  while (request* r = waiting_.front()) {
    admission a = admit(*r);
    if (a == admission::waits) return;
    r->unlink();
    --waiting_count_;
    if (a == admission::sent) continue;
    disarm(*r);
    r->complete();
  }
}

void client_core::throw_failure(const request& r) const {
  std::string of = "redis " + its.to.text() + ": " + r.name() + ": ";
  std::string cause = last_error_.empty() ? "" : ": " + last_error_;
  switch (r.ending_) {
    case request::ending::closed:
      throw not_connected(of + "the client was closed");
    case request::ending::timed_out: {
      auto limit = r.options_.timeout ? r.options_.timeout : its.options.timeout;
      of += "no answer within " + duration_text(limit->nanoseconds());
      if (r.was_sent_) throw timeout_error(of + "; it was sent, and may run");
      of += r.sent_before_ ? "; it was sent before the connection was lost, and may have run"
                           : "; it was not sent";
      if (wire_ || attempts_ == 0) throw timeout_error(of);
      std::chrono::nanoseconds ago(loop_->now_ns() - last_failure_at_);
      throw timeout_error(of + ", there is no connection; last attempt " + duration_text(ago) +
                          " ago" + cause + " (attempt " + std::to_string(attempts_) + ")");
    }
    case request::ending::lost:
      throw connection_lost(of + "the connection was lost after it was sent, it may have run" +
                            cause);
    case request::ending::not_connected:
      throw not_connected(of + "not sent, there is no connection" + cause);
    case request::ending::overloaded:
      throw overloaded(of + "not sent, " + std::to_string(row_.size()) +
                       " commands wait for their answers already");
    case request::ending::answered:
    case request::ending::refused:
      break;
  }
  std::rethrow_exception(r.error_);
}

// --- The connection ---

delay client_core::pause(unsigned attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  double longest = static_cast<double>(its.options.most_pause.count());
  double wait = static_cast<double>(std::max<std::int64_t>(its.options.least_pause.count(), 1));
  for (unsigned n = 1; n < attempt && wait < longest; ++n) wait *= 2;
  // Clients that have lost the same server at the same time do not come back together.
  std::uniform_real_distribution<double> part(0.5, 1.0);
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(std::min(wait, longest) * part(random)));
}

task<> client_core::keep_connected(rondo::detail::ref<client_core> self) {
  client_core& core = *self;
  for (;;) {
    std::unique_ptr<wire> w;
    std::exception_ptr failure;
    try {
      w = co_await open_wire(core.its);
    } catch (const std::exception& e) {
      failure = std::current_exception();
      core.note_error(e.what());
    }
    if (!core.attempted_.is_set()) core.first_failure_ = failure;
    if (w) {
      co_await core.serve(*w);
      core.disconnected();
    } else {
      ++core.attempts_;
      core.last_failure_at_ = core.loop_->now_ns();
      core.attempted_.set();
    }
    // A server that accepts and hangs up at once must not be asked without a pause, either.
    w.reset();
    delay wait = core.pause(std::max(core.attempts_, 1U));
    co_await sleep(wait);
  }
}

/// The core refers to a connection while its tasks use it, also when they are cancelled.
class client_core::connection_guard {
 public:
  connection_guard(client_core& core, wire& w) noexcept : core_(core) { core.connected(w); }
  connection_guard(const connection_guard&) = delete;
  connection_guard& operator=(const connection_guard&) = delete;
  ~connection_guard() {
    core_.wire_ = nullptr;
    if (core_.silence_.armed()) core_.loop_->timers().disarm(core_.silence_);
  }

 private:
  client_core& core_;
};

// Its end is noted once: that of the other half follows from it.
task<> client_core::until_it_fails(task<> half) {
  try {
    co_await std::move(half);
  } catch (const std::exception& e) {
    if (!ended_because_.empty()) co_return;
    violated_ = dynamic_cast<const protocol_error*>(&e) != nullptr;
    note_end(e.what());
  }
}

task<> client_core::serve(wire& w) {
  connection_guard guard(*this, w);
  attempted_.set();
  co_await race(until_it_fails(read_replies(w)), until_it_fails(write_commands(w)));
}

void client_core::note_error(const char* what) noexcept {
  try {
    last_error_ = what;
  } catch (const std::bad_alloc&) {
    last_error_.clear();
  }
}

void client_core::note_end(const char* why) noexcept {
  try {
    ended_because_ = why;
  } catch (const std::bad_alloc&) {
    ended_because_ = "out of memory";  // short enough to need none
  }
}

void client_core::connected(wire& w) noexcept {
  wire_ = &w;
  ended_because_.clear();
  violated_ = false;
  ++connects_;
  attempts_ = 0;
  unsent_.clear();
  sending_.clear();
  turn_time_ = 0;
  first_unsent_ = row_.end();
  transactions_ = transactions::unknown;
  admit_waiting();
}

// What may be sent again goes to the front of those that wait, in its order; but not what was
// answered with something unreadable, or over a limit: it would be again.
void client_core::disconnected() noexcept {
  note_error(ended_because_.c_str());
  rondo::detail::list<request> again;
  for (std::uint64_t n = row_.begin(); n != row_.end();) {
    request* r = row_[n];
    if (!r) {
      ++n;
      continue;
    }
    std::uint64_t next = r->first_ + r->commands();
    bool refused = violated_ && n == row_.begin();
    if (refused) {
      finish(*r, request::ending::lost);
    } else if (is_sent(*r) && !r->options_.idempotent && !r->only_reads()) {
      finish(*r, request::ending::lost);
    } else {
      if (is_sent(*r)) r->sent_before_ = true;
      r->forget_answers();
      r->outstanding_ = 0;
      again.push_back(*r);
      ++waiting_count_;
    }
    n = next;
  }
  row_.clear();
  again.append(waiting_);
  waiting_.append(again);
  if (!its.options.fail_fast) return;
  while (request* r = waiting_.front()) finish(*r, request::ending::not_connected);
}

task<> client_core::write_commands(wire& w) {
  for (;;) {
    co_await output_wait(*this);
    turn_time_ = 0;
    std::swap(unsent_, sending_);
    first_unsent_ = row_.end();
    co_await w.connection.write(sending_);
    constexpr std::size_t kept = 1U << 20;
    if (sending_.capacity() > kept) sending_ = std::string();
    sending_.clear();
    if (!waiting_.empty()) admit_waiting();
  }
}

task<> client_core::read_replies(wire& w) {
  for (;;) {
    co_await w.receive();
    last_sign_ = loop_->now_ns();
    take_replies(w);
    if (!waiting_.empty()) admit_waiting();
  }
}

namespace {

/// That the server has left a transaction whose EXEC it has answered so. Throws
/// connection_lost: what came behind it was not run, but queued.
void require_outside(const reply& exec, const wire& w) {
  if (exec.text().rfind("EXECABORT", 0) == 0 || exec.text().rfind("ERR EXEC without", 0) == 0)
    return;
  throw connection_lost("redis " + w.server +
                        ": EXEC was refused within a transaction: " + exec.text());
}

}  // namespace

void client_core::take_replies(wire& w) {
  while (reply* r = w.next()) {
    if (row_.begin() == first_unsent_)
      throw protocol_error("redis " + w.server +
                           ": an answer that nobody has asked for: " + r->describe());
    request* to = row_[row_.begin()];
    if (!to) {
      bool of_ours = transactions_ == transactions::asked && row_.begin() >= asked_at_;
      if (of_ours) take_permission(*r, w);
      if (!of_ours) ++unheard_;
      row_.pop();
      continue;
    }
    bool last = to->take(std::move(*r));
    row_.pop();
    --to->outstanding_;
    if (!last) continue;
    disarm(*to);
    const reply* refused = to->is_transaction_ ? to->refused_exec() : nullptr;
    to->complete();
    if (!refused) continue;
    transactions_ = transactions::unknown;
    require_outside(*refused, w);
  }
  if (row_.begin() == first_unsent_ && w.in_the_midst())
    throw protocol_error("redis " + w.server + ": the beginning of an answer that nobody has " +
                         "asked for");
}

// Nothing else was sent until both answers are here. Who has asked is the first that waits.
void client_core::take_permission(reply& r, const wire& w) {
  if (row_.begin() == asked_at_) {
    multi_refused_ = r.is_error() ? r.text() : "";
    return;
  }
  if (!r.is_error()) {
    transactions_ = transactions::allowed;
    return;
  }
  transactions_ = transactions::unknown;
  bool by_multi = !multi_refused_.empty();
  const std::string& why = by_multi ? multi_refused_ : r.text();
  const char* name = by_multi ? "MULTI" : "EXEC";
  request* first = waiting_.front();
  if (first && first->is_transaction_) {
    first->refuse(std::make_exception_ptr(
        error("redis " + w.server + ": " + name + ": " + why + "; nothing was run", name, why)));
    finish(*first, request::ending::refused);
  }
  if (!by_multi) require_outside(r, w);
}

// --- A server that says nothing ---

void client_core::watch_silence() noexcept {
  if (silence_.armed() || its.options.silence.endless()) return;
  loop_->timers().arm(silence_, its.options.silence.after(last_sign_));
}

// Armed once for many answers: it looks how long ago the last one was.
void client_core::silent_too_long() noexcept {
  if (!wire_ || row_.empty()) return;
  if (its.options.silence.after(last_sign_) > loop_->now_ns()) return watch_silence();
  try {
    std::string why = "redis " + its.to.text() + ": the server has sent nothing for " +
                      duration_text(its.options.silence.nanoseconds()) + ", with " +
                      std::to_string(row_.size()) + " commands to answer";
    note_end(why.c_str());
  } catch (const std::bad_alloc&) {
    note_end("the server is silent");
  }
  wire_->connection.close();
}

// --- Extra connections ---

std::unique_ptr<wire> client_core::take_idle() {
  constexpr std::int64_t longest = 60'000'000'000;
  std::int64_t now = loop_->now_ns();
  while (!idle_.empty()) {
    idle_wire last = std::move(idle_.back());
    idle_.pop_back();
    if (now - last.since < longest && last.w->is_quiet()) return std::move(last.w);
  }
  return nullptr;
}

void client_core::keep_idle(std::unique_ptr<wire> w) noexcept {
  constexpr std::size_t most = 4;
  if (closed_) return;
  if (idle_.size() >= most) idle_.erase(idle_.begin());
  try {
    idle_.push_back({std::move(w), loop_->now_ns()});
  } catch (const std::bad_alloc&) {  // then it is closed
  }
}

client_statistics client_core::statistics() const {
  client_statistics s;
  s.connected = wire_ != nullptr;
  s.waiting = waiting_count_;
  s.in_flight = row_.size();
  s.extra = lent;
  s.commands = commands_;
  s.connects = connects_;
  s.unheard = unheard_;
  s.last_error = last_error_;
  return s;
}

}}}}  // namespace rondo::v0::redis::detail
