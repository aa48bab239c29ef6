// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/process/process_pool.hpp>

#include <sched.h>
#include <algorithm>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <rondo/compose/finally.hpp>
#include <rondo/detail/list.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/lock.hpp>
#include "coro/fork.hpp"
#include "process/frame.hpp"

#include "process/serve.hpp"
#include "process/worker.hpp"

namespace rondo { inline namespace v0 {

namespace detail {

class execution;

/// What a pool and its calls share. Counted: a call may outlive its pool, and
/// then fails.
class pool_core {
 public:
  explicit pool_core(const process_pool_options& options)
      : workers(options.workers),
        max_calls(options.max_calls_per_worker),
        max_message(std::min(options.max_message, longest_frame)) {}

  /// Runs the call at once (true: it has ended in an error), or when its turn comes.
  bool admit(execution& e) noexcept;
  void withdraw(execution& e) noexcept;
  /// One that was running has ended.
  void left(execution& e) noexcept;

  /// The call in a worker: the body of e.
  task<packed> converse(execution& e);
  static task<> close(std::shared_ptr<pool_core> self);
  /// The pool is destroyed.
  void abandon() noexcept;

  const std::size_t workers;
  const std::optional<std::size_t> max_calls;
  const std::size_t max_message;

 private:
  bool start(execution& e) noexcept;
  /// Null if there is none.
  std::unique_ptr<worker> take_idle_worker();
  void put_back(std::unique_ptr<worker> w) noexcept;
  void leave_parents_workers() noexcept;
  void call_ended() noexcept;

  // In order.
  list<execution> running_;
  list<execution> waiting_;
  std::size_t running_count_ = 0;
  std::vector<std::unique_ptr<worker>> idle_;
  event quiet_;  // closed, and no call is left
  lock ending_;
  bool closed_ = false;
  bool abandoned_ = false;
  unsigned forks_ = fork_count();
};

/// One call. Its conversation with the worker is a child that cancellation does
/// not reach: cancelling kills the worker, and the child sees to its end.
class execution final : public composite, public list_link<execution> {
 public:
  execution(std::shared_ptr<pool_core> core, const remote_function& f, packed arguments) noexcept
      : function(f), arguments(std::move(arguments)), core_(std::move(core)) {}
  execution(execution&&) = default;

  bool begin() noexcept override { return core_->admit(*this); }
  bool cancel() noexcept override {
    if (!conversation_) {  // it waits for a worker
      core_->withdraw(*this);
      return true;
    }
    if (in_worker) killed_ = in_worker->kill();
    if (starting_) given_up_ = true;
    return false;
  }
  void child_done(node&) noexcept override {
    core_->left(*this);
    bool failed = !conversation_->result.has_value();
    complete_or_stop(given_up_ || (failed && (killed_ || conversation_->result.cancelled())));
  }
  packed result() {
    if (error_) std::rethrow_exception(error_);
    return std::move(conversation_->result).get();
  }
  const char* describe() const noexcept override { return "process_pool.call"; }
  std::string detail() const override {
    std::string text(function.short_name());
    if (in_worker) text += " in worker " + std::to_string(in_worker->pid());
    return text;
  }

  /// False: there is no memory for it; it has ended.
  bool start() noexcept {
    try {
      conversation_.emplace(core_->converse(*this));
    } catch (...) {
      error_ = std::current_exception();
      return false;
    }
    conversation_->start_below(*waiter());
    return true;
  }
  template <class E>
  void fail(const char* why) noexcept {
    try {
      throw E("process_pool::call of " + std::string(function.short_name()) + ": " + why);
    } catch (...) {
      error_ = std::current_exception();
    }
  }
  /// From now on it can be told to stop through its worker only.
  void shield_from_cancellation() noexcept { conversation_->set_shielded(); }

  /// While it lives, the call runs in this worker.
  class working {
   public:
    working(execution& e, worker& w) noexcept : call_(e) { call_.in_worker = &w; }
    working(const working&) = delete;
    working& operator=(const working&) = delete;
    ~working() { call_.in_worker = nullptr; }

   private:
    execution& call_;
  };

  /// While it lives, a worker is started for the call.
  class starting {
   public:
    explicit starting(execution& e) noexcept : call_(e) { call_.starting_ = true; }
    starting(const starting&) = delete;
    starting& operator=(const starting&) = delete;
    ~starting() { call_.starting_ = false; }

   private:
    execution& call_;
  };
  /// It was cancelled while its worker was started: the worker is free again.
  bool given_up() const noexcept { return given_up_; }

  const remote_function& function;
  const packed arguments;
  worker* in_worker = nullptr;

