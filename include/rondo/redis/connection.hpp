// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/loop/time.hpp>
#include <rondo/redis/command.hpp>
#include <rondo/redis/detail/convert.hpp>
#include <rondo/redis/detail/handles.hpp>
#include <rondo/redis/reply.hpp>
#include <rondo/redis/verbs.hpp>

namespace rondo { inline namespace v0 { namespace redis {

/// A connection of one's own, from client::acquire: for commands that must not share one
/// (WAIT after the writes that it is about, SELECT, what blocks). One command at a time.
///
/// It does not reconnect: what it was for is gone with it. Destroying it gives it back to
/// the client, which keeps it if its commands have left no state in it, and closes it
/// otherwise.
class connection : public verbs<connection> {
 public:
  explicit connection(detail::lease_handle lease) noexcept : lease_(std::move(lease)) {}

  /// Sends a command and waits for its answer, within the client's timeout. Any command but
  /// those that subscribe. Throws redis::error, conversion_error; timeout_error,
  /// connection_lost and protocol_error, after which it is closed. Cancelled, it is closed
  /// too: the command may have run.
  template <class T = reply, class... A>
  RONDO_CORO_COPYING_WRAPPER task<T> call(std::string_view name, const A&... arguments) {
    return converted<T>(client(), exchange(command(name, arguments...)), std::string(name));
  }
  /// The same with a timeout of its own: for what the server may answer late.
  template <class T = reply, class... A>
  RONDO_CORO_COPYING_WRAPPER task<T> call(call_options options, std::string_view name,
                                          const A&... arguments) {
    return converted<T>(client(), exchange(command(name, arguments...), options.timeout),
                        std::string(name));
  }

 private:
  /// limit: none: the client's.
  RONDO_CORO_COPYING_WRAPPER task<reply> exchange(command c,
                                                  std::optional<delay> limit = std::nullopt);
  detail::core_handle client() const;
  template <class T>
  static task<T> converted(detail::core_handle client, task<reply> answer, std::string name) {
    reply r = co_await std::move(answer);
    if (r.is_error()) detail::throw_server_error({name, client.get()}, r);
    co_return detail::convert<T>(std::move(r), {name, client.get()});
  }
  friend struct detail::lease_of;
  detail::lease_handle lease_;
};

}}}  // namespace rondo::v0::redis
