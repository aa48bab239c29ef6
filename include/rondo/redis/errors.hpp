// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 { namespace redis {

/// The server's answer to a command is an error. Its text names server and command:
/// `redis 127.0.0.1:6379: INCR: ERR value is not an integer or out of range`.
class error : public rondo::error {
 public:
  error(const std::string& what, std::string command, std::string message)
      : rondo::error(what), command_(std::move(command)), message_(std::move(message)) {}

  /// The first word of what the server says: "WRONGTYPE", "NOSCRIPT", "ERR".
  std::string code() const { return message_.substr(0, message_.find(' ')); }
  /// All that the server says.
  const std::string& message() const noexcept { return message_; }
  /// The command's name, as it was given.
  const std::string& command() const noexcept { return command_; }

 private:
  std::string command_;
  std::string message_;
};

/// The connection was lost after the command had been sent, before its answer: it may
/// have run or not. Commands that only read, or were called idempotent, are sent again
/// instead; they fail so when they cannot be: with client_options::fail_fast, and when the
/// client is closed.
class connection_lost : public rondo::error {
 public:
  using rondo::error::error;
};

/// There is no connection, and the command was not sent: with client_options::fail_fast,
/// and when no extra connection can be had. The text has the cause.
class not_connected : public rondo::error {
 public:
  using rondo::error::error;
};

/// So much waits to be sent or answered that there is no room for the command, which was
/// not sent (client_options::wait_for_room).
class overloaded : public rondo::error {
 public:
  using rondo::error::error;
};

/// What came is no answer in Redis' protocol, or is over a limit. The connection was closed.
class protocol_error : public rondo::error {
 public:
  using rondo::error::error;
};

/// An answer does not fit the type that was asked for: `redis 127.0.0.1:6379: GET: expected an
/// integer, not the string "abc"`.
class conversion_error : public rondo::error {
 public:
  using rondo::error::error;
};

/// The watched keys of a transaction changed in each of its tries; nothing was done.
class watch_conflict : public rondo::error {
 public:
  using rondo::error::error;
};

}}}  // namespace rondo::v0::redis