 private:
  std::shared_ptr<pool_core> core_;
  std::optional<child<task<packed>>> conversation_;
  std::exception_ptr error_;
  bool killed_ = false;
  bool starting_ = false;
  bool given_up_ = false;
};

namespace {
constexpr const char* destroyed_before = "the process_pool was destroyed before it came to it";
}

bool pool_core::admit(execution& e) noexcept {
  if (closed_) {
    e.fail<usage_error>("the process_pool has been closed");
    return true;
  }
  if (running_count_ < workers) return !start(e);
  waiting_.push_back(e);
  return false;
}

bool pool_core::start(execution& e) noexcept {
  if (!e.start()) return false;
  running_.push_back(e);
  ++running_count_;
  return true;
}

void pool_core::withdraw(execution& e) noexcept {
  e.unlink();
  call_ended();
}

void pool_core::left(execution& e) noexcept {
  e.unlink();
  --running_count_;
  call_ended();
}

void pool_core::call_ended() noexcept {
  while (!waiting_.empty() && running_count_ < workers) {
    execution& e = *waiting_.pop_front();
    if (!start(e)) e.complete();
  }
  if (closed_ && running_count_ == 0) quiet_.set();
}

// In a child of fork the workers are its parent's, who goes on talking with them.
void pool_core::leave_parents_workers() noexcept {
  if (!forked_since(forks_)) return;
  for (std::unique_ptr<worker>& w : idle_) static_cast<void>(w.release());
  idle_.clear();
}

std::unique_ptr<worker> pool_core::take_idle_worker() {
  leave_parents_workers();
  while (!idle_.empty()) {
    std::unique_ptr<worker> w = std::move(idle_.back());
    idle_.pop_back();
    if (w->usable()) return w;
  }
  return nullptr;
}

// One that is not kept dies with its object, and is reaped in the background.
void pool_core::put_back(std::unique_ptr<worker> w) noexcept {
  bool used_up = max_calls && w->calls >= *max_calls;
  if (!abandoned_ && !used_up && w->usable()) idle_.push_back(std::move(w));
}

task<packed> pool_core::converse(execution& e) {
  e.shield_from_cancellation();
  std::unique_ptr<worker> w = take_idle_worker();
  if (!w && !abandoned_) {
    execution::starting begun(e);
    idle_.reserve(running_count_);  // so that put_back needs no memory
    w = co_await worker::start(max_message);
  }
  if (abandoned_)
    throw broken_process_pool("process_pool::call of " + std::string(e.function.short_name()) +
                              ": " + destroyed_before);
  if (e.given_up()) {
    put_back(std::move(w));
    co_return packed();
  }
  worker::answer answer;
  {
    execution::working in(e, *w);
    answer = co_await w->call(e.function, e.arguments);
  }
  using kind = worker::answer::kind;
  if (answer.what == kind::reply) {
    put_back(std::move(w));
    co_return std::move(answer.reply);
  }
  bool destroyed = abandoned_;
  std::string what = co_await w->end();
  if (answer.what == kind::garbage)
    what = "worker " + std::to_string(w->pid()) + " sent what is no reply";
  what += " during " + std::string(e.function.short_name());
  if (destroyed) what += ", when the process_pool was destroyed";
  if (!w->served() && !destroyed)
    what +=
        ": it had not come to its calls yet; its main has to reach rondo::run, or to begin "
        "with rondo::serve_process_pool()";
  throw broken_process_pool(what);
}

task<> pool_core::close(std::shared_ptr<pool_core> self) {
  self->closed_ = true;
  bool calls = self->running_count_ > 0;
  if (calls) co_await self->quiet_.wait();
  lock::guard guard = co_await self->ending_.acquire();
  for (auto& w : self->idle_) w->kill();
  while (!self->idle_.empty()) {
    std::unique_ptr<worker> w = std::move(self->idle_.back());
    self->idle_.pop_back();
    co_await w->end();
  }
}

void pool_core::abandon() noexcept {
  closed_ = abandoned_ = true;
  leave_parents_workers();
  idle_.clear();
  while (execution* e = waiting_.pop_front()) {
    e->fail<broken_process_pool>(destroyed_before);
    e->complete();
  }
  for (execution& e : running_)
    if (e.in_worker) e.in_worker->kill();
}

namespace {

constexpr std::size_t longest_name_header = 5;  // MessagePack's of a string

std::size_t usable_cpus() noexcept {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(CPU_COUNT(&set));
}

task<packed> execute_in(std::shared_ptr<pool_core> core, const remote_function& f,
                        packed arguments) {
  execution call(std::move(core), f, std::move(arguments));
  co_return co_await call;
}

}  // namespace

}  // namespace detail

process_pool::process_pool(process_pool_options options) {
  if (detail::is_unserved_worker())
    throw usage_error(
        "process_pool: this process is a worker of one and has not come to its calls: its main has "
        "to reach rondo::run first, or to begin with rondo::serve_process_pool()");
  if (options.max_calls_per_worker == 0u)
    throw usage_error("process_pool: max_calls_per_worker is 0, which lets no call be made");
  if (options.workers == 0) options.workers = detail::usable_cpus();
  core_ = std::make_shared<detail::pool_core>(options);
}

process_pool::~process_pool() { core_->abandon(); }

task<> process_pool::close() { return detail::pool_core::close(core_); }

std::size_t process_pool::parallelism() const noexcept { return core_->workers; }

task<packed> process_pool::execute(const remote_function& f, packed arguments) {
  std::size_t size = f.name().size() + detail::longest_name_header + arguments.size();
  if (size > core_->max_message)
    throw std::length_error("process_pool::call of " + std::string(f.short_name()) +
                            ": arguments of " + std::to_string(size) +
                            " bytes are over the limit of " + std::to_string(core_->max_message));
  return detail::execute_in(core_, f, std::move(arguments));
}

}}  // namespace rondo::v0
