// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/html/encoding.hpp>

#include <iconv.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <rondo/coro/errors.hpp>

#include "tree.hpp"
#include "utf8.hpp"

namespace rondo::inline v0::html {

namespace {

using detail::is_space;

struct label {
  std::string_view name;
  std::string_view encoding;  // by the WHATWG's name, which iconv knows too
};

/// Of the labels in WHATWG Encoding, 4.2, those that pages use. Names that a
/// page may choose never reach iconv otherwise.
constexpr std::array<label, 71> labels = {{
    {"866", "IBM866"},
    {"ansi_x3.4-1968", "windows-1252"},
    {"ascii", "windows-1252"},
    {"big5", "BIG5-HKSCS"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"cn-big5", "BIG5-HKSCS"},
    {"cp1250", "windows-1250"},
    {"cp1251", "windows-1251"},
    {"cp1252", "windows-1252"},
    {"cp1253", "windows-1253"},
    {"cp1254", "windows-1254"},
    {"cp1255", "windows-1255"},
    {"cp1256", "windows-1256"},
    {"cp1257", "windows-1257"},
    {"cp1258", "windows-1258"},
    {"cp866", "IBM866"},
    {"euc-jp", "EUC-JP"},
    {"euc-kr", "UHC"},
    {"gb18030", "GB18030"},
    {"gb2312", "GBK"},
    {"gb_2312-80", "GBK"},
    {"gbk", "GBK"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"iso-8859-1", "windows-1252"},
    {"iso-8859-10", "ISO-8859-10"},
    {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14"},
    {"iso-8859-15", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"iso-8859-2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-9", "windows-1254"},
    {"iso8859-1", "windows-1252"},
    {"iso_8859-1", "windows-1252"},
    {"iso_8859-15", "ISO-8859-15"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"ks_c_5601-1987", "UHC"},
    {"l1", "windows-1252"},
    {"l2", "ISO-8859-2"},
    {"latin1", "windows-1252"},
    {"latin2", "ISO-8859-2"},
    {"mac", "MACINTOSH"},
    {"macintosh", "MACINTOSH"},
    {"ms932", "CP932"},
    {"shift-jis", "CP932"},
    {"shift_jis", "CP932"},
    {"sjis", "CP932"},
    {"tis-620", "CP874"},
    {"us-ascii", "windows-1252"},
    {"utf-16", "UTF-16LE"},
    {"utf-16be", "UTF-16BE"},
    {"utf-16le", "UTF-16LE"},
    {"utf-8", "UTF-8"},
    {"utf8", "UTF-8"},
    {"windows-1250", "windows-1250"},
    {"windows-1251", "windows-1251"},
    {"windows-1252", "windows-1252"},
    {"windows-1253", "windows-1253"},
    {"windows-1254", "windows-1254"},
    {"windows-1255", "windows-1255"},
    {"windows-1256", "windows-1256"},
    {"windows-1257", "windows-1257"},
    {"windows-1258", "windows-1258"},
    {"windows-874", "CP874"},
    {"x-sjis", "CP932"},
}};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::string> encoding_of_label(std::string_view text) {
  std::string wanted = lower_case(trim(text));
  for (const label& l : labels) {
    if (l.name == wanted || lower_case(l.encoding) == wanted) return std::string(l.encoding);
  }
  return std::nullopt;
}

/// "text/html; charset=utf-8", also as a meta's content (HTML, 2.5.2).
std::optional<std::string> charset_in(std::string_view content) {
  std::string text = lower_case(content);
  for (std::size_t at = 0; (at = text.find("charset", at)) != text.npos;) {
    at += std::strlen("charset");
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == text.size() || text[at] != '=') continue;
    ++at;
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == text.size()) return std::nullopt;
    char quote = text[at] == '"' || text[at] == '\'' ? text[at++] : '\0';
    std::size_t end = quote ? text.find(quote, at) : text.find_first_of("; \t\r\n\f/>\"'", at);
    return encoding_of_label(std::string_view(text).substr(at, end == text.npos ? end : end - at));
  }
  return std::nullopt;
}

/// What a <meta> near the page's beginning says. Both of its forms have
/// "charset=…" within the tag.
std::optional<std::string> charset_in_meta(std::string_view bytes) {
  constexpr std::size_t looked_at = 1024;
  std::string text = lower_case(bytes.substr(0, looked_at));
  for (std::size_t at = 0; (at = text.find('<', at)) != text.npos;) {
    if (std::string_view(text).substr(at).starts_with("<!--")) {
      at = std::min(text.find("-->", at), text.size());
      continue;
    }
    std::size_t end = std::min(text.find('>', at), text.size());
    std::string_view tag = std::string_view(text).substr(at, end - at);
    if (tag.starts_with("<meta") && tag.size() > 5 && (is_space(tag[5]) || tag[5] == '/')) {
      std::optional<std::string> found = charset_in(tag.substr(5));
      // Who can read the tag reads no UTF-16.
      if (found) return found->starts_with("UTF-16") ? "UTF-8" : found;
    }
    at = end;
  }
  return std::nullopt;
}

bool is_utf8(std::string_view text) noexcept {
  auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  for (std::size_t i = 0; i < text.size();) {
    unsigned first = byte(i);
    std::size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (size == 0) return false;
    for (std::size_t k = 1; k < size; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    }
    unsigned second = byte(i + 1);
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
        (first == 0xF4 && second > 0x8F))
      return false;
    i += size;
  }
  return true;
}

