// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <type_traits>

#include <rondo/coro/task.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

struct connection_options {
  /// Sends at once what is written (TCP_NODELAY), instead of waiting for more.
  bool no_delay = true;
  /// Has the kernel ask a silent peer whether it is still there (SO_KEEPALIVE).
  bool keep_alive = false;
  /// The address to come from; empty: the kernel's choice.
  endpoint local = {};
  /// How long one address may be silent before the next is tried beside it.
  delay happy_eyeballs_delay = std::chrono::milliseconds(250);
};
static_assert(std::is_trivially_destructible_v<connection_options>);

/// Connects to a host: `asyncio.open_connection`. Its addresses are tried in the
/// manner of RFC 8305 ("happy eyeballs"): IPv6 and IPv4 in turn, the next one
/// when the last has failed or has been silent for a while; the first to answer
/// wins. Throws std::system_error (`connect 10.0.0.1:80: Connection refused`),
/// that of the last address. A port of this machine that nobody listens on always
/// refuses, also where TCP would connect the socket to itself. Cancelling it leaves
/// no socket.
task<stream> open_connection(std::string host, std::uint16_t port, connection_options options = {});

/// The same for an address.
task<stream> open_connection(endpoint address, connection_options options = {});

/// Connects to a Unix socket: its path, or "@name" for an abstract one. Throws
/// std::system_error. Cancelling it leaves no socket.
task<stream> open_unix_connection(std::string path);

}}  // namespace rondo::v0
