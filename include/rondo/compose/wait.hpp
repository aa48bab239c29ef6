// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/task_handle.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 {

/// When `wait` returns.
enum class return_when : unsigned char { all_completed, first_completed, first_exception };

/// What `wait` gives: the same handles, sorted by whether their task has ended.
template <class T>
struct wait_result {
  wait_result() {}
  std::vector<task_handle<T>> done;
  std::vector<task_handle<T>> pending;
};

namespace detail {

/// Waits for tasks that others own, without a type.
class wait_base : public operation, protected timer {
 public:
  bool begin() noexcept override;
  bool cancel() noexcept override;
  const char* describe() const noexcept override { return "wait"; }

 protected:
  wait_base(return_when when, std::optional<delay> limit) noexcept : when_(when), limit_(limit) {}
  wait_base(wait_base&&) = default;
  ~wait_base() = default;

  struct slot : completion_waiter {
    spawned_base* task = nullptr;
    wait_base* owner = nullptr;
    bool waiting = false;
  };
  std::vector<slot> slots_;
  /// Throws what result() has to throw.
  void check() const;

 private:
  /// Whether the end of this task ends the wait.
  bool decides(const spawned_base& task) const noexcept;
  void disconnect() noexcept;

  std::size_t running_ = 0;
  const spawned_base* foreign_ = nullptr;  // runs on another thread's loop
  return_when when_;
  std::optional<delay> limit_;
};

template <class T>
class [[nodiscard]] wait_operation final : public wait_base {
 public:
  wait_operation(std::vector<task_handle<T>> handles, return_when when, std::optional<delay> limit)
      : wait_base(when, limit), handles_(std::move(handles)) {
    slots_.resize(handles_.size());
    for (std::size_t i = 0; i < handles_.size(); ++i) slots_[i].task = &handles_[i].required();
  }
  wait_operation(wait_operation&&) = default;

  wait_result<T> result() {
    check();
    wait_result<T> sorted;
    for (auto& h : handles_) (h.done() ? sorted.done : sorted.pending).push_back(std::move(h));
    return sorted;
  }

 private:
  std::vector<task_handle<T>> handles_;
};

}  // namespace detail

/// Waits for tasks that go on whatever happens here: `asyncio.wait`. It neither
/// throws their exceptions nor cancels them, not even when it is cancelled
/// itself or its time limit passes. Throws usage_error for a handle that refers
/// to no task, or to one of another thread's loop that has not ended.
template <class T>
auto wait(std::vector<task_handle<T>> handles, return_when when = return_when::all_completed,
          std::optional<delay> limit = std::nullopt) {
  return detail::wait_operation<T>(std::move(handles), when, limit);
}

/// The same for a few handles: `co_await rondo::wait(a, b)`.
template <class First, class... More>
  requires(std::is_same_v<detail::plain_handle<First>, detail::plain_handle<More>> && ...)
auto wait(First&& first, More&&... more) {
  static_assert(!(detail::closure_temporary<First> || ... || detail::closure_temporary<More>),
                RONDO_OWNING_CLOSURE);
  std::vector<detail::plain_handle<First>> handles;
  handles.reserve(1 + sizeof...(More));
  handles.push_back(std::forward<First>(first));
  (handles.push_back(std::forward<More>(more)), ...);
  return wait(std::move(handles));
}

namespace detail {

/// Collects tasks in the order of their ends.
class completion_order {
 public:
  completion_order() noexcept = default;
  completion_order(const completion_order&) = delete;
  completion_order& operator=(const completion_order&) = delete;
  ~completion_order();

  void watch(std::vector<spawned_base*> tasks);

  static constexpr std::size_t none_left = static_cast<std::size_t>(-1);

  /// Waits until one more has ended; gives its index, or none_left.
  class [[nodiscard]] next_operation final : public operation {
   public:
    explicit next_operation(completion_order& order) noexcept : order_(order) {}
    next_operation(next_operation&&) = default;
    bool begin() noexcept override;
    bool cancel() noexcept override;
    std::size_t result();
    const char* describe() const noexcept override { return "as_completed"; }

   private:
    friend class completion_order;
    completion_order& order_;
    bool refused_ = false;
  };

 private:
  struct slot : completion_waiter {
    completion_order* owner = nullptr;
    spawned_base* task = nullptr;
    bool waiting = false;
  };
  static void ended(completion_waiter& w) noexcept;
  std::size_t take() noexcept;

  std::vector<slot> slots_;
  std::vector<std::size_t> ended_;  // indices in the order of their ends
  std::size_t taken_ = 0;
  next_operation* consumer_ = nullptr;  // until it has taken its result
};

}  // namespace detail

/// Gives tasks in the order in which they end: `asyncio.as_completed`.
///
///     rondo::as_completed order(handles);
///     while (auto h = co_await order.next()) use(co_await *h);
///
/// One consumer at a time: another one's next() throws usage_error meanwhile.
/// Throws usage_error for a handle that refers to no task, or to one of another
/// thread's loop that has not ended. Belongs to the loop's
/// thread. Cancelling next() loses no task.
template <class T>
class as_completed {
 public:
  explicit as_completed(std::vector<task_handle<T>> handles) : handles_(std::move(handles)) {
    std::vector<detail::spawned_base*> tasks;
    for (auto& h : handles_) tasks.push_back(&h.required());
    order_.watch(std::move(tasks));
  }

  /// The next task that has ended, or empty when all have been given.
  task<std::optional<task_handle<T>>> next() {
    std::size_t i = co_await detail::completion_order::next_operation(order_);
    if (i == detail::completion_order::none_left) co_return std::nullopt;
    co_return handles_[i];
  }

 private:
  std::vector<task_handle<T>> handles_;
  detail::completion_order order_;
};

}}  // namespace rondo::v0
