// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// What a WebSocket takes, and when it gives up. Views are copied at the call.
struct websocket_options {
  /// Subprotocols, best first, separated by commas: what a client offers, and what a
  /// server picks from.
  std::string_view subprotocols = {};
  /// The largest message to receive, in bytes; a larger one closes with 1009.
  std::size_t max_message = 1024 * 1024;
  /// A ping is sent so often, so that a peer that has vanished is noticed, and those
  /// on the way do not forget the connection. None: never; 0 is refused (usage_error).
  std::optional<delay> ping_interval = std::chrono::seconds(20);
  /// For the pong of each; then it closes with 1011.
  delay ping_timeout = std::chrono::seconds(20);
  /// For the peer to answer a close.
  delay close_timeout = std::chrono::seconds(10);
  /// Client: for connecting and for the handshake, together.
  delay open_timeout = std::chrono::seconds(10);
  /// Server: the origins whose pages may connect ("https://example.com"), separated by
  /// commas, or "*" for all. Empty: the server's own, that is the Host of the request.
  /// A browser lets any page connect anywhere, with the user's cookies; only this check
  /// stands between. Other programs send no Origin and pass.
  std::string_view origins = {};
};
static_assert(std::is_trivially_destructible_v<websocket_options>);

/// A handshake that failed, or a connection that has ended. The text names the peer
/// and the cause.
class websocket_error : public error {
 public:
  websocket_error(std::string what, std::uint16_t code, int status = 0)
      : error(std::move(what)), code_(code), status_(status) {}
  /// The close code, as websocket::close_code; 1006 for a handshake.
  std::uint16_t code() const noexcept { return code_; }
  /// What the server answered to the handshake instead of 101; 0 when nothing.
  int status() const noexcept { return status_; }

 private:
  std::uint16_t code_;
  int status_;
};

namespace detail {
class websocket_core;
}

/// A connection that carries messages both ways (RFC 6455): the connection object of
/// Python's `websockets`.
///
///     auto messages = ws.messages();
///     while (auto message = co_await messages.next()) co_await ws.send(message->data);
///
/// Many tasks may send; one receives. A task of its own reads all the time: it answers
/// pings and a close also while nobody receives, and stops reading while 64 KiB of
/// messages wait to be received, so that a peer cannot fill the memory. Extensions
/// (compression) are not offered.
///
/// Belongs to the loop's thread. Destroying it closes with 1001 in the background,
/// which takes a second at most; a server's, when its handler returns.
class [[nodiscard]] websocket {
 public:
  struct message {
    std::string data;
    bool is_text = false;  ///< and then UTF-8; else bytes of any kind
  };

  websocket() noexcept = default;
  explicit websocket(detail::websocket_core& core) noexcept;
  websocket(websocket&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  websocket& operator=(websocket&& other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~websocket();

  explicit operator bool() const noexcept { return core_ != nullptr; }

  /// Sends a text message, or one of bytes; data must live until it returns. Waits
  /// while 64 KiB or more are still to be sent: awaiting it is the backpressure.
  /// Messages of several tasks go out whole, in the order of the calls. Throws
  /// websocket_error once the connection has ended or is closing, usage_error when a
  /// text is not UTF-8. Cancelled, it has sent nothing: what was sent has returned.
  task<> send(std::string_view text);
  task<> send_bytes(std::string_view bytes);
  /// The same without waiting, as for a broadcast that one slow peer must not hold up.
  /// False, and nothing is sent, when it would have to wait, or when the connection
  /// has ended or is closing.
  bool try_send(std::string_view text);
  bool try_send_bytes(std::string_view bytes);
  /// Sends one message whose length is not known at first, piece by piece (text may be
  /// cut anywhere). Other messages wait until it is whole. If the generator throws, or
  /// it is cancelled, half a message has been sent: the connection closes with 1011.
  task<> send(async_generator<std::string> pieces);
  task<> send_bytes(async_generator<std::string> pieces);

  /// The next message. Empty once the connection has closed well (1000, 1001, or
  /// without a code); throws websocket_error when it ended otherwise: with another
  /// code, or without a close. What came before the end is received first. A second
  /// task gets usage_error. Cancelling it loses nothing.
  task<std::optional<message>> receive();
  /// Message after message, as receive gives them.
  async_generator<message> messages();

  /// Closes: tells the peer, waits for its answer and for the end of the connection,
  /// which is cut after close_timeout. What was sent before goes out first; messages
  /// that come meanwhile are dropped. Does nothing when it has ended. Code: 1000 to
  /// 1003, 1007 to 1014, 3000 to 4999; reason: UTF-8 of at most 123 bytes; else
  /// usage_error. Cancelled, the closing goes on.
  task<> close(std::uint16_t code = 1000, std::string reason = {});

  /// 0 while it is open. The peer's code, or ours when we ended it (1002, 1007, 1009:
  /// what it sent was bad; 1011: no pong). 1005: its close had no code; 1006: the
  /// connection was cut.
  std::uint16_t close_code() const;
  const std::string& close_reason() const;
  /// What was agreed on; empty: none.
  const std::string& subprotocol() const;
  endpoint peer() const;

 private:
  detail::websocket_core& core() const;
  detail::websocket_core* core_ = nullptr;
};

}}}  // namespace rondo::v0::http
