// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/exec/run_workers.hpp>

#include <pthread.h>
#include <sched.h>
#include <cstdio>
#include <deque>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#include <rondo/coro/detail/outside.hpp>
#include <rondo/exec/detail/worker_threads.hpp>
#include "coro/report_lost.hpp"
#include "loop/signal_mask.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

/// Waits for the workers, on a loop of the calling thread: so what `run` does
/// about Ctrl-C is done here by `run` itself. Cancelling it cancels their mains.
class workers_operation final : public operation {
 public:
  workers_operation(std::size_t n, worker_function& factory, const workers_options& options)
      : count_(n), factory_(factory), options_(options) {}
  // Operations are movable until begun; this one is never moved.
  workers_operation(workers_operation&&) = delete;

  bool begin() noexcept override;
  bool cancel() noexcept override {
    stop_all(nullptr);
    return false;  // all_ended follows
  }
  void result() const {
    if (error_) std::rethrow_exception(error_);
  }
  const char* describe() const noexcept override { return "run_workers"; }

 private:
  struct worker {
    workers_operation* all = nullptr;
    std::size_t index = 0;
    std::thread thread;
    node* main = nullptr;          // its own thread only
    outside_link* link = nullptr;  // while main runs; guarded by mutex_
    struct stop_entry : entry {
      worker* stopped = nullptr;
    } stop;
  };

  /// A worker's main is reachable from others while this lives.
  class reachable {
   public:
    explicit reachable(worker& w) : worker_(w) {
      node* main = this_thread_scheduler->current;
      std::lock_guard lock(w.all->mutex_);
      w.main = main;
      w.link = main->sched().outside;
    }
    reachable(const reachable&) = delete;
    reachable& operator=(const reachable&) = delete;
    ~reachable() {
      worker_.main = nullptr;
      std::lock_guard lock(worker_.all->mutex_);
      worker_.link = nullptr;
    }

   private:
    worker& worker_;
  };

  static task<> worker_main(worker& w);
  void serve(worker& w) noexcept;
  void pin(worker& w) const noexcept;
  bool stopping() {
    std::lock_guard lock(mutex_);
    return stopping_;
  }
  /// From any thread. The error, if any, is the first or is reported.
  void stop_all(std::exception_ptr error) noexcept;
  void ended(std::size_t n) noexcept;

  const std::size_t count_;
  worker_function& factory_;
  const workers_options options_;

  std::mutex mutex_;
  std::deque<worker> workers_;
  std::size_t running_ = 0;
  bool stopping_ = false;
  bool cut_short_ = false;  // a main was cancelled because of stopping_
  std::exception_ptr error_;

  outside end_;
};

bool workers_operation::begin() noexcept {
  end_.hold(*this, outside::by::thread, [](operation& op) noexcept {
    auto& self = static_cast<workers_operation&>(op);
    for (worker& w : self.workers_)
      if (w.thread.joinable()) w.thread.join();
    self.complete_or_stop(self.cut_short_ && !self.error_);
  });
  running_ = count_;
  std::size_t started = 0;
  try {
    // All are made before any starts, as each may look through them to stop all.
    for (std::size_t i = 0; i < count_; ++i) {
      worker& w = workers_.emplace_back();
      w.all = this;
      w.index = i;
    }
    signals_blocked inherited;
    for (worker& w : workers_) {
      w.thread = std::thread([this, &w] { serve(w); });
      ++started;
    }
  } catch (const std::system_error& e) {
    stop_all(std::make_exception_ptr(
        std::system_error(e.code(), "run_workers: start thread " + std::to_string(started))));
    ended(count_ - started);
  } catch (...) {
    stop_all(std::current_exception());
    ended(count_ - started);
  }
  return false;
}

task<> workers_operation::worker_main(worker& w) {
  reachable while_it_runs(w);
  if (w.all->stopping()) throw cancelled_error();  // nobody could tell it
  task<> main = w.all->factory_(w.index);
  if (const promise_base* p = main.internal())
    this_thread_scheduler->current->set_name(coroutine_name(p->created().function_name()));
  co_await std::move(main);
}

void workers_operation::serve(worker& w) noexcept {
  char name[16];
  std::snprintf(name, sizeof name, "worker-%u", static_cast<unsigned>(w.index));
  pthread_setname_np(pthread_self(), name);
  if (options_.pin) pin(w);
  try {
    run(worker_main(w), {.backend = options_.backend,
                         .debug = options_.debug,
                         .interrupt = on_interrupt::leave_alone});
  } catch (const cancelled_error&) {
    if (stopping()) {
      std::lock_guard lock(mutex_);
      cut_short_ = true;
    } else {
      stop_all(std::current_exception());
    }
  } catch (...) {
    stop_all(std::current_exception());
  }
  ended(1);
}

void workers_operation::pin(worker& w) const noexcept {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  std::size_t place = w.index % static_cast<std::size_t>(CPU_COUNT(&allowed));
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed) || place-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    return;
  }
}

void workers_operation::stop_all(std::exception_ptr error) noexcept {
  bool further = false;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    if (error) {
      further = error_ != nullptr;
      if (!further) error_ = error;
    }
    for (worker& w : workers_) {
      outside_link* link = std::exchange(w.link, nullptr);
      if (!link) continue;
      w.stop.stopped = &w;
      w.stop.fire = [](entry& e) noexcept {
        worker& stopped = *static_cast<worker::stop_entry&>(e).stopped;
        if (stopped.main) stopped.main->request_cancel();
      };
      link->hold();
      link->post_and_release(w.stop);
    }
  }
  if (further) report_lost(error, "a further worker of run_workers failed after the first");
}

void workers_operation::ended(std::size_t n) noexcept {
  {
    std::lock_guard lock(mutex_);
    running_ -= n;
    if (running_ > 0) return;
  }
  end_.arrive();  // this may be gone once the thread is joined
}

task<> supervise(std::size_t n, worker_function& factory, const workers_options& options) {
  workers_operation workers(n, factory, options);
  co_await workers;
}

}  // namespace

void run_workers(std::size_t n, worker_function factory, const workers_options& options) {
  if (n == 0) n = worker_threads::usable_cores();
  run(supervise(n, factory, options), {.backend = options.backend,
                                       .debug = options.debug,
                                       .interrupt = options.interrupt,
                                       .terminate = options.terminate});
}

}}}  // namespace rondo::v0::detail
