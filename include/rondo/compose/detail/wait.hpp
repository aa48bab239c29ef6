// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/task_handle.hpp>
#include <rondo/loop/detail/timer_queue.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

enum class return_when : unsigned char;
template <class T>
struct wait_result;

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
  };
  static void ended(completion_waiter& w) noexcept;
  std::size_t take() noexcept;

  std::vector<slot> slots_;
  std::vector<std::size_t> ended_;  // indices in the order of their ends
  std::size_t taken_ = 0;
  next_operation* consumer_ = nullptr;  // until it has taken its result
};

}  // namespace detail

}}  // namespace rondo::v0
