// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <rondo/detail/counted.hpp>
#include <rondo/exec/detail/lost_exception.hpp>
#include <rondo/exec/detail/worker_threads.hpp>
#include <rondo/loop/loop_ref.hpp>
#include <rondo/sync/future.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// A call that a pool runs on its own account, for a loop that hears of an exception
/// that nobody retrieves. Counted: one reference is the
/// pool's, one that of the operation which waits for room.
class submitted_call : public job, public counted<submitted_call, held_on::many_threads> {
 public:
  submitted_call() noexcept {
    finish = [](job& j) noexcept { static_cast<submitted_call&>(j).release(); };
  }

  /// Empty once the call has succeeded: a pool's threads do not hold a loop longer
  /// than they need it.
  loop_ref submitter;

 protected:
  friend counted;
  virtual ~submitted_call() = default;
};

std::exception_ptr pool_destroyed(const worker_threads& pool) noexcept;

template <class F, class... Args>
class submitted_function final : public submitted_call {
 public:
  using value_type = std::invoke_result_t<F&, Args...>;

  template <class G, class... A>
  explicit submitted_function(worker_threads& pool, G&& f, A&&... args)
      : pool_(pool), call_(std::in_place, std::forward<G>(f), std::forward<A>(args)...) {
    run = [](job& j) noexcept { static_cast<submitted_function&>(j).work(); };
    refuse = [](job& j) noexcept {
      auto& call = static_cast<submitted_function&>(j);
      call.promise_.set_exception(pool_destroyed(call.pool_));
      call.release();
    };
  }
  future<value_type> get_future() const noexcept { return promise_.get_future(); }

 private:
  ~submitted_function() {
    std::exception_ptr lost = promise_.give_up();
    if (lost)
      lost_exception("a call submitted to a thread_pool", std::move(lost)).report_on(submitter);
  }
  // What the user gave is destroyed before the result is there, and before the
  // thread counts as free: its destructors may take their time.
  void work() noexcept {
    try {
      auto call = [](F& f, Args&... args) -> value_type { return f(std::move(args)...); };
      if constexpr (std::is_void_v<value_type>) {
        std::apply(call, *call_);
        call_.reset();
        submitter = {};
        promise_.set_value();
      } else {
        value_type value = std::apply(call, *call_);
        call_.reset();
        submitter = {};
        promise_.set_value(static_cast<value_type&&>(value));
      }
    } catch (...) {
      call_.reset();
      promise_.set_exception(std::current_exception());
    }
  }

  worker_threads& pool_;
  std::optional<std::tuple<F, Args...>> call_;
  promise<value_type> promise_;
};

/// Waits for room in the queue of a pool.
class submit_operation_base : public operation {
 public:
  bool begin() noexcept override;
  bool cancel() noexcept override;
  const char* describe() const noexcept override { return "thread_pool.submit"; }
  std::string detail() const override { return pool_->name(); }

 protected:
  submit_operation_base(worker_threads& pool, submitted_call* call) noexcept
      : pool_(&pool), call_(call) {}
  submit_operation_base(submit_operation_base&&) noexcept = default;
  void check() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  outside room_;
  worker_threads* pool_;
  ref<submitted_call> call_;
  std::exception_ptr error_;
};

template <class T>
class [[nodiscard]] submit_operation final : public submit_operation_base {
 public:
  submit_operation(worker_threads& pool, submitted_call* call, future<T> result) noexcept
      : submit_operation_base(pool, call), future_(std::move(result)) {}
  submit_operation(submit_operation&&) noexcept = default;
  future<T> result() {
    check();
    return std::move(future_);
  }

 private:
  future<T> future_;
};

}}}  // namespace rondo::v0::detail
