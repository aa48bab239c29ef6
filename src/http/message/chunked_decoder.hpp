// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message/response_framing.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

/// More than a peer may send.
class framing_too_large : public error {
 public:
  using error::error;
};

/// A body in chunks (RFC 9112, 7.1), cut anywhere. Stricter than many: sizes are
/// hexadecimal digits and nothing else, and lines end in CR LF. Extensions are passed over,
/// trailers dropped; both have limits.
class chunked_decoder {
 public:
  /// Adds to out the data in bytes. Bytes behind the end are not looked at. Throws
  /// framing_error and framing_too_large.
  void take(std::string_view bytes, std::string& out);
  bool done() const noexcept { return state_ == state::done; }

 private:
  enum class state : unsigned char {
    size,
    blanks,
    extension,
    size_end,
    data,
    data_cr,
    data_lf,
    trailer_begin,
    trailer,
    trailer_lf,
    end_lf,
    done,
  };
  void take_one(char c);
  void count(std::size_t framing);

  state state_ = state::size;
  unsigned digits_ = 0;
  std::uint64_t left_ = 0;  // of the chunk
  std::uint64_t overhead_ = 0;
  std::size_t trailer_ = 0;
};

}}}  // namespace rondo::v0::http::detail
