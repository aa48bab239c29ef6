// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 {

/// Thrown by send when the channel was closed before the item had a place in it.
class channel_closed : public error {
 public:
  using error::error;
};

namespace detail {

/// One await of a channel: told on its own loop's thread.
struct channel_waiter : entry {
  channel_waiter* next_waiter = nullptr;
  channel_waiter* previous_waiter = nullptr;
  outside_link* link = nullptr;
  operation* op = nullptr;
  bool listed = false;
};

/// First come, first served.
struct channel_waiters {
  channel_waiter* first = nullptr;
  channel_waiter* last = nullptr;

  void push(channel_waiter& w) noexcept;
  void remove(channel_waiter& w) noexcept;
  /// The first, taken out; null when there is none. It must be woken.
  channel_waiter* pop() noexcept;
};

/// What a channel is without its items: a lock, and who waits.
class channel_core {
 public:
  channel_core();
  channel_core(const channel_core&) = delete;
  channel_core& operator=(const channel_core&) = delete;
  /// Ends the program with a message when somebody still waits.
  ~channel_core();

  void lock() const noexcept;
  void unlock() const noexcept;
  /// Without the lock: posts a waiter that was taken out to its loop. It may be
  /// gone then. Null: nothing.
  static void wake(channel_waiter* w) noexcept;

  /// With the lock: w waits from now on, and its loop cannot take itself for
  /// deadlocked.
  static void enlist(channel_waiters& in, channel_waiter& w, operation& op) noexcept;
  /// Without the lock. False: w has been taken out, its entry is on the way.
  bool forget(channel_waiters& in, channel_waiter& w) noexcept;
  void close() noexcept;

  channel_waiters senders;
  channel_waiters receivers;
  bool closed = false;

 private:
  struct state;
  state* state_;
};

class channel_lock {
 public:
  explicit channel_lock(const channel_core& core) noexcept : core_(core) { core.lock(); }
  channel_lock(const channel_lock&) = delete;
  channel_lock& operator=(const channel_lock&) = delete;
  ~channel_lock() { core_.unlock(); }

 private:
  const channel_core& core_;
};

}  // namespace detail

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

  class [[nodiscard]] send_operation final : public detail::operation,
                                             private detail::channel_waiter {
   public:
    send_operation(channel& c, T&& item) noexcept : channel_(c), item_(std::move(item)) {}
    send_operation(send_operation&& o) noexcept
        : operation(std::move(o)), channel_(o.channel_), item_(std::move(o.item_)) {}

    bool begin() noexcept override {
      detail::channel_waiter::fire = [](detail::entry& e) noexcept {
        static_cast<send_operation&>(static_cast<detail::channel_waiter&>(e)).complete();
      };
      detail::channel_waiter* receiver = nullptr;
      {
        detail::channel_lock lock(channel_.core_);
        if (!channel_.core_.closed) {
          sent_ = channel_.put(item_, receiver);
          if (!sent_) {
            detail::channel_core::enlist(channel_.core_.senders, *this, *this);
            return false;
          }
        }
      }
      detail::channel_core::wake(receiver);
      return true;
    }
    bool cancel() noexcept override { return channel_.core_.forget(channel_.core_.senders, *this); }
    void result() const {
      if (!sent_) throw channel_closed("channel::send: the channel was closed");
    }
    const char* describe() const noexcept override { return "channel.send"; }

   private:
    friend class channel;
    channel& channel_;
    T item_;
    bool sent_ = false;
  };

  class [[nodiscard]] receive_operation final : public detail::operation,
                                                private detail::channel_waiter {
   public:
    explicit receive_operation(channel& c) noexcept : channel_(c) {}
    receive_operation(receive_operation&& o) noexcept
        : operation(std::move(o)), channel_(o.channel_) {}

    bool begin() noexcept override {
      detail::channel_waiter::fire = [](detail::entry& e) noexcept {
        static_cast<receive_operation&>(static_cast<detail::channel_waiter&>(e)).complete();
      };
      detail::channel_waiter* sender = nullptr;
      {
        detail::channel_lock lock(channel_.core_);
        if (!channel_.take(item_, sender) && !channel_.core_.closed) {
          detail::channel_core::enlist(channel_.core_.receivers, *this, *this);
          return false;
        }
      }
      detail::channel_core::wake(sender);
      return true;
    }
    bool cancel() noexcept override {
      return channel_.core_.forget(channel_.core_.receivers, *this);
    }
    std::optional<T> result() noexcept { return std::move(item_); }
    const char* describe() const noexcept override { return "channel.receive"; }

   private:
    friend class channel;
    channel& channel_;
    std::optional<T> item_;
  };

  /// Waits for room and puts the item in. Throws channel_closed, and the item is
  /// gone then. Cancelling it takes effect at once and puts nothing in; an item
  /// that is in already has been sent, and send returns.
  send_operation send(T item) noexcept { return send_operation(*this, std::move(item)); }

  /// Waits for an item; empty when the channel is closed and drained. Cancelling
  /// it takes effect at once and takes nothing out; an item that was handed over
  /// already is delivered.
  receive_operation receive() noexcept { return receive_operation(*this); }

  /// Puts the item in if there is room now. False, and the item is untouched, when
  /// the channel is full or closed. From any thread, with a loop or without.
  template <class U>
    requires std::is_constructible_v<T, U&&>
  bool try_send(U&& item) {
    detail::channel_waiter* receiver = nullptr;
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
    detail::channel_waiter* sender = nullptr;
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
  // All with the lock held.
  bool has_place() const noexcept { return core_.receivers.first || count_ < ring_.size(); }

  // To the first receiver that waits (which must be woken), else into the ring.
  bool put(T& item, detail::channel_waiter*& receiver) noexcept {
    if ((receiver = core_.receivers.pop())) {
      static_cast<receive_operation*>(receiver)->item_.emplace(std::move(item));
      return true;
    }
    if (count_ == ring_.size()) return false;
    ring_[(begin_ + count_++) % ring_.size()].emplace(std::move(item));
    return true;
  }

  // From the ring, which the first sender that waits fills up again, else from
  // that sender directly. The sender must be woken.
  bool take(std::optional<T>& item, detail::channel_waiter*& sender) noexcept {
    bool found = count_ > 0;
    if (found) {
      item.emplace(std::move(*ring_[begin_]));
      ring_[begin_].reset();
      begin_ = (begin_ + 1) % ring_.size();
      --count_;
    }
    if ((sender = core_.senders.pop())) {
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
