// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <optional>
#include <string>

#include <rondo/coro/task.hpp>
#include <rondo/coro/task_handle.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/redis/command.hpp>
#include <rondo/redis/subscription.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/queue.hpp>
#include "redis/client_core.hpp"
#include "redis/wire.hpp"

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

/// A subscription: a task of the loop's that keeps a connection up and puts what comes into
/// a queue. Counted: by the subscription, its task and whoever waits.
class subscription_core final : public rondo::detail::counted<subscription_core>, public dependent {
 public:
  using self_ref = rondo::detail::ref<subscription_core>;
  subscription_core(rondo::detail::ref<client_core> client, command subscribe);

  void start();
  /// Nothing more comes. drop: what has come goes too.
  void close(bool drop) noexcept;
  void client_closed() noexcept override;

  static task<std::optional<message>> next(self_ref self);
  static task<> ready(self_ref self);

 private:
  friend counted;
  ~subscription_core() = default;
  static task<> keep_subscribed(self_ref self);
  task<> serve(wire& w);
  task<> take(reply& r);
  void fail(std::exception_ptr why) noexcept;

  rondo::detail::ref<client_core> client_;
  const command subscribe_;
  queue<message> messages_;
  event subscribed_;
  std::size_t confirmed_ = 0;  // on this connection
  bool was_subscribed_ = false;
  std::exception_ptr failure_;
  std::string last_error_;
  bool closed_ = false;
  task_handle<> keeper_;
};

subscription_core* start_subscription(rondo::detail::ref<client_core> client, command subscribe);

}}}}  // namespace rondo::v0::redis::detail
