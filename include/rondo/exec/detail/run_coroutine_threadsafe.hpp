// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <rondo/coro/create_task.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/exec/detail/lost_exception.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// The meeting point of a thread that waits and a task that ends. Thread safe.
class concurrent_core : public counted<concurrent_core, held_on::many_threads> {
 public:
  concurrent_core();
  void wait() noexcept;
  /// Throws timeout_error.
  void wait(delay limit);
  bool done() const noexcept;
  /// The result is there. False: nobody can ask for it any more.
  bool finish() noexcept;

  void add_future() noexcept;
  /// True: it was the last, and the result that is there was not retrieved.
  bool remove_future() noexcept;
  void set_retrieved() noexcept;

 protected:
  virtual ~concurrent_core();

 private:
  friend counted;
  struct state;
  state* state_;
};

template <class T>
class concurrent_state final : public concurrent_core {
 public:
  /// The result's exception, which nobody can ask for any more.
  lost_exception take_lost() noexcept {
    std::exception_ptr error = result.exception();
    if (error) result.set_cancelled();
    return lost_exception("a task of run_coroutine_threadsafe", std::move(error));
  }

  outcome<T> result;
  task_handle<> handle;  // the loop's thread only
};

/// Gives the outcome to the waiting thread in every case, also when the call is
/// dropped by a loop that has closed.
template <class T>
class concurrent_delivery {
 public:
  explicit concurrent_delivery(ref<concurrent_state<T>> s) noexcept : state_(std::move(s)) {}
  concurrent_delivery(concurrent_delivery&&) noexcept = default;
  ~concurrent_delivery() {
    if (!state_) return;
    state_->handle = {};
    if (!state_->result.settled()) state_->result.set_cancelled();
    if (!state_->finish()) state_->take_lost()();
  }
  concurrent_state<T>& state() const noexcept { return *state_; }

 private:
  ref<concurrent_state<T>> state_;
};

template <class T>
class give_task {
 public:
  explicit give_task(task<T>&& t) noexcept : task_(std::move(t)) {}
  RONDO_CORO_WRAPPER task<T> operator()() noexcept { return std::move(task_); }

 private:
  task<T> task_;
};

/// A task whose outcome goes to a thread that waits for it.
template <class T>
class delivered_task final : public spawned_result<void> {
 public:
  explicit delivered_task(owned_call<T>&& call) : body_(std::move(call), *this) {}
  void deliver_to(concurrent_delivery<T>&& delivery) noexcept {
    delivery_.emplace(std::move(delivery));
  }

 private:
  void settle(bool stopped) noexcept override {
    keep_name();
    body_.finish(*this, stopped, delivery_->state().result);
    if (stopped) {
      result.set_cancelled_because(why_cancelled());
    } else {
      result.set_value();
    }
    delivery_.reset();
    finish();
  }
  void last_reference_gone() noexcept override { delete this; }

  std::optional<concurrent_delivery<T>> delivery_;
  body<owned_call<T>> body_;
};

/// On the loop's thread.
template <class F, class T>
void start_delivered(F&& f, concurrent_delivery<T>&& delivery) {
  scheduler& s = running_scheduler("run_coroutine_threadsafe");
  ref<concurrent_state<T>> state(&delivery.state());
  try {
    auto* task = new delivered_task<T>(own_call(std::move(f)));
    state->handle = task_handle<>(task);
    task->deliver_to(std::move(delivery));
    task->launch(*s.top, nullptr);
  } catch (...) {  // the delivery, which is still here, tells it
    state->result.set_error(std::current_exception());
  }
}

}}}  // namespace rondo::v0::detail
