// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/sync/detail/queue.hpp>
#include <rondo/sync/detail/queue_items.hpp>
#include <rondo/sync/detail/wait_queue.hpp>

namespace rondo { inline namespace v0 {

class queue_empty : public error {
 public:
  using error::error;
};
class queue_full : public error {
 public:
  using error::error;
};
/// Thrown by put and get of a queue that was shut down (asyncio.QueueShutDown).
class queue_shut_down : public error {
 public:
  using error::error;
};

/// Capacity of a queue without bound, for the constructor.
inline constexpr std::size_t unbounded = static_cast<std::size_t>(-1);

/// Items handed from tasks to tasks, bounded, first come first served on both
/// sides: `asyncio.Queue`. Use it as `queue`, `lifo_queue` or `priority_queue`.
///
/// Cancelling put or get takes effect at once and moves no item; an item already
/// handed over is delivered. Belongs to the loop's thread.
template <class T, class Items>
class basic_queue {
  static_assert(
      std::is_object_v<T>,
      "rondo: the items of a queue are objects; for references put std::reference_wrapper");

  using put_operation = detail::queue_put<basic_queue, T>;
  using get_operation = detail::queue_get<basic_queue, T>;
  using join_operation = detail::queue_join<basic_queue, T>;

 public:
  /// Unlike asyncio's, a queue has a bound unless told otherwise.
  explicit basic_queue(std::size_t maxsize = 1024) : maxsize_(maxsize ? maxsize : unbounded) {}

  std::size_t size() const noexcept { return items_.size(); }
  std::size_t maxsize() const noexcept { return maxsize_; }
  bool empty() const noexcept { return items_.empty(); }
  bool full() const noexcept { return items_.size() >= maxsize_; }

  /// Waits for room and adds the item. Throws queue_shut_down. Cancelling it takes
  /// effect at once and adds nothing; an item that is in already has been put.
  awaitable<void> auto put(T item) { return put_operation(*this, std::move(item)); }
  /// Waits for an item. Throws queue_shut_down when the queue is shut down and empty.
  /// Cancelling it takes effect at once and takes nothing; an item already handed over
  /// is delivered.
  awaitable<T> auto get() noexcept { return get_operation(*this); }

  /// Throws queue_full, queue_shut_down.
  void put_nowait(T item) {
    check_thread();
    if (shut_down_) throw_shut_down("queue::put_nowait");
    if (!has_place()) throw queue_full("queue::put_nowait: the queue is full");
    add(std::move(item));
  }
  /// Throws queue_empty, queue_shut_down.
  T get_nowait() {
    check_thread();
    if (empty()) {
      if (shut_down_) throw_shut_down("queue::get_nowait");
      throw queue_empty("queue::get_nowait: the queue is empty");
    }
    std::optional<T> item;
    take_into(item);
    return std::move(*item);
  }

  /// Puts the item in if there is room now. False, and the item is untouched, when
  /// the queue is full or shut down.
  template <class U = T>
    requires std::is_constructible_v<T, U&&>
  bool try_put(U&& item) {
    check_thread();
    if (shut_down_ || !has_place()) return false;
    add(T(std::forward<U>(item)));
    return true;
  }
  /// An item if there is one now.
  std::optional<T> try_get() {
    check_thread();
    std::optional<T> item;
    if (!empty()) take_into(item);
    return item;
  }

  /// A consumer says that it has finished with one item. Throws usage_error when
  /// said more often than items were put.
  void task_done() {
    check_thread();
    if (unfinished_ == 0) throw usage_error("queue::task_done: called more often than put");
    if (--unfinished_ == 0)
      while (!joiners_.empty()) joiners_.pop().complete();
  }

  /// Waits until task_done was said for every item. Throws nothing. Cancelling it takes effect
  /// at once.
  awaitable<void> auto join() noexcept { return join_operation(*this); }

  /// No put from now on; those who wait to put get queue_shut_down, and so do
  /// getters once the queue is empty. With `immediate`, its items are dropped.
  void shutdown(bool immediate = false) {
    check_thread();
    shut_down_ = true;
    if (immediate) {
      std::size_t dropped = items_.size();
      items_.clear();
      for (; dropped > 0; --dropped) task_done();
    }
    while (!putters_.empty()) {
      auto& p = putters_.template pop<put_operation>();
      p.refused_ = true;
      p.complete();
    }
    if (empty())
      while (!getters_.empty()) getters_.pop().complete();
  }

 private:
  friend put_operation;
  friend get_operation;
  friend join_operation;

  [[noreturn]] static void throw_shut_down(const char* caller) {
    throw queue_shut_down(std::string(caller) + ": the queue was shut down");
  }
  void check_thread() noexcept { getters_.check_thread(); }
  bool has_place() const noexcept { return !full() || !getters_.empty(); }

  // To the first who waits, else into the queue. Throws, and nothing is changed, when
  // moving the item does.
  void add(T&& item) {
    if (!getters_.empty()) {
      auto& g = getters_.template front<get_operation>();
      g.item_.emplace(std::move(item));
      getters_.pop();
      g.complete();
    } else {
      items_.push(std::move(item));
    }
    ++unfinished_;
  }
  // Throws, and the item stays in the queue, when moving it does.
  void take_into(std::optional<T>& place) {
    items_.pop(place);
    while (!putters_.empty() && !full()) {
      auto& p = putters_.template pop<put_operation>();
      try {
        items_.push(std::move(p.item_));
        ++unfinished_;
      } catch (...) {
        p.error_ = std::current_exception();  // the putter's problem, not the getter's
      }
      p.complete();
    }
  }

  Items items_;
  std::size_t maxsize_;
  std::size_t unfinished_ = 0;
  bool shut_down_ = false;
  detail::wait_queue getters_{"a queue"};
  detail::wait_queue putters_{"a queue"};
  detail::wait_queue joiners_{"a queue"};
};

/// First in, first out.
template <class T>
class queue : public basic_queue<T, detail::fifo_items<T>> {
 public:
  using basic_queue<T, detail::fifo_items<T>>::basic_queue;
};
/// Last in, first out: `asyncio.LifoQueue`.
template <class T>
class lifo_queue : public basic_queue<T, detail::lifo_items<T>> {
 public:
  using basic_queue<T, detail::lifo_items<T>>::basic_queue;
};
/// Smallest first, by operator<: `asyncio.PriorityQueue`.
template <class T>
class priority_queue : public basic_queue<T, detail::priority_items<T>> {
 public:
  using basic_queue<T, detail::priority_items<T>>::basic_queue;
};

}}  // namespace rondo::v0
