// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// How long a transfer may take. Whatever runs out, the error is failure::timeout,
/// and its text says which.
struct timeouts {
  /// For waiting until one of the session's connections is free, when their number is
  /// limited (session_options::connections, connections_per_host). None: as long as it takes.
  std::optional<delay> queue;
  /// For looking up the host, connecting and the TLS handshake.
  delay connect = std::chrono::seconds(10);
  /// From the end of the request to the first byte of the response. None: idle
  /// applies.
  std::optional<delay> first_byte;
  /// How long the connection may stand still. Time in which the transfer waits for
  /// this program (a slow reader, a slow source of a body) does not count, nor
  /// that in which it waits for a connection.
  delay idle = std::chrono::seconds(30);
  /// Bytes a second that must move, on the average of each such time.
  std::uint64_t slowest = 0;
  /// For all of it, with redirects, from when it need not wait for a connection any more;
  /// each attempt of a retry has its own.
  std::optional<delay> total;
};
static_assert(std::is_trivially_destructible_v<timeouts>);

}}}  // namespace rondo::v0::http