class converter {
 public:
  explicit converter(const std::string& from) : handle_(::iconv_open("UTF-8", from.c_str())) {
    if (handle_ == reinterpret_cast<iconv_t>(-1))
      throw error("read " + from + ": " + (errno == EINVAL ? "this encoding is not known" : std::strerror(errno)));
  }
  converter(const converter&) = delete;
  converter& operator=(const converter&) = delete;
  ~converter() { ::iconv_close(handle_); }

  std::string convert(std::string_view bytes) {
    std::string result;
    auto* from = const_cast<char*>(bytes.data());  // iconv only reads there
    std::size_t left = bytes.size();
    while (left > 0) {
      std::array<char, 4096> buffer;
      char* to = buffer.data();
      std::size_t room = buffer.size();
      std::size_t done = ::iconv(handle_, &from, &left, &to, &room);
      int why = done == static_cast<std::size_t>(-1) ? errno : 0;
      result.append(buffer.data(), buffer.size() - room);
      if (why != EILSEQ && why != EINVAL) continue;
      detail::append_utf8(result, detail::replacement_character);
      if (why == EINVAL) break;  // cut off within a character
      ++from;
      --left;
    }
    return result;
  }

 private:
  iconv_t handle_;
};

}  // namespace

std::string detect_encoding(std::string_view bytes, std::string_view content_type) {
  if (bytes.starts_with("\xEF\xBB\xBF")) return "UTF-8";
  if (bytes.starts_with("\xFE\xFF")) return "UTF-16BE";
  if (bytes.starts_with("\xFF\xFE")) return "UTF-16LE";
  std::optional<std::string> found = charset_in(content_type);
  if (!found) found = charset_in_meta(bytes);
  if (!found) found = is_utf8(bytes) ? "UTF-8" : "windows-1252";
  return *found;
}

std::string to_utf8(std::string_view bytes, std::string_view encoding) {
  std::optional<std::string> known = encoding_of_label(encoding);
  if (!known) throw error("read '" + std::string(encoding.substr(0, 100)) + "': this encoding is not known");
  for (std::string_view mark : {"\xEF\xBB\xBF", "\xFE\xFF", "\xFF\xFE"}) {
    bool of_utf8 = mark.size() == 3;
    if (bytes.starts_with(mark) && (of_utf8 ? *known == "UTF-8" : known->starts_with("UTF-16"))) {
      bytes.remove_prefix(mark.size());
      break;
    }
  }
  return converter(*known).convert(bytes);
}

}  // namespace rondo::inline v0::html
