// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/errors.hpp>
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

namespace detail {

// The order in which a queue gives its items. `push` and `pop` do what they say, or
// throw and leave all items where they are: also when moving or comparing them throws.
// `pop` moves the item into the place that it is given.

template <class T>
class fifo_items {
 public:
  bool empty() const noexcept { return items_.empty(); }
  std::size_t size() const noexcept { return items_.size(); }
  void push(T&& item) { items_.push_back(std::move(item)); }
  void pop(std::optional<T>& place) {
    place.emplace(std::move(items_.front()));
    items_.pop_front();
  }
  void clear() { items_.clear(); }

 private:
  std::deque<T> items_;
};

template <class T>
class lifo_items {
 public:
  bool empty() const noexcept { return items_.empty(); }
  std::size_t size() const noexcept { return items_.size(); }
  void push(T&& item) { items_.push_back(std::move(item)); }
  void pop(std::optional<T>& place) {
    place.emplace(std::move(items_.back()));
    items_.pop_back();
  }
  void clear() { items_.clear(); }

 private:
  std::deque<T> items_;  // a vector that grows would move the others
};

/// Smallest first: a binary heap. The way of an item through it is found before
/// anything is moved. Items whose move may throw have a fixed place of their own.
template <class T>
class priority_items {
 public:
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  void push(T&& added) {
    heap_.emplace_back(std::move(added));
    std::size_t at = heap_.size() - 1;
    std::size_t to = at;
    try {
      while (to > 0 && less(at, (to - 1) / 2)) to = (to - 1) / 2;
    } catch (...) {
      heap_.pop_back();
      throw;
    }
    if (to == at) return;
    slot moved = std::move(heap_[at]);
    for (; at != to; at = (at - 1) / 2) heap_[at] = std::move(heap_[(at - 1) / 2]);
    heap_[at] = std::move(moved);
  }
  void pop(std::optional<T>& place) {
    // The last item fills the gap: where it goes, and over which smaller children.
    std::size_t last = heap_.size() - 1;
    std::size_t to = 0;
    path_.clear();
    for (std::size_t child = 1; child < last; child = 2 * to + 1) {
      if (child + 1 < last && less(child + 1, child)) ++child;
      if (!less(child, last)) break;
      path_.push_back(child);
      to = child;
    }
    place.emplace(std::move(item(0)));
    std::size_t at = 0;
    for (std::size_t next : path_) {
      heap_[at] = std::move(heap_[next]);
      at = next;
    }
    if (at != last) heap_[at] = std::move(heap_[last]);
    heap_.pop_back();
  }
  void clear() { heap_.clear(); }

 private:
  static constexpr bool movable =
      std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>;

  /// An item that is moved by moving a pointer.
  class boxed {
   public:
    explicit boxed(T&& item) : item_(new T(std::move(item))) {}
    boxed(boxed&& other) noexcept : item_(std::exchange(other.item_, nullptr)) {}
    boxed& operator=(boxed&& other) noexcept {
      std::swap(item_, other.item_);
      return *this;
    }
    ~boxed() { delete item_; }
    T& operator*() noexcept { return *item_; }

   private:
    T* item_;
  };
  using slot = std::conditional_t<movable, T, boxed>;

  bool less(std::size_t a, std::size_t b) {
    return static_cast<const T&>(item(a)) < static_cast<const T&>(item(b));
  }
  T& item(std::size_t i) noexcept {
    if constexpr (movable) {
      return heap_[i];
    } else {
      return *heap_[i];
    }
  }

  std::vector<slot> heap_;
  std::vector<std::size_t> path_;
};

}  // namespace detail

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

 public:
  /// Unlike asyncio's, a queue has a bound unless told otherwise.
  explicit basic_queue(std::size_t maxsize = 1024) : maxsize_(maxsize ? maxsize : unbounded) {}

  std::size_t size() const noexcept { return items_.size(); }
  std::size_t maxsize() const noexcept { return maxsize_; }
  bool empty() const noexcept { return items_.empty(); }
  bool full() const noexcept { return items_.size() >= maxsize_; }

  class [[nodiscard]] put_operation final : public detail::queued_operation {
   public:
    put_operation(basic_queue& q, T&& item) : queue_(q), item_(std::move(item)) {}
    put_operation(put_operation&&) = default;
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
      if (refused_) throw queue_shut_down("queue::put: the queue was shut down");
      if (error_) std::rethrow_exception(error_);
    }
    const char* describe() const noexcept override { return "queue.put"; }

   private:
    friend class basic_queue;
    basic_queue& queue_;
    T item_;
    bool refused_ = false;
    std::exception_ptr error_;
  };

  class [[nodiscard]] get_operation final : public detail::queued_operation {
   public:
    explicit get_operation(basic_queue& q) noexcept : queue_(q) {}
    get_operation(get_operation&&) = default;
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
      if (!item_) throw queue_shut_down("queue::get: the queue was shut down");
      return std::move(*item_);
    }
    const char* describe() const noexcept override { return "queue.get"; }

   private:
    friend class basic_queue;
    basic_queue& queue_;
    std::optional<T> item_;
    std::exception_ptr error_;
  };

  /// Waits for room and adds the item. Throws queue_shut_down.
  put_operation put(T item) { return put_operation(*this, std::move(item)); }
  /// Waits for an item. Throws queue_shut_down when the queue is shut down and empty.
  get_operation get() noexcept { return get_operation(*this); }

  /// Throws queue_full, queue_shut_down.
  void put_nowait(T item) {
    check_thread();
    if (shut_down_) throw queue_shut_down("queue::put_nowait: the queue was shut down");
    if (!has_place()) throw queue_full("queue::put_nowait: the queue is full");
    add(std::move(item));
  }
  /// Throws queue_empty, queue_shut_down.
  T get_nowait() {
    check_thread();
    if (empty()) {
      if (shut_down_) throw queue_shut_down("queue::get_nowait: the queue was shut down");
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

  class [[nodiscard]] join_operation final : public detail::queued_operation {
   public:
    explicit join_operation(basic_queue& q) noexcept : queue_(q) {}
    join_operation(join_operation&&) noexcept = default;
    bool begin() noexcept override {
      queue_.check_thread();
      if (queue_.unfinished_ == 0) return true;
      queue_.joiners_.push(*this);
      return false;
    }
    void result() const noexcept {}
    const char* describe() const noexcept override { return "queue.join"; }

   private:
    basic_queue& queue_;
  };

  /// Waits until task_done was said for every item.
  join_operation join() noexcept { return join_operation(*this); }

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
