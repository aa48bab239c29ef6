// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/loop/time.hpp>
#include <rondo/redis/command.hpp>
#include <rondo/redis/reply.hpp>
#include <rondo/sync/semaphore.hpp>
#include "redis/client_core.hpp"
#include "redis/wire.hpp"

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

/// An extra connection, lent to one user. It goes back to those that are kept only when the
/// last command has been answered and none has left a state behind; else it is closed.
class lease final : public dependent {
 public:
  using core_ref = rondo::detail::ref<client_core>;
  lease(core_ref core, semaphore::permit permit, std::unique_ptr<wire> w) noexcept;
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  ~lease();

  /// Sends a command and waits for its answer, at most so long, or for ever. Throws
  /// timeout_error, connection_lost, protocol_error; the connection is closed then.
  /// Cancelled: it is closed as well.
  task<reply> exchange(command c, std::optional<delay> limit);
  /// The same within the time of the client's other commands.
  RONDO_CORO_COPYING_WRAPPER task<reply> exchange(command c) {
    return exchange(std::move(c), core_->its.options.timeout);
  }
  /// The same for several commands; name: for messages.
  task<std::vector<reply>> exchange(std::string name, std::string commands, std::size_t answers,
                                    std::optional<delay> limit);
  /// Whether it watches keys for a transaction: nobody else may get it so.
  void is_watching(bool does) noexcept { is_watching_ = does; }
  bool is_watching() const noexcept { return is_watching_; }
  void client_closed() noexcept override;
  client_core& core() const noexcept { return *core_; }

 private:
  core_ref core_;  // the permit is of its semaphore
  semaphore::permit permit_;
  std::unique_ptr<wire> wire_;
  bool busy_ = false;
  bool has_state_ = false;
  bool is_watching_ = false;
};

/// Waits for a connection within the time that a command may take. Throws not_connected and
/// timeout_error. Cancelling it takes effect at once.
task<std::unique_ptr<lease>> take_lease(lease::core_ref core);

}}}}  // namespace rondo::v0::redis::detail
