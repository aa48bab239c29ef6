// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "db/statement_text.hpp"

namespace rondo { inline namespace v0 { namespace db { namespace detail {
namespace {

/// At most so many bytes, control characters and runs of blanks as one blank, no character
/// of UTF-8 cut in two.
std::string one_line(std::string_view text, std::size_t most) {
  std::string line;
  for (char c : text) {
    bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
    if (blank && (line.empty() || line.back() == ' ')) continue;
    if (line.size() >= most && (static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      while (line.back() == ' ') line.pop_back();
      return line + "…";
    }
    line += blank ? ' ' : c;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

std::string statement_text(std::string_view sql) { return one_line(sql, 100); }

std::string quoted_text(std::string_view bytes) { return "'" + one_line(bytes, 40) + "'"; }

}}}}  // namespace rondo::v0::db::detail
