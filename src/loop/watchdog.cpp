// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "loop/watchdog.hpp"

#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "loop/signal_mask.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {
constexpr auto interval = std::chrono::milliseconds(25);
constexpr auto limit = std::chrono::milliseconds(100);
constexpr auto said_first_after = std::chrono::milliseconds(500);

// The loop's thread may hold the locks of stdio.
void say(std::string line) noexcept {
  line = "rondo: " + line + "\n";
  std::size_t done = 0;
  while (done < line.size()) {
    ssize_t n = ::write(STDERR_FILENO, line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
  }
}
}  // namespace

struct watchdog::state {
  step_record watched;
  std::mutex mutex;
  std::condition_variable stopped;
  bool stop = false;
  std::thread thread;

  void watch() {
    std::unique_lock lock(mutex);
    unsigned long seen = 0;
    auto since = std::chrono::steady_clock::now();
    auto say_after = std::chrono::milliseconds(said_first_after);
    while (!stopped.wait_for(lock, interval, [&] { return stop; })) {
      unsigned long epoch = watched.epoch();
      auto now = std::chrono::steady_clock::now();
      if (epoch != seen || epoch % 2 == 0) {  // another step, or none
        seen = epoch;
        since = now;
        say_after = said_first_after;
        continue;
      }
      auto held = std::chrono::duration_cast<std::chrono::milliseconds>(now - since);
      if (held < limit) continue;
      auto ms = static_cast<unsigned>(held.count());
      watched.set_held(epoch, ms);
      if (held < say_after) continue;
      say_after = 2 * held;
      say_held(epoch, ms);
    }
  }

  void say_held(unsigned long epoch, unsigned ms) noexcept {
    try {
      std::string line = watched.holds_text(ms);
      if (watched.epoch() == epoch) say(std::move(line));
    } catch (...) {  // out of memory: the next time
    }
  }
};

watchdog::watchdog() : state_(new state) {
  try {
    signals_blocked inherited;
    state_->thread = std::thread([s = state_] { s->watch(); });
  } catch (...) {
    delete state_;
    throw;
  }
}

step_record& watchdog::step() noexcept { return state_->watched; }

watchdog::~watchdog() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->stopped.notify_one();
  state_->thread.join();
  delete state_;
}

}}}  // namespace rondo::v0::detail
