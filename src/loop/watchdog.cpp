// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/loop/detail/watchdog.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <rondo/loop/detail/signal_mask.hpp>

namespace rondo::inline v0::detail {

namespace {
constexpr auto interval = std::chrono::milliseconds(25);
constexpr auto limit = std::chrono::milliseconds(100);
}  // namespace

struct watchdog::state {
  explicit state(scheduler& s) : watched(s) {}

  scheduler& watched;
  std::mutex mutex;
  std::condition_variable stopped;
  bool stop = false;
  std::thread thread;

  void watch() {
    std::unique_lock lock(mutex);
    unsigned long seen = 0;
    auto since = std::chrono::steady_clock::now();
    while (!stopped.wait_for(lock, interval, [&] { return stop; })) {
      unsigned long epoch = __atomic_load_n(&watched.epoch, __ATOMIC_RELAXED);
      auto now = std::chrono::steady_clock::now();
      if (epoch != seen || epoch % 2 == 0) {  // another step, or none
        seen = epoch;
        since = now;
      } else if (now - since >= limit) {
        auto held = std::chrono::duration_cast<std::chrono::milliseconds>(now - since);
        __atomic_store_n(&watched.held_epoch, epoch, __ATOMIC_RELAXED);
        __atomic_store_n(&watched.held_ms, static_cast<unsigned>(held.count()), __ATOMIC_RELEASE);
      }
    }
  }
};

watchdog::watchdog(scheduler& watched) : state_(new state(watched)) {
  try {
    signals_blocked inherited;
    state_->thread = std::thread([s = state_] { s->watch(); });
  } catch (...) {
    delete state_;
    throw;
  }
}

watchdog::~watchdog() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->stopped.notify_one();
  state_->thread.join();
  delete state_;
}

}  // namespace rondo::inline v0::detail
