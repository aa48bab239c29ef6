// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/message/chunked_decoder.hpp"

#include <algorithm>
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

constexpr unsigned most_digits = 16;
constexpr std::size_t longest_trailer = 16 * 1024;
/// Of what is neither data nor needed for it, beyond what came of those.
constexpr std::uint64_t most_overhead = 16 * 1024;

bool is_control(char c) noexcept {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
}

}  // namespace

void chunked_decoder::count(std::size_t framing) {
  overhead_ += framing;
  if (overhead_ > most_overhead)
    throw framing_too_large("the body has more chunk extensions than data");
}

void chunked_decoder::take_one(char c) {
  auto refuse = [](const char* why) {
    return framing_error(std::string("the body is not well chunked: ") + why);
  };
  switch (state_) {
    case state::size:
      if (int digit = ascii::hex_digit(c); digit >= 0) {
        if (++digits_ > most_digits || left_ > (INT64_MAX >> 4))
          throw refuse("a chunk's size is too long");
        left_ = left_ << 4 | static_cast<unsigned>(digit);
        return;
      }
      if (digits_ == 0) throw refuse("a chunk has no size");
      [[fallthrough]];
    case state::blanks:
      if (c == ' ' || c == '\t') {
        state_ = state::blanks;
        count(1);
      } else if (c == ';') {
        state_ = state::extension;
      } else if (c == '\r') {
        state_ = state::size_end;
      } else {
        throw refuse("a chunk's size is malformed");
      }
      return;
    case state::extension:
      if (c == '\r') {
        state_ = state::size_end;
        return;
      }
      if (is_control(c)) throw refuse("a control character in an extension");
      count(1);
      return;
    case state::size_end:
      if (c != '\n') throw refuse("a line does not end in CR LF");
      digits_ = 0;
      overhead_ -= std::min(overhead_, 16 + std::min<std::uint64_t>(left_, most_overhead));
      state_ = left_ == 0 ? state::trailer_begin : state::data;
      return;
    case state::data_cr:
      if (c != '\r') throw refuse("a chunk is longer than its size");
      state_ = state::data_lf;
      return;
    case state::data_lf:
      if (c != '\n') throw refuse("a chunk is longer than its size");
      state_ = state::size;
      return;
    case state::trailer_begin:
      if (c == '\r') {
        state_ = state::end_lf;
        return;
      }
      [[fallthrough]];
    case state::trailer:
      if (++trailer_ > longest_trailer)
        throw framing_too_large("the trailer is larger than 16384 bytes");
      if (c == '\n') throw refuse("a line of the trailer does not end in CR LF");
      state_ = c == '\r' ? state::trailer_lf : state::trailer;
      return;
    case state::trailer_lf:
      if (c != '\n') throw refuse("a line of the trailer does not end in CR LF");
      state_ = state::trailer_begin;
      return;
    case state::end_lf:
      if (c != '\n') throw refuse("the trailer does not end in CR LF");
      state_ = state::done;
      return;
    case state::data:
    case state::done:
      return;
  }
}

void chunked_decoder::take(std::string_view bytes, std::string& out) {
  while (!bytes.empty() && state_ != state::done) {
    if (state_ != state::data) {
      take_one(bytes[0]);
      bytes.remove_prefix(1);
      continue;
    }
    auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    out.append(bytes.substr(0, n));
    bytes.remove_prefix(n);
    left_ -= n;
    if (left_ == 0) state_ = state::data_cr;
  }
}

}}}  // namespace rondo::v0::http::detail
