// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/body.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/detail/list.hpp>

namespace rondo { inline namespace v0 {

class task_handle_base;
template <class T>
class task_handle;

namespace detail {

class spawned_base;
[[noreturn]] void throw_empty_handle();

/// Something to be told when a spawned task has ended: an await of its handle,
/// a `wait`, an `as_completed`. Intrusive, so that being told never allocates.
struct completion_waiter : list_link<completion_waiter> {
  void (*notify)(completion_waiter&) noexcept = nullptr;
};

/// Who is responsible for a spawned task: a task group. Null: the loop.
class supervisor {
 public:
  virtual void spawned_done(spawned_base& task) noexcept = 0;

 protected:
  ~supervisor() = default;
};

/// A task with handles: counted, so that its result outlives its run.
class spawned_base : public node, public pooled, public counted<spawned_base> {
 public:
  /// Starts below parent, holding itself alive until its end.
  void launch(node& parent, supervisor* who) noexcept;

  void add_waiter(completion_waiter& w) noexcept { waiters_.push_back(w); }

  virtual bool failed() const noexcept = 0;
  virtual bool was_cancelled() const noexcept = 0;
  virtual std::exception_ptr error() const noexcept = 0;

  std::string display_name() const;
  /// Where create_task was called, for reports.
  void created_at(std::source_location where) noexcept { created_at_ = where; }
  /// The frame of what it runs may refer into this one, or null.
  virtual const void* kept_frame() const noexcept { return nullptr; }
  /// It refers to a local of the body of its group. Debug mode only.
  void set_borrows() noexcept { borrows_ = true; }
  bool borrows() const noexcept { return borrows_; }
  void mark_retrieved() noexcept { retrieved_ = true; }
  /// Throws unless the task has ended.
  void require_done() const;
  /// Throws on a thread that is not the task's.
  void require_own_thread(const char* caller) const {
    if (&sched() != this_thread_scheduler && !done()) [[unlikely]]
      throw_wrong_thread(caller);
  }
  /// Says why waiter cannot wait for this.
  [[noreturn]] void throw_cannot_wait(const node* waiter) const;

 protected:
  spawned_base() = default;
  ~spawned_base() = default;
  virtual void last_reference_gone() noexcept = 0;
  /// The end of settle in every spawned task.
  void finish() noexcept;
  void report_if_unretrieved() noexcept;
  /// Remembers the coroutine's name and place while it is still there.
  void keep_name() noexcept;

 private:
  friend counted;
  [[noreturn]] void throw_wrong_thread(const char* caller) const;
  std::string place_of_failure() const;

  unsigned last_await_line_ = 0;  // 0: it had none
  list<completion_waiter> waiters_;
  supervisor* supervisor_ = nullptr;
  std::source_location created_at_;
  std::source_location coroutine_;  // of the task, once it has ended
  place_kind coroutine_kind_{};     // when last_await_line_ is 0: what coroutine_ is the place of
  bool retrieved_ = false;
  bool borrows_ = false;
};

/// A spawned task of which only the type of its result is known.
template <class T>
class spawned_result : public spawned_base {
 public:
  outcome<T> result;
  bool failed() const noexcept override { return result.has_error(); }
  bool was_cancelled() const noexcept override { return result.cancelled(); }
  std::exception_ptr error() const noexcept override { return result.exception(); }

 protected:
  ~spawned_result() = default;
};

template <class B>
class spawned final : public spawned_result<typename body<B>::value_type> {
 public:
  explicit spawned(B&& b) : body_(std::move(b), *this) {}

 private:
  void settle(bool stopped) noexcept override {
    this->keep_name();
    body_.finish(*this, stopped, this->result);
    this->finish();
  }
  void last_reference_gone() noexcept override {
    this->report_if_unretrieved();
    delete this;
  }
  const void* kept_frame() const noexcept override {
    if constexpr (requires { body_.kept_frame(); }) {
      return body_.kept_frame();
    } else {
      return nullptr;
    }
  }
  body<B> body_;
};

/// Waits for the end of a task that somebody else owns.
template <class T, bool Move>
class [[nodiscard]] join_operation final : public operation, private completion_waiter {
 public:
  explicit join_operation(spawned_result<T>& task) : task_(&task) {}
  join_operation(join_operation&&) noexcept = default;

  bool begin() noexcept override {
    if (task_->done() || waiter() == task_.get() || &task_->sched() != &waiter()->sched())
      return true;
    notify = [](completion_waiter& w) noexcept { static_cast<join_operation&>(w).complete(); };
    task_->add_waiter(*this);
    return false;
  }
  bool cancel() noexcept override {
    this->unlink();
    return true;
  }
  T result() {
    if (!task_->done()) task_->throw_cannot_wait(waiter());
    task_->mark_retrieved();
    if constexpr (Move) {
      return std::move(task_->result).get();
    } else {
      static_assert(std::is_void_v<T> || std::is_reference_v<T> || std::is_copy_constructible_v<T>,
                    "rondo: the result of this task cannot be copied out of its handle: write "
                    "co_await std::move(handle)");
      if constexpr (std::is_void_v<T>) {
        static_cast<void>(task_->result.value());
      } else {
        return task_->result.value();
      }
    }
  }
  const char* describe() const noexcept override { return "task"; }
  std::string detail() const override { return task_->display_name(); }

 private:
  ref<spawned_result<T>> task_;
};

/// With g++ 12, the handle of a task that was made from a temporary closure with
/// owning captures: sound anywhere but in the same co_await expression, where it
/// is an rvalue.
template <class T>
class closure_task_handle : public task_handle<T> {
 public:
  closure_task_handle(task_handle<T>&& handle) noexcept  // NOLINT: implicit, as its own kind
      : task_handle<T>(std::move(handle)) {}

  auto as_operation() const& { return static_cast<const task_handle<T>&>(*this).as_operation(); }
  template <class Never = T>
  auto as_operation() && {
    static_assert(sizeof(Never*) == 0, RONDO_OWNING_CLOSURE);
    return static_cast<task_handle<T>&&>(*this).as_operation();
  }
};

template <class Handle>  // as it is forwarded
inline constexpr bool closure_temporary = false;
template <class T>
inline constexpr bool closure_temporary<closure_task_handle<T>> = true;

/// The task_handle<T> that a parameter of the type Handle is, however it is passed.
template <class Handle>
  requires std::is_base_of_v<task_handle_base, std::remove_cvref_t<Handle>>
using plain_handle = task_handle<typename std::remove_cvref_t<Handle>::value_type>;

/// The handle that create_task gives for the closure F, which makes a task<T>.
template <class F, class T>
using handle_for_closure =
    std::conditional_t<RONDO_GCC_BEFORE_13 && !std::is_lvalue_reference_v<F> &&
                           !std::is_trivially_destructible_v<std::remove_cvref_t<F>>,
                       closure_task_handle<T>, task_handle<T>>;

}  // namespace detail

}}  // namespace rondo::v0
