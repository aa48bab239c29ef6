// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <rondo/http/server/multipart.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

enum class multipart_found : unsigned char {
  nothing,   ///< in the bytes given, which all were taken
  part,      ///< head() is that of a new part
  data,      ///< data() is what comes next in it; never empty
  part_end,  ///< its boundary has come, and is proper
  end,       ///< the last one's
};

/// Takes multipart/form-data apart (RFC 7578; RFC 2046, 5.1). Knows nothing of
/// connections; how the bytes are cut into pieces makes no difference to what is found,
/// but for where data is cut.
///
///     preamble -> line -> header -> contents -> line -> ... -> closed -> epilogue
class multipart_parser {
 public:
  /// The boundary is one that boundary_of has given.
  multipart_parser(std::string_view boundary, const multipart_options& limits);

  /// Takes a beginning of bytes, and says what was in it. Call it until it finds nothing.
  /// Throws status_error, and the same one from then on.
  multipart_found next(std::string_view& bytes);
  /// The body has come to its end: as next, until it says that this is the end.
  multipart_found finish();

  multipart_head& head() noexcept { return head_; }
  /// Valid as long as the bytes are, or until the next call.
  std::string_view data() const noexcept { return data_; }

 private:
  enum class state : unsigned char { preamble, line, header, contents, closed, epilogue, failed };
  enum class line_state : unsigned char { begin, dash, padding, cr };

  bool take_preamble(std::string_view& bytes);
  bool take_line(std::string_view& bytes);
  bool take_header(std::string_view& bytes);
  bool take_contents(std::string_view& bytes);
  void begin_line() noexcept;
  void end_line() noexcept;
  void begin_contents() noexcept;
  void parse_header();
  void parse_disposition(std::string_view value);
  [[noreturn]] void refuse(int status, const char* what);
  [[noreturn]] void refuse_part(int status, const char* what);

  std::string delimiter_;  // CR LF "--" boundary
  std::size_t max_parts_;
  std::size_t max_header_bytes_;
  std::string text_;  // of the preamble, or of a header
  std::string_view data_;
  multipart_head head_;
  std::size_t parts_ = 0;
  std::size_t matched_ = 0;          // of the delimiter, at the end of the last piece
  std::size_t before_contents_ = 0;  // of those, how many are of the header
  std::size_t padding_ = 0;          // bytes of it in this line
  int status_ = 0;                   // of the refusal that is text_, once failed
  state state_ = state::preamble;
  line_state line_ = line_state::begin;
  bool closing_ = false;  // the line is that of the last boundary
  bool in_part_ = false;
};

/// The boundary in the request's Content-Type. Throws status_error: 415 for another type
/// than multipart/form-data, 400 without a proper one.
std::string boundary_of(const headers& fields);

}}}  // namespace rondo::v0::http::detail
