// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <libpq-fe.h>

#include <rondo/coro/task.hpp>
#include <rondo/sync/event.hpp>

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// What a server asks to stop one of its processes' statement: it is told when a connection is
/// made, and libpq up to 17 keeps it to itself. Read from libpq's trace of the connecting.
struct cancel_key {
  std::uint32_t process = 0;
  std::uint32_t secret = 0;
  bool known = false;
};

/// Records what libpq traces while it connects, in memory that is wiped afterwards: what
/// authenticates passes there too.
class key_trace {
 public:
  key_trace() = default;
  key_trace(const key_trace&) = delete;
  key_trace& operator=(const key_trace&) = delete;
  ~key_trace();
  void begin(PGconn* connection);
  cancel_key end(PGconn* connection);

 private:
  FILE* file_ = nullptr;
  char buffer_[64 * 1024];
};

/// Asks the server to stop what this connection is waiting for, without blocking the loop, and
/// waits until the server has closed that request's own connection: only then can it hit no
/// statement that is sent later. It may come too early and be without effect. Throws
/// std::system_error. Cancelling it closes that connection.
task<> request_cancel(PGconn* connection, cancel_key key);

/// Asks so again and again until it is over, and returns when the last of these requests can hit
/// nothing any more. Throws timeout_error when a request hangs: it may still hit something then.
task<> cancel_until(event& over, PGconn* connection, cancel_key key);

}}}}  // namespace rondo::v0::pg::detail
