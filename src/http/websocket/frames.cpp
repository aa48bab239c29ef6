// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/websocket/frames.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include <openssl/rand.h>
#include <wslay/wslay.h>

#include "coro/fork.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

bool can_be_sent(std::uint16_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

bool utf8_checker::feed(std::string_view piece) noexcept {
  const char* p = piece.data();
  const char* end = p + piece.size();
  while (p != end) {
    if (left_ > 0) {
      auto c = static_cast<unsigned char>(*p++);
      if (c < low_ || c > high_) return false;
      low_ = 0x80;
      high_ = 0xBF;
      --left_;
      continue;
    }
    for (std::uint64_t eight; end - p >= 8; p += 8) {
      std::memcpy(&eight, p, 8);
      if (eight & 0x8080808080808080) break;
    }
    if (p == end) break;
    auto c = static_cast<unsigned char>(*p++);
    if (c < 0x80) continue;
    // The ranges leave out overlong forms, surrogates and what is past U+10FFFF
    // (RFC 3629, 4).
    low_ = 0x80;
    high_ = 0xBF;
    if (c >= 0xC2 && c <= 0xDF) {
      left_ = 1;
    } else if (c >= 0xE0 && c <= 0xEF) {
      left_ = 2;
      if (c == 0xE0) low_ = 0xA0;
      if (c == 0xED) high_ = 0x9F;
    } else if (c >= 0xF0 && c <= 0xF4) {
      left_ = 3;
      if (c == 0xF0) low_ = 0x90;
      if (c == 0xF4) high_ = 0x8F;
    } else {
      return false;
    }
  }
  return true;
}

bool is_utf8(std::string_view text) noexcept {
  utf8_checker checker;
  return checker.feed(text) && checker.complete();
}

namespace {

/// A mask must not be foreseen by who chooses the text (RFC 6455, 10.3). The
/// generator is asked for many at a time.
bool random_mask(std::uint8_t* into, std::size_t n) noexcept {
  thread_local unsigned char pool[256];
  thread_local std::size_t left = 0;
  thread_local unsigned forks = rondo::detail::fork_count();
  if (rondo::detail::forked_since(forks)) left = 0;  // the rest is the parent's
  if (n > left) {
    if (::RAND_bytes(pool, sizeof pool) != 1) return false;
    left = sizeof pool;
  }
  std::memcpy(into, pool + sizeof pool - left, n);
  left -= n;
  return true;
}

}  // namespace

class wslay_context {
 public:
  explicit wslay_context(side s) : self(s) {
    wslay_frame_callbacks callbacks{send, receive, mask};
    if (::wslay_frame_context_init(&frames, &callbacks, this) != 0) throw std::bad_alloc();
  }
  wslay_context(const wslay_context&) = delete;
  wslay_context& operator=(const wslay_context&) = delete;
  ~wslay_context() { ::wslay_frame_context_free(frames); }

  const side self;
  wslay_frame_context_ptr frames = nullptr;
  std::string_view input;
  std::string* output = nullptr;  // has room for the frame: nothing may be thrown through C

 private:
  static ssize_t receive(std::uint8_t* into, std::size_t room, int, void* self) {
    std::string_view& input = static_cast<wslay_context*>(self)->input;
    std::size_t n = std::min(room, input.size());
    if (n == 0) return -1;
    std::memcpy(into, input.data(), n);
    input.remove_prefix(n);
    return static_cast<ssize_t>(n);
  }
  static ssize_t send(const std::uint8_t* data, std::size_t n, int, void* self) {
    static_cast<wslay_context*>(self)->output->append(reinterpret_cast<const char*>(data), n);
    return static_cast<ssize_t>(n);
  }
  static int mask(std::uint8_t* into, std::size_t n, void*) {
    return random_mask(into, n) ? 0 : -1;
  }
};

namespace {

// One for each side: wslay's goes on masking once it has masked.
context_ptr& spare(side which) {
  thread_local context_ptr spares[2];
  return spares[static_cast<unsigned char>(which)];
}

context_ptr borrow(side which) {
  context_ptr& place = spare(which);
  return place ? std::move(place) : context_ptr(new wslay_context(which));
}

void give_back(context_ptr context) noexcept { spare(context->self) = std::move(context); }

}  // namespace

void delete_context::operator()(wslay_context* context) const noexcept { delete context; }

void append_frame(std::string& out, side sender, opcode code, bool final,
                  std::string_view payload) {
  constexpr std::size_t longest_head = 14;
  std::size_t before = out.size();
  std::size_t needed = before + longest_head + payload.size();
  if (needed > out.capacity()) out.reserve(std::max(needed, 2 * before));
  context_ptr context = borrow(sender);
  context->output = &out;
  wslay_frame_iocb frame{};
  frame.fin = final;
  frame.opcode = static_cast<std::uint8_t>(code);
  frame.mask = sender == side::client;
  frame.payload_length = payload.size();
  frame.data = reinterpret_cast<const std::uint8_t*>(payload.data());
  frame.data_length = payload.size();
  ssize_t sent = ::wslay_frame_send(context->frames, &frame);
  if (sent != static_cast<ssize_t>(payload.size())) {
    out.resize(before);
    throw std::runtime_error("websocket: no randomness for a frame's mask");
  }
  give_back(std::move(context));
}

void append_close(std::string& out, side sender, std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code != 0) {
    payload += static_cast<char>(code >> 8);
    payload += static_cast<char>(code & 0xFF);
    payload += reason;
  }
  append_frame(out, sender, opcode::close, true, payload);
}

