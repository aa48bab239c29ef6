// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Messages to frames and back (RFC 6455, 5). Knows nothing of sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rondo { inline namespace v0 { namespace http::detail {

enum class opcode : unsigned char {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

/// Which end of the connection this is: a client masks what it sends, a server
/// must not.
enum class side : unsigned char { client, server };

namespace close_codes {
constexpr std::uint16_t normal = 1000;
constexpr std::uint16_t going_away = 1001;
constexpr std::uint16_t protocol_error = 1002;
constexpr std::uint16_t no_status = 1005;  ///< never sent: the peer's frame had no code
constexpr std::uint16_t abnormal = 1006;   ///< never sent: there was no close frame
constexpr std::uint16_t invalid_data = 1007;
constexpr std::uint16_t too_big = 1009;
constexpr std::uint16_t internal_error = 1011;
}  // namespace close_codes

/// Whether a close frame may say it: those of RFC 6455 and of IANA's registry,
/// and 3000 to 4999.
bool can_be_sent(std::uint16_t close_code) noexcept;

/// Checks text that comes in pieces.
class utf8_checker {
 public:
  /// False: no continuation can make this valid.
  bool feed(std::string_view piece) noexcept;
  /// Whether no character is cut.
  bool complete() const noexcept { return left_ == 0; }
  void reset() noexcept { left_ = 0; }

 private:
  unsigned char left_ = 0;  // bytes that the character lacks
  unsigned char low_ = 0;   // the range of the next one
  unsigned char high_ = 0;
};

bool is_utf8(std::string_view text) noexcept;

/// Appends a whole frame. Throws std::bad_alloc, and std::runtime_error when
/// there is no randomness for a mask; then out is as it was.
void append_frame(std::string& out, side sender, opcode code, bool final, std::string_view payload);
/// The same for a close frame; code 0: without one.
void append_close(std::string& out, side sender, std::uint16_t code, std::string_view reason);

class wslay_context;
struct delete_context {
  void operator()(wslay_context* context) const noexcept;
};
/// wslay's state for one end. Between frames it holds nothing, and goes back to
/// the thread's spare one: idle connections have none.
using context_ptr = std::unique_ptr<wslay_context, delete_context>;

/// Takes bytes, finds messages. Of what peers can make it hold there is one
/// message of at most max_message bytes, and a control frame.
///
/// wslay's frame layer does the parsing; what frames may follow each other, and
/// what may be in them, is decided here. (Its event layer reserves what a frame's
/// header announces, does not check malloc, queues pongs without a limit, and
/// checks the UTF-8 of a close frame wrongly when that comes in two parts.)
class frame_reader {
 public:
  enum class found : unsigned char {
    nothing,  ///< more bytes are needed
    text,
    binary,
    ping,
    pong,
    close,
    violation,  ///< the connection must be failed; next() may not be called again
  };

  frame_reader(side self, std::size_t max_message) noexcept
      : max_message_(max_message), self_(self) {}

  /// Takes from the front of input until something is whole; what it has taken it
  /// remembers, so call it again, also with nothing, until it finds nothing.
  /// Throws std::bad_alloc.
  found next(std::string_view& input);

  /// Of a text, binary, ping or pong.
  std::string take_payload();
  /// Of a close: what it says, 0 if nothing. Of a violation: what to answer.
  std::uint16_t code() const noexcept { return code_; }
  const std::string& reason() const noexcept { return reason_; }

 private:
  found begin_frame(const void* frame);
  found frame_data(std::string_view data);
  found end_frame();
  found end_close();
  found violation(std::uint16_t code, const char* why);

  context_ptr context_;  // while it holds a part of a frame
  std::string message_;
  std::string control_;
  std::string reason_;
  std::size_t max_message_;
  std::uint64_t frame_left_ = 0;  // of the frame's payload
  std::uint64_t unparsed_ = 0;    // bytes that wslay has and has not told of
  utf8_checker utf8_;
  std::uint16_t code_ = 0;
  side self_;
  opcode message_opcode_ = opcode::continuation;  // continuation: no message has begun
  opcode frame_opcode_ = opcode::continuation;
  opcode payload_of_ = opcode::text;
  bool frame_final_ = false;
  bool in_frame_ = false;
};

}}}  // namespace rondo::v0::http::detail
