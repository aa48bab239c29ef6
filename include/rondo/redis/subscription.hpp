// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <rondo/coro/task.hpp>

namespace rondo { inline namespace v0 { namespace redis {

/// What was published, or the news that something may have been missed.
struct message {
  std::string channel;
  std::string pattern;  ///< that the channel has matched; empty: it was named itself
  std::string payload;
  /// The connection was lost, and all is subscribed to again: what was published between is
  /// gone. Then there is nothing else in it.
  bool gap = false;
};

namespace detail {
class subscription_core;
}

/// Messages of channels, from client::subscribe and client::psubscribe, on a connection of
/// its own, which comes back by itself:
///
///     auto news = r.subscribe("news");
///     while (auto m = co_await news.next()) use(m->payload);
///
/// It holds so many messages as its client's user takes time to fetch, up to a bound; then it
/// stops reading, and the server, which holds the rest, ends the connection of who stays
/// behind for too long (client-output-buffer-limit): a gap. Belongs to the loop's thread.
/// Destroying it ends it.
class [[nodiscard]] subscription {
 public:
  explicit subscription(detail::subscription_core* core) noexcept;
  subscription(subscription&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  subscription& operator=(subscription&& other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~subscription();

  /// The next message; none when it was closed. Throws redis::error when the server refuses
  /// to subscribe. Cancelling it loses nothing.
  RONDO_CORO_COPYING_WRAPPER task<std::optional<message>> next();
  /// Waits until the server has subscribed us: what is published from then on comes. Throws
  /// redis::error as next, and not_connected when it takes longer than a command may or the
  /// subscription is closed. Cancelling it takes effect at once.
  RONDO_CORO_COPYING_WRAPPER task<> ready();
  /// Ends it: next gives what has come, then none.
  void close();

 private:
  detail::subscription_core* core_;
};

}}}  // namespace rondo::v0::redis
