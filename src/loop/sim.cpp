// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include <rondo/loop/detail/backend.hpp>
#include <rondo/loop/detail/io_operation.hpp>

namespace rondo::inline v0::detail {

namespace {

/// Virtual time: waiting until a deadline makes it that time. There is no
/// kernel below: I/O fails with ENOTSUP.
class sim_backend final : public backend {
 public:
  backend_kind kind() const noexcept override { return backend_kind::sim; }

  bool start(io_operation& op) noexcept override {
    op.outcome = op.code == opcode::nop ? 0 : -ENOTSUP;
    return true;
  }
  bool cancel(io_operation&) noexcept override { return false; }

  void poll(std::int64_t deadline, bool threads_at_work) noexcept override {
    std::unique_lock lock(mutex_);
    auto woken = [&] { return woken_; };
    if (deadline == INT64_MAX) {  // somebody real will wake us
      wake_.wait(lock, woken);
    } else if (deadline > now_) {
      // While a thread works, time goes at its real pace.
      auto left = std::chrono::nanoseconds(deadline - now_);
      if (threads_at_work ? !wake_.wait_for(lock, left, woken) : !woken_) now_ = deadline;
    }
    woken_ = false;
  }
  bool wants_poll() noexcept override { return false; }

  void wake() noexcept override {
    std::lock_guard lock(mutex_);
    woken_ = true;
    wake_.notify_one();
  }
  unsigned in_flight() const noexcept override { return 0; }
  std::int64_t now() noexcept override { return now_; }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;
  std::int64_t now_ = 1'000'000'000;  // nothing has ever happened before
};

}  // namespace

backend* make_sim_backend() { return new sim_backend; }

}  // namespace rondo::inline v0::detail
