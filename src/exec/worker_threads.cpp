// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/exec/detail/worker_threads.hpp>

#include <pthread.h>
#include <sched.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

#include <rondo/coro/detail/outside.hpp>
#include "loop/signal_mask.hpp"

namespace rondo { inline namespace v0 { namespace detail {

struct worker_threads::state {
  struct worker {
    std::thread thread;
    std::condition_variable called;
    worker* next_idle = nullptr;
    bool idle = false;
  };

  state(std::size_t threads, std::size_t queue, std::string pool_name)
      : limit(threads), queue_limit(queue), name(std::move(pool_name)) {}

  const std::size_t limit;
  const std::size_t queue_limit;
  const std::string name;

  std::mutex mutex;
  // In the order of arrival: the queued ones, then those that wait for room.
  list<job> jobs;
  job* first_waiting = nullptr;
  std::size_t queued = 0;
  std::size_t waiting = 0;
  std::size_t running = 0;
  std::size_t finishing = 0;          // workers that look into the queue in a moment
  worker* idle = nullptr;             // last in, first out
  std::atomic<bool> has_jobs{false};  // !jobs.empty(), for a look without the lock
  bool stop = false;
  std::deque<worker> workers;  // references stay valid while it grows
  state* of_parent = nullptr;  // before a fork; its threads and its lock are the parent's

  void append(job& j) noexcept {
    jobs.push_back(j);
    has_jobs.store(true, std::memory_order_relaxed);
    if (queued < queue_limit) {
      j.at = job::state::queued;
      ++queued;
    } else {
      j.at = job::state::waiting;
      if (waiting++ == 0) first_waiting = &j;
    }
  }

  /// Takes j out. Gives the job that has got its room, or null.
  job* remove(job& j) noexcept {
    bool leaves_room = j.at == job::state::queued;
    if (&j == first_waiting) first_waiting = jobs.after(j);
    j.unlink();
    has_jobs.store(!jobs.empty(), std::memory_order_relaxed);
    --(leaves_room ? queued : waiting);
    if (!leaves_room || !first_waiting) return nullptr;
    job* admitted = first_waiting;
    first_waiting = jobs.after(*admitted);
    admitted->at = job::state::queued;
    --waiting;
    ++queued;
    return admitted;
  }

  /// What to tell to a job that was admitted. Noted under the lock, told without
  /// it: then the job may be gone.
  class notice {
   public:
    explicit notice(const job* admitted) noexcept
        : admission_(admitted ? admitted->admission : nullptr) {}
    void tell() const noexcept {
      if (admission_) admission_->arrive();
    }

   private:
    outside* admission_;
  };

  void serve(worker& self) noexcept {
    std::unique_lock lock(mutex);
    for (;;) {
      while (jobs.empty() && !stop) {
        self.idle = true;
        self.next_idle = idle;
        idle = &self;
        self.called.wait(lock, [&] { return !self.idle; });
      }
      if (jobs.empty()) return;
      job& j = *jobs.front();
      notice admitted(remove(j));
      j.at = job::state::taken;
      ++running;
      lock.unlock();
      admitted.tell();
      j.run(j);
      lock.lock();
      --running;
      ++finishing;
      lock.unlock();
      j.finish(j);  // j may be gone now
      look_for_more();
      lock.lock();
      --finishing;
    }
  }

  /// A call is often followed by the next at once. A thread that sleeps costs its
  /// caller a system call and the kernel the wake of a core (20 µs on a virtual
  /// machine); looking on for about 10 µs halves the CPU time of such calls and
  /// makes them several times faster. Yielding, it takes no core from anybody,
  /// least of all from the loop that waits for the result. The bound is in time,
  /// for on a busy machine one yield lasts milliseconds, and who destroys the pool
  /// waits for this thread.
  void look_for_more() const noexcept {
    auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(10);
    while (!has_jobs.load(std::memory_order_relaxed) && std::chrono::steady_clock::now() < until)
      sched_yield();
  }

  /// The idle worker to call, or null. It is not idle any more.
  worker* call_idle() noexcept {
    worker* w = idle;
    if (!w) return nullptr;
    idle = w->next_idle;
    w->idle = false;
    return w;
  }

  void start_worker() {
    std::size_t number = workers.size();
    worker& w = workers.emplace_back();
    try {
      signals_blocked inherited;
      w.thread = std::thread([this, &w, number] {
        take_name(number);
        serve(w);
      });
    } catch (const std::system_error& e) {
      workers.pop_back();
      throw std::system_error(e.code(), "start a thread of " + name);
    } catch (...) {
      workers.pop_back();
      throw;
    }
  }

