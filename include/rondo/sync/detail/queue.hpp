// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <optional>
#include <utility>

#include <rondo/sync/detail/wait_queue.hpp>

namespace rondo { inline namespace v0 { namespace detail {

// The operations of basic_queue<T, Items>, which is declared after them: Queue.

template <class Queue, class T>
class [[nodiscard]] queue_put final : public queued_operation {
 public:
  queue_put(Queue& q, T&& item) : queue_(q), item_(std::move(item)) {}
  queue_put(queue_put&&) = default;
  bool begin() noexcept override {
    queue_.check_thread();
    if (queue_.shut_down_) {
      refused_ = true;
      return true;
    }
    if (!queue_.has_place()) {
      queue_.putters_.push(*this);
      return false;
    }
    try {
      queue_.add(std::move(item_));
    } catch (...) {
      error_ = std::current_exception();
    }
    return true;
  }
  void result() const {
    if (refused_) Queue::throw_shut_down("queue::put");
    if (error_) std::rethrow_exception(error_);
  }
  const char* describe() const noexcept override { return "queue.put"; }

 private:
  friend Queue;
  Queue& queue_;
  T item_;
  bool refused_ = false;
  std::exception_ptr error_;
};

template <class Queue, class T>
class [[nodiscard]] queue_get final : public queued_operation {
 public:
  explicit queue_get(Queue& q) noexcept : queue_(q) {}
  queue_get(queue_get&&) = default;
  bool begin() noexcept override {
    queue_.check_thread();
    if (!queue_.empty()) {
      try {
        queue_.take_into(item_);
      } catch (...) {
        error_ = std::current_exception();
      }
      return true;
    }
    if (queue_.shut_down_) return true;
    queue_.getters_.push(*this);
    return false;
  }
  T result() {
    if (error_) std::rethrow_exception(error_);
    if (!item_) Queue::throw_shut_down("queue::get");
    return std::move(*item_);
  }
  const char* describe() const noexcept override { return "queue.get"; }

 private:
  friend Queue;
  Queue& queue_;
  std::optional<T> item_;
  std::exception_ptr error_;
};

template <class Queue, class T>
class [[nodiscard]] queue_join final : public queued_operation {
 public:
  explicit queue_join(Queue& q) noexcept : queue_(q) {}
  queue_join(queue_join&&) noexcept = default;
  bool begin() noexcept override {
    queue_.check_thread();
    if (queue_.unfinished_ == 0) return true;
    queue_.joiners_.push(*this);
    return false;
  }
  void result() const noexcept {}
  const char* describe() const noexcept override { return "queue.join"; }

 private:
  Queue& queue_;
};

}}}  // namespace rondo::v0::detail
