// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/redis/command.hpp>
#include "redis/reply_reader.hpp"
#include "redis/settings.hpp"

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

/// A connection that has said who it is: bytes to the server, replies from it.
class wire {
 public:
  wire(stream s, const settings& its);

  /// What has come and is whole, or null. Throws protocol_error.
  reply* next();
  /// Waits for more bytes. Throws std::system_error, and connection_lost at the end.
  /// Cancelling it loses nothing.
  task<> receive();
  /// The next reply. Throws as both. Cancelling it loses nothing.
  task<reply> receive_reply();
  /// Sends commands and waits for their answers. Throws as those. Cancelled, it is in the
  /// midst: the wire can only be closed.
  task<std::vector<reply>> exchange(std::string commands, std::size_t answers);
  task<reply> exchange(command c);
  bool in_the_midst() const noexcept { return reader_.in_the_midst(); }
  /// Nothing has come that nobody has asked for, neither bytes nor the end.
  bool is_quiet();

  stream connection;
  const std::string server;  ///< "127.0.0.1:6379", for messages

 private:
  reply_reader reader_;
  std::vector<char> buffer_;
};

/// Connects and says who we are, within options.connect_timeout. The error's text names the
/// server. Throws std::system_error, tls_error, timeout_error, protocol_error, redis::error.
/// Cancelling it leaves nothing open.
task<std::unique_ptr<wire>> open_wire(const settings& its);

}}}}  // namespace rondo::v0::redis::detail
