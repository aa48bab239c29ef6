// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace rondo { inline namespace v0 { namespace detail {

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

}}}  // namespace rondo::v0::detail
