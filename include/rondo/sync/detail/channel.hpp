// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include <rondo/coro/detail/outside.hpp>
#include <rondo/coro/detail/promise.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// What a channel is without its items: a lock, and who waits.
class channel_core {
 public:
  using waiters = list<outside_waiter>;  // first come, first served

  channel_core();
  channel_core(const channel_core&) = delete;
  channel_core& operator=(const channel_core&) = delete;
  /// Ends the program with a message when somebody still waits.
  ~channel_core();

  void lock() const noexcept;
  void unlock() const noexcept;
  /// Without the lock: posts a waiter that was taken out to its loop. It may be
  /// gone then. Null: nothing.
  static void wake(outside_waiter* w) noexcept;

  /// With the lock: w waits from now on.
  static void enlist(waiters& in, outside_waiter& w, operation& op) noexcept;
  /// Without the lock. False: w has been taken out, it is being told.
  bool forget(outside_waiter& w) noexcept;
  void close() noexcept;

  waiters senders;
  waiters receivers;
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

// The operations of channel<T>, which is declared after them: Channel.

template <class Channel, class T>
class [[nodiscard]] channel_send final : public operation, private outside_waiter {
 public:
  channel_send(Channel& c, T&& item) noexcept : channel_(c), item_(std::move(item)) {}
  channel_send(channel_send&& o) noexcept
      : operation(std::move(o)), channel_(o.channel_), item_(std::move(o.item_)) {}

  bool begin() noexcept override {
    outside_waiter* receiver = nullptr;
    {
      channel_lock lock(channel_.core_);
      if (!channel_.core_.closed) {
        sent_ = channel_.put(item_, receiver);
        if (!sent_) {
          channel_core::enlist(channel_.core_.senders, *this, *this);
          return false;
        }
      }
    }
    channel_core::wake(receiver);
    return true;
  }
  bool cancel() noexcept override { return channel_.core_.forget(*this); }
  void result() const {
    if (!sent_) Channel::throw_closed();
  }
  const char* describe() const noexcept override { return "channel.send"; }

 private:
  friend Channel;
  Channel& channel_;
  T item_;
  bool sent_ = false;
};

template <class Channel, class T>
class [[nodiscard]] channel_receive final : public operation, private outside_waiter {
 public:
  explicit channel_receive(Channel& c) noexcept : channel_(c) {}
  channel_receive(channel_receive&& o) noexcept : operation(std::move(o)), channel_(o.channel_) {}

  bool begin() noexcept override {
    outside_waiter* sender = nullptr;
    {
      channel_lock lock(channel_.core_);
      if (!channel_.take(item_, sender) && !channel_.core_.closed) {
        channel_core::enlist(channel_.core_.receivers, *this, *this);
        return false;
      }
    }
    channel_core::wake(sender);
    return true;
  }
  bool cancel() noexcept override { return channel_.core_.forget(*this); }
  std::optional<T> result() noexcept { return std::move(item_); }
  const char* describe() const noexcept override { return "channel.receive"; }

 private:
  friend Channel;
  Channel& channel_;
  std::optional<T> item_;
};

}}}  // namespace rondo::v0::detail