  // The kernel keeps 15 characters; the number tells the threads apart.
  void take_name(std::size_t number) const noexcept {
    constexpr std::size_t longest = 15;
    char full[longest + 1] = {};
    char suffix[longest + 1];
    auto digits = static_cast<std::size_t>(std::snprintf(suffix, sizeof suffix, "-%zu", number));
    digits = std::min(digits, longest);
    std::size_t letters = std::min(name.size(), longest - digits);
    std::memcpy(full, name.data(), letters);
    std::memcpy(full + letters, suffix, digits);
    pthread_setname_np(pthread_self(), full);
  }
};

/// Every pool of the process, for a fork. A lock that nobody holds while it waits.
class worker_threads::all_pools {
 public:
  /// Never destroyed: pools may be static objects.
  static all_pools& get() {
    static auto* instance = new all_pools;
    return *instance;
  }
  void add(worker_threads& pool) noexcept {
    std::lock_guard lock(mutex_);
    pools_.push_front(pool);
  }
  void remove(worker_threads& pool) noexcept {
    std::lock_guard lock(mutex_);
    pool.unlink();
  }

 private:
  all_pools() {
    ::pthread_atfork([] { get().mutex_.lock(); }, [] { get().mutex_.unlock(); },
                     [] {
                       get().begin_afresh();
                       get().mutex_.unlock();
                     });
  }
  void begin_afresh() noexcept {
    for (worker_threads& p : pools_) {
      auto* fresh = new state(p.state_->limit, p.state_->queue_limit, p.state_->name);
      fresh->of_parent = std::exchange(p.state_, fresh);
    }
  }

  std::mutex mutex_;
  list<worker_threads> pools_;
};

worker_threads& worker_threads::shared() {
  static worker_threads pool(std::min<std::size_t>(32, usable_cores() + 4),
                             static_cast<std::size_t>(-1), "to_thread");
  return pool;
}

std::size_t worker_threads::usable_cores() noexcept {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0)
    return static_cast<std::size_t>(CPU_COUNT(&cores));
  return std::max(1u, std::thread::hardware_concurrency());  // more than 1024 cores
}

worker_threads::worker_threads(std::size_t threads, std::size_t queue, std::string name)
    : state_(new state(threads, queue, std::move(name))) {
  all_pools::get().add(*this);
}

worker_threads::~worker_threads() {
  all_pools::get().remove(*this);
  list<job> refused;
  job* first_waiting;
  {
    std::lock_guard lock(state_->mutex);
    state_->stop = true;
    refused.append(state_->jobs);
    first_waiting = std::exchange(state_->first_waiting, nullptr);
    state_->has_jobs.store(false, std::memory_order_relaxed);
    state_->queued = state_->waiting = 0;
    for (job& j : refused) j.at = job::state::taken;
    while (state::worker* w = state_->call_idle()) w->called.notify_one();
  }
  bool waited = false;
  while (job* j = refused.pop_front()) {
    if (j == first_waiting) waited = true;
    state::notice admitted(waited ? j : nullptr);
    j->refuse(*j);  // it may be gone now
    admitted.tell();
  }
  for (state::worker& w : state_->workers) w.thread.join();
  delete state_;
}

bool worker_threads::submit(job& j) {
  state::worker* called = nullptr;
  bool admitted;
  {
    std::lock_guard lock(state_->mutex);
    bool unserved = state_->queued >= state_->finishing;
    if (unserved && !state_->idle && state_->workers.size() < state_->limit) {
      try {
        state_->start_worker();
      } catch (const std::system_error&) {
        if (state_->workers.empty()) throw;
      }
    }
    state_->append(j);
    admitted = j.at == job::state::queued;
    if (unserved) called = state_->call_idle();
  }
  if (called) called->called.notify_one();
  return admitted;
}

bool worker_threads::withdraw(job& j) noexcept {
  state::notice admitted(nullptr);
  {
    std::lock_guard lock(state_->mutex);
    if (j.at != job::state::queued && j.at != job::state::waiting) return false;
    admitted = state::notice(state_->remove(j));
    j.at = job::state::idle;
  }
  admitted.tell();
  return true;
}

bool worker_threads::withdraw_waiting(job& j) noexcept {
  std::lock_guard lock(state_->mutex);
  if (j.at != job::state::waiting) return false;
  state_->remove(j);
  j.at = job::state::idle;
  return true;
}

const std::string& worker_threads::name() const noexcept { return state_->name; }
std::size_t worker_threads::limit() const noexcept { return state_->limit; }
std::size_t worker_threads::queued() const noexcept {
  std::lock_guard lock(state_->mutex);
  return state_->queued;
}
std::size_t worker_threads::waiting() const noexcept {
  std::lock_guard lock(state_->mutex);
  return state_->waiting;
}
std::size_t worker_threads::running() const noexcept {
  std::lock_guard lock(state_->mutex);
  return state_->running;
}

}}}  // namespace rondo::v0::detail
