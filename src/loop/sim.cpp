// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <semaphore.h>
#include <algorithm>
#include <cerrno>
#include <ctime>

#include <rondo/loop/detail/io_operation.hpp>
#include "loop/backend.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

/// Virtual time: waiting until a deadline makes it that time. There is no
/// kernel below: I/O fails with ENOTSUP.
class sim_backend final : public backend {
 public:
  sim_backend() { ::sem_init(&wakes_, 0, 0); }
  ~sim_backend() override { ::sem_destroy(&wakes_); }

  backend_kind kind() const noexcept override { return backend_kind::sim; }

  bool start(io_operation& op) noexcept override {
    op.outcome = op.code == opcode::nop ? 0 : -ENOTSUP;
    return true;
  }
  bool cancel(io_operation&) noexcept override { return false; }

  void poll(std::int64_t deadline, bool threads_at_work) noexcept override {
    bool woken = false;
    while (::sem_trywait(&wakes_) == 0) woken = true;
    if (woken || deadline <= now_) return;
    if (deadline == INT64_MAX) {  // somebody real will wake us
      ::sem_wait(&wakes_);
    } else if (!threads_at_work) {
      now_ = deadline;
    } else {  // while a thread works, time goes at its real pace
      std::int64_t step = std::min(deadline - now_, std::int64_t{3'600'000'000'000});
      std::int64_t until = monotonic_now() + step;
      timespec limit{until / 1'000'000'000, until % 1'000'000'000};
      if (::sem_clockwait(&wakes_, CLOCK_MONOTONIC, &limit) != 0 && errno == ETIMEDOUT)
        now_ += step;
    }
  }
  bool wants_poll() noexcept override { return false; }

  void wake() noexcept override { ::sem_post(&wakes_); }
  unsigned in_flight() const noexcept override { return 0; }
  std::int64_t now() noexcept override { return now_; }

 private:
  sem_t wakes_;  // may be posted by a signal handler; a condition variable may not
  std::int64_t now_ = 1'000'000'000;  // nothing has ever happened before
};

}  // namespace

backend* make_sim_backend() { return new sim_backend; }

}}}  // namespace rondo::v0::detail
