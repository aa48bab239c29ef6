// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/sync/detail/channel.hpp>

namespace rondo { inline namespace v0 {

/// Thrown by send when the channel was closed before the item had a place in it.
class channel_closed : public error {
 public:
  using error::error;
};

/// Items handed from tasks to tasks, also of different loops: a bounded queue
/// that any thread may use. On one loop, `queue` is lighter and can tell a
/// deadlock; a loop whose task waits for a channel takes it that another thread
/// will come.
///
///     rondo::channel<job> jobs(64);
///     co_await jobs.send(std::move(j));          // waits while it is full
///     while (auto j = co_await jobs.receive())   // empty: closed and drained
///       work(*j);
///
/// First come first served on both sides. Capacity 0 hands items directly from
/// sender to receiver. Completion wins, across threads: a cancelled send has put
/// its item into the channel exactly if it returned, and an item that was handed
/// to a receiver is delivered to it, or is still in the channel.
///
/// Virtual time does not wait for another thread that may send: timers of a loop that
/// waits for a channel fire at once there.
///
/// T must move without throwing. Must outlive whoever waits for it; thread safe.
template <class T>
class channel {
  static_assert(std::is_nothrow_move_constructible_v<T> && std::is_object_v<T>,
                "rondo: the items of a channel must be objects that move without throwing, or one "
                "could be lost between two threads");

  using send_operation = detail::channel_send<channel, T>;
  using receive_operation = detail::channel_receive<channel, T>;

 public:
  /// Makes room for `capacity` items at once.
  explicit channel(std::size_t capacity) : ring_(capacity) {}

  std::size_t capacity() const noexcept { return ring_.size(); }
  /// Items in it at this moment.
  std::size_t size() const noexcept {
    detail::channel_lock lock(core_);
    return count_;
  }
  bool closed() const noexcept {
    detail::channel_lock lock(core_);
    return core_.closed;
  }

  /// Waits for room and puts the item in. Throws channel_closed, and the item is
  /// gone then. Cancelling it takes effect at once and puts nothing in; an item
  /// that is in already has been sent, and send returns.
  awaitable<void> auto send(T item) noexcept { return send_operation(*this, std::move(item)); }

  /// Waits for an item; empty when the channel is closed and drained. Cancelling
  /// it takes effect at once and takes nothing out; an item that was handed over
  /// already is delivered.
  awaitable<std::optional<T>> auto receive() noexcept { return receive_operation(*this); }

  /// Puts the item in if there is room now. False, and the item is untouched, when
  /// the channel is full or closed. From any thread, with a loop or without.
  template <class U>
    requires std::is_constructible_v<T, U&&>
  bool try_send(U&& item) {
    detail::outside_waiter* receiver = nullptr;
    {
      detail::channel_lock lock(core_);
      if (core_.closed || !has_place()) return false;
      T made(std::forward<U>(item));
      put(made, receiver);
    }
    detail::channel_core::wake(receiver);
    return true;
  }

  /// An item if there is one now. From any thread, with a loop or without.
  std::optional<T> try_receive() noexcept {
    std::optional<T> item;
    detail::outside_waiter* sender = nullptr;
    {
      detail::channel_lock lock(core_);
      take(item, sender);
    }
    detail::channel_core::wake(sender);
    return item;
  }

  /// Nothing can be sent from now on; what is in it can still be received. Wakes
  /// everybody: senders that wait get channel_closed, receivers an empty optional.
  /// From any thread; closing twice is nothing.
  void close() noexcept { core_.close(); }

 private:
  friend send_operation;
  friend receive_operation;

  [[noreturn]] static void throw_closed() {
    throw channel_closed("channel::send: the channel was closed");
  }

  // All with the lock held.
  bool has_place() const noexcept { return !core_.receivers.empty() || count_ < ring_.size(); }

  // To the first receiver that waits (which must be woken), else into the ring.
  bool put(T& item, detail::outside_waiter*& receiver) noexcept {
    if ((receiver = core_.receivers.pop_front())) {
      static_cast<receive_operation*>(receiver)->item_.emplace(std::move(item));
      return true;
    }
    if (count_ == ring_.size()) return false;
    ring_[(begin_ + count_++) % ring_.size()].emplace(std::move(item));
    return true;
  }

  // From the ring, which the first sender that waits fills up again, else from
  // that sender directly. The sender must be woken.
  bool take(std::optional<T>& item, detail::outside_waiter*& sender) noexcept {
    bool found = count_ > 0;
    if (found) {
      item.emplace(std::move(*ring_[begin_]));
      ring_[begin_].reset();
      begin_ = (begin_ + 1) % ring_.size();
      --count_;
    }
    if ((sender = core_.senders.pop_front())) {
      auto& s = *static_cast<send_operation*>(sender);
      s.sent_ = true;
      if (found) {
        ring_[(begin_ + count_++) % ring_.size()].emplace(std::move(s.item_));
      } else {
        item.emplace(std::move(s.item_));
      }
      found = true;
    }
    return found;
  }

  detail::channel_core core_;
  std::vector<std::optional<T>> ring_;
  std::size_t begin_ = 0;
  std::size_t count_ = 0;
};

}}  // namespace rondo::v0
