// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/awaitable.hpp>
#include <rondo/pg/notification.hpp>

namespace rondo { inline namespace v0 { namespace pg {

/// Hears what is notified on channels, since it was made by `pool::listen`. Destroying it ends
/// that. Belongs to its loop's thread.
class [[nodiscard]] listener {
 public:
  explicit listener(async_generator<notification> from) noexcept : from_(std::move(from)) {}

  /// The next one. It never ends, and throws nothing: it goes on through lost connections, and
  /// says by an item (`reconnected`) that something may have been missed. Cancelling it ends
  /// the listening.
  awaitable<std::optional<notification>> auto next() noexcept { return from_.next(); }

 private:
  async_generator<notification> from_;
};

}}}  // namespace rondo::v0::pg
