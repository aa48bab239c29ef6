// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace redis {

struct client_options {
  /// For each attempt: names, TCP, TLS, AUTH.
  delay connect_timeout = std::chrono::seconds(10);
  /// For each command, from its call to its answer, connected or not: then timeout_error.
  std::optional<delay> timeout = std::chrono::seconds(30);
  /// How long the server may send nothing while it owes an answer; then the connection is
  /// taken for dead.
  delay silence = std::chrono::seconds(30);
  /// Pauses before connecting anew: this at first, then twice as long each time, and a part
  /// of it by chance.
  delay least_pause = std::chrono::milliseconds(50);
  delay most_pause = std::chrono::seconds(5);
  /// Throws not_connected at once while there is no connection, instead of waiting for one.
  bool fail_fast = false;
  /// Commands that may be unanswered at a time, and their bytes that may wait to be sent.
  std::size_t max_in_flight = 65'536;
  std::size_t max_unsent = 16U << 20;
  /// Waits for room beyond that, else throws overloaded.
  bool wait_for_room = true;
  /// Of what the server sends: bytes of a string, elements of an answer, bytes of all of an
  /// answer's strings. More is a protocol_error, and ends the connection.
  std::size_t max_string = 64U << 20;
  std::size_t max_elements = 1'000'000;
  std::size_t max_answer = 256U << 20;
  /// Extra connections at a time, for what cannot share one; subscriptions do not count.
  std::size_t max_extra = 16;
  /// Messages of a subscription that may wait for who fetches them; then it stops reading.
  std::size_t max_messages = 1024;
  /// What the server calls our connections (CLIENT SETNAME); empty: nothing. Copied at the
  /// call.
  std::string_view name = "rondo";
};
static_assert(std::is_trivially_destructible_v<client_options>);

/// What a client does at the moment, and has done.
struct client_statistics {
  bool connected = false;
  std::size_t waiting = 0;     ///< calls that are not sent: for want of a connection or room
  std::size_t in_flight = 0;   ///< commands sent, or about to be, and not answered
  std::size_t extra = 0;       ///< connections that are lent out
  std::uint64_t commands = 0;  ///< begun so far on the shared connection
  std::uint64_t connects = 0;  ///< of the shared connection that succeeded, the first too
  std::uint64_t unheard = 0;   ///< answers that came for nobody: their tasks had left
  std::string last_error;      ///< of the connection; empty: there was none
};

}}}  // namespace rondo::v0::redis
