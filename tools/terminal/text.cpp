// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "terminal/text.hpp"

#include <fmt/format.h>
#include <clocale>
#include <cwchar>

namespace tool {

namespace {

struct character {
  std::string_view bytes;
  int columns;  // -1: not to be printed
};

/// Takes the first character of a text that is not empty.
character take_character(std::string_view& text) {
  static const bool utf8 = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
  wchar_t wide = 0;
  std::mbstate_t state{};
  std::size_t n = utf8 ? std::mbrtowc(&wide, text.data(), text.size(), &state) : 1;
  if (!utf8) wide = static_cast<unsigned char>(text[0]);
  bool broken = n == 0 || n > text.size();
  character c{text.substr(0, broken ? 1 : n), broken ? -1 : ::wcwidth(wide)};
  text.remove_prefix(c.bytes.size());
  return c;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    character c = take_character(text);
    result += c.columns < 0 ? std::string_view("?") : c.bytes;
  }
  return result;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty())
    columns += static_cast<std::size_t>(std::max(0, take_character(text).columns));
  return columns;
}

std::string fit(std::string_view text, std::size_t columns) {
  std::size_t used = columns_of(text);
  if (used <= columns) return std::string(text) + std::string(columns - used, ' ');
  if (columns == 0) return {};
  std::string result;
  used = 0;
  while (!text.empty()) {
    character c = take_character(text);
    std::size_t width = static_cast<std::size_t>(std::max(0, c.columns));
    if (used + width > columns - 1) break;
    used += width;
    result += c.bytes;
  }
  return result + "…" + std::string(columns - 1 - used, ' ');
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  const char* unit = "";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < 1023.95) break;
    value /= 1024;
    unit = next;
  }
  return fmt::format("{:.1f} {}", value, unit);
}

std::string time_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string without_credentials(std::string_view url) {
  // Whatever http::url takes for the beginning of an authority, and also if it is no URL.
  std::size_t scheme = std::min(url.find_first_of(":/\\?#@"), url.size());
  if (scheme == url.size() || url[scheme] != ':') return std::string(url);
  std::size_t begin = std::min(url.find_first_not_of("/\\", scheme + 1), url.size());
  std::string_view authority = url.substr(begin, url.find_first_of("/\\?#", begin) - begin);
  std::size_t at = authority.rfind('@');
  if (at == authority.npos) return std::string(url);
  return std::string(url.substr(0, begin)) + std::string(url.substr(begin + at + 1));
}

}  // namespace tool