frame_reader::found frame_reader::next(std::string_view& input) {
  for (;;) {
    if (!context_) {
      if (input.empty()) return found::nothing;
      context_ = borrow(self_);
    }
    context_->input = input;
    wslay_frame_iocb frame{};
    ssize_t n = ::wslay_frame_recv(context_->frames, &frame);
    unparsed_ += input.size() - context_->input.size();
    input = context_->input;
    if (n == WSLAY_ERR_WANT_READ) {
      if (unparsed_ == 0 && !in_frame_) give_back(std::move(context_));
      return found::nothing;
    }
    if (n < 0) return violation(close_codes::protocol_error, "a malformed frame");
    found result = found::nothing;
    if (!in_frame_) result = begin_frame(&frame);
    if (result == found::nothing)
      result = frame_data({reinterpret_cast<const char*>(frame.data), frame.data_length});
    if (result == found::nothing && frame_left_ == 0) result = end_frame();
    if (result != found::nothing) return result;
  }
}

frame_reader::found frame_reader::begin_frame(const void* header) {
  const auto& frame = *static_cast<const wslay_frame_iocb*>(header);
  std::uint64_t length = frame.payload_length;
  unparsed_ -= 2 + (length < 126 ? 0 : length < 65536 ? 2 : 8) + (frame.mask ? 4 : 0);
  if (frame.rsv != 0)
    return violation(close_codes::protocol_error, "a reserved bit without an extension");
  if (frame.mask != (self_ == side::server))
    return violation(close_codes::protocol_error, frame.mask ? "a masked frame from the server"
                                                             : "an unmasked frame from the client");
  frame_opcode_ = static_cast<opcode>(frame.opcode);
  frame_final_ = frame.fin;
  frame_left_ = length;
  in_frame_ = true;
  switch (frame_opcode_) {
    case opcode::close:
    case opcode::ping:
    case opcode::pong:
      control_.clear();
      return found::nothing;  // wslay has seen to their size, and that they are whole
    case opcode::continuation:
      if (message_opcode_ == opcode::continuation)
        return violation(close_codes::protocol_error, "a continuation of no message");
      break;
    case opcode::text:
    case opcode::binary:
      if (message_opcode_ != opcode::continuation)
        return violation(close_codes::protocol_error, "a message inside of a message");
      message_opcode_ = frame_opcode_;
      message_.clear();
      utf8_.reset();
      break;
    default:
      return violation(close_codes::protocol_error, "an unknown opcode");
  }
  if (length > max_message_ - message_.size())
    return violation(close_codes::too_big, "a message beyond the limit");
  // No more than is likely to come at once, whatever the header says.
  constexpr std::uint64_t at_once = 64 * 1024;
  if (message_.empty()) message_.reserve(static_cast<std::size_t>(std::min(length, at_once)));
  return found::nothing;
}

frame_reader::found frame_reader::frame_data(std::string_view data) {
  unparsed_ -= data.size();
  frame_left_ -= data.size();
  if (frame_opcode_ >= opcode::close) {
    control_ += data;
    return found::nothing;
  }
  if (message_opcode_ == opcode::text && !utf8_.feed(data))
    return violation(close_codes::invalid_data, "text that is not UTF-8");
  message_ += data;
  return found::nothing;
}

frame_reader::found frame_reader::end_frame() {
  in_frame_ = false;
  payload_of_ = frame_opcode_;
  if (frame_opcode_ == opcode::close) return end_close();
  if (frame_opcode_ == opcode::ping) return found::ping;
  if (frame_opcode_ == opcode::pong) return found::pong;
  if (!frame_final_) return found::nothing;
  payload_of_ = std::exchange(message_opcode_, opcode::continuation);
  if (payload_of_ == opcode::binary) return found::binary;
  if (!utf8_.complete()) return violation(close_codes::invalid_data, "text that is not UTF-8");
  return found::text;
}

frame_reader::found frame_reader::end_close() {
  if (control_.empty()) {
    code_ = 0;
    return found::close;
  }
  if (control_.size() == 1) return violation(close_codes::protocol_error, "half a close code");
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(control_[i]); };
  code_ = static_cast<std::uint16_t>(byte(0) << 8 | byte(1));
  if (!can_be_sent(code_))
    return violation(close_codes::protocol_error, "a close code that may not be sent");
  reason_ = control_.substr(2);
  if (!is_utf8(reason_))
    return violation(close_codes::invalid_data, "a close reason that is not UTF-8");
  return found::close;
}

frame_reader::found frame_reader::violation(std::uint16_t code, const char* why) {
  code_ = code;
  reason_ = why;
  return found::violation;
}

std::string frame_reader::take_payload() {
  return std::exchange(payload_of_ >= opcode::close ? control_ : message_, {});
}

}}}  // namespace rondo::v0::http::detail
