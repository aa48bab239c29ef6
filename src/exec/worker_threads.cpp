// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/exec/detail/worker_threads.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace rondo::inline v0::detail {

struct worker_threads::state {
  std::mutex mutex;
  std::condition_variable work;
  job* first = nullptr;
  job* last = nullptr;
  std::size_t queued = 0;
  std::size_t idle = 0;
  std::size_t limit = std::min(32u, std::thread::hardware_concurrency() + 4);
  bool stop = false;
  std::vector<std::thread> threads;

  job* take() {
    job* j = first;
    unlink(*j);
    j->at = job::state::taken;
    return j;
  }
  void unlink(job& j) {
    (j.previous ? j.previous->next : first) = j.next;
    (j.next ? j.next->previous : last) = j.previous;
    --queued;
  }
  void serve() {
    std::unique_lock lock(mutex);
    for (;;) {
      while (!first && !stop) {
        ++idle;
        work.wait(lock);
        --idle;
      }
      if (!first) return;
      job* j = take();
      lock.unlock();
      j->run(*j);  // j may be gone now
      lock.lock();
    }
  }
};

worker_threads& worker_threads::shared() {
  static worker_threads pool;
  return pool;
}

worker_threads::worker_threads() : state_(new state) {}

worker_threads::~worker_threads() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->work.notify_all();
  for (std::thread& t : state_->threads) t.join();
  delete state_;
}

void worker_threads::submit(job& j) {
  bool notify;
  {
    std::lock_guard lock(state_->mutex);
    if (state_->queued >= state_->idle && state_->threads.size() < state_->limit) {
      try {
        state_->threads.emplace_back([s = state_] { s->serve(); });
      } catch (const std::system_error&) {
        if (state_->threads.empty()) throw;
      }
    }
    j.at = job::state::queued;
    j.next = nullptr;
    j.previous = state_->last;
    (state_->last ? state_->last->next : state_->first) = &j;
    state_->last = &j;
    ++state_->queued;
    notify = state_->idle > 0;
  }
  if (notify) state_->work.notify_one();
}

bool worker_threads::withdraw(job& j) noexcept {
  std::lock_guard lock(state_->mutex);
  if (j.at != job::state::queued) return false;
  state_->unlink(j);
  j.at = job::state::idle;
  return true;
}

}  // namespace rondo::inline v0::detail
