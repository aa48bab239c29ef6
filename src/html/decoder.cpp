// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// As the standard writes them, but that a byte which it puts back is one that is not taken: an
// error within several bytes leaves the ASCII characters among them, or they could hide markup.
#include "html/decoder.hpp"

#include <algorithm>
#include <utility>

#include "html/encoding_tables.hpp"
#include "html/utf8.hpp"

namespace rondo { inline namespace v0 { namespace html::detail {

namespace {

constexpr unsigned at_end = 0x100;  // no byte

constexpr bool is_between(unsigned byte, unsigned first, unsigned last) noexcept {
  return byte >= first && byte <= last;
}

/// Bytes that come in, UTF-8 that goes out.
class decoding {
 public:
  explicit decoding(std::string_view bytes) : bytes_(bytes) { result_.reserve(bytes.size()); }

  bool more() const noexcept { return at_ < bytes_.size(); }
  unsigned peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < bytes_.size() ? static_cast<unsigned char>(bytes_[at_ + ahead]) : at_end;
  }
  std::string_view rest() const noexcept { return bytes_.substr(at_); }
  unsigned take() noexcept {
    unsigned byte = peek();
    skip(1);
    return byte;
  }
  void skip(std::size_t n) noexcept { at_ = std::min(at_ + n, bytes_.size()); }
  /// Up to the next byte that is not ASCII.
  void copy_ascii() {
    std::size_t end = at_;
    while (end < bytes_.size() && static_cast<unsigned char>(bytes_[end]) < 0x80) ++end;
    result_.append(bytes_, at_, end - at_);
    at_ = end;
  }

  void emit(char32_t c) { append_utf8(result_, c); }
  void error() { emit(replacement_character); }
  /// A character, or zero and then an error that does not take an ASCII byte.
  void emit_or_error(char32_t c, unsigned last) {
    if (c != 0) {
      skip(1);
      return emit(c);
    }
    if (last >= 0x80) skip(1);
    error();
  }

  std::string result() { return std::move(result_); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::string result_;
};

void decode_utf8(decoding& d) {
  for (d.copy_ascii(); d.more(); d.copy_ascii()) {
    std::size_t size = 0;
    char32_t character = first_of_utf8(d.rest(), size);
    d.skip(size);
    d.emit(character ? character : replacement_character);
  }
}

void decode_single_byte(decoding& d, const single_byte_table& table) {
  for (d.copy_ascii(); d.more(); d.copy_ascii()) d.emit(table[d.take() - 0x80]);
}

/// Four bytes, of which the first two are there.
void decode_gb18030_four(decoding& d) {
  unsigned first = d.peek(), second = d.peek(1), third = d.peek(2), fourth = d.peek(3);
  if (third == at_end || (is_between(third, 0x81, 0xFE) && fourth == at_end)) {
    d.skip(4);
    return d.error();
  }
  if (!is_between(third, 0x81, 0xFE) || !is_between(fourth, 0x30, 0x39)) {
    d.skip(1);
    return d.error();
  }
  d.skip(4);
  unsigned pointer =
      ((first - 0x81) * 10 + (second - 0x30)) * 1260 + (third - 0x81) * 10 + (fourth - 0x30);
  const std::vector<char16_t>& of_the_first_plane = gb18030_four_byte_table();
  if (pointer < of_the_first_plane.size()) {
    d.emit(of_the_first_plane[pointer]);
  } else if (pointer < 189'000 || pointer > 1'237'575) {
    d.error();
  } else {
    d.emit(0x10000 + pointer - 189'000);
  }
}

void decode_gb18030(decoding& d) {
  const two_byte_table& table = gb18030_table();
  for (d.copy_ascii(); d.more(); d.copy_ascii()) {
    unsigned first = d.peek();
    if (first == 0x80 || first == 0xFF) {
      d.skip(1);
      first == 0x80 ? d.emit(U'\u20AC') : d.error();
    } else if (is_between(d.peek(1), 0x30, 0x39)) {
      decode_gb18030_four(d);
    } else {
      d.skip(1);
      d.emit_or_error(table(first, d.peek()), d.peek());
    }
  }
}

void decode_big5(decoding& d) {
  const two_byte_table& table = big5_table();
  for (d.copy_ascii(); d.more(); d.copy_ascii()) {
    unsigned first = d.take(), second = d.peek();
    if (!is_between(first, 0x81, 0xFE)) {
      d.error();
      continue;
    }
    unsigned pair = first << 8 | second;
    if (pair == 0x8862 || pair == 0x8864 || pair == 0x88A3 || pair == 0x88A5) {  // with an accent
      d.skip(1);
      d.emit(first == 0x88 && second < 0x80 ? U'\u00CA' : U'\u00EA');
      d.emit(second == 0x62 || second == 0xA3 ? U'\u0304' : U'\u030C');
    } else {
      d.emit_or_error(table(first, second), second);
    }
  }
}

void decode_euc_kr(decoding& d) {
  const two_byte_table& table = euc_kr_table();
  for (d.copy_ascii(); d.more(); d.copy_ascii()) {
    unsigned first = d.take();
    if (is_between(first, 0x81, 0xFE)) {
      d.emit_or_error(table(first, d.peek()), d.peek());
    } else {
      d.error();
    }
  }
}

void decode_shift_jis(decoding& d) {
  const two_byte_table& table = shift_jis_table();
  for (d.copy_ascii(); d.more(); d.copy_ascii()) {
    unsigned first = d.take();
    if (first == 0x80) {
      d.emit(0x80);
    } else if (is_between(first, 0xA1, 0xDF)) {
      d.emit(0xFF61 - 0xA1 + first);
    } else if (first == 0xA0 || first > 0xFC) {
      d.error();
    } else {
      d.emit_or_error(table(first, d.peek()), d.peek());
    }
  }
}

/// row and cell from 0 to 93.
char32_t jis0208(unsigned row, unsigned cell) noexcept {
  unsigned pointer = row * 94 + cell;
  unsigned first = pointer / 188, second = pointer % 188;
  return shift_jis_table()(first + (first < 0x1F ? 0x81 : 0xC1),
                           second + (second < 0x3F ? 0x40 : 0x41));
}

void decode_euc_jp(decoding& d) {
  for (d.copy_ascii(); d.more(); d.copy_ascii()) {
    unsigned first = d.take();
    if (first == 0x8E && is_between(d.peek(), 0xA1, 0xDF)) {
      d.emit(0xFF61 - 0xA1 + d.take());
      continue;
    }
    bool is_jis0212 = first == 0x8F && is_between(d.peek(), 0xA1, 0xFE);
    if (is_jis0212) first = d.take();
    if (first != 0x8E && first != 0x8F && !is_between(first, 0xA1, 0xFE)) {
      d.error();
      continue;
    }
    unsigned second = d.peek();
    char32_t character = 0;
    if (is_between(first, 0xA1, 0xFE) && is_between(second, 0xA1, 0xFE))
      character =
          is_jis0212 ? jis0212_table()(first, second) : jis0208(first - 0xA1, second - 0xA1);
    d.emit_or_error(character, second);
  }
}

/// What an escape sequence says that follows. "\x1B$B": two bytes a character.
enum class jis_set { ascii, roman, katakana, jis0208, none };

jis_set jis_set_of_escape(unsigned first, unsigned second) noexcept {
  if (first == '(' && second == 'B') return jis_set::ascii;
  if (first == '(' && second == 'J') return jis_set::roman;
  if (first == '(' && second == 'I') return jis_set::katakana;
  if (first == '$' && (second == '@' || second == 'B')) return jis_set::jis0208;
  return jis_set::none;
}

void decode_iso_2022_jp(decoding& d) {
  constexpr unsigned escape = 0x1B;
  jis_set set = jis_set::ascii;
  bool only_escapes = false;  // since the last one
  while (d.more()) {
    unsigned byte = d.take();
    if (byte == escape) {
      jis_set next = jis_set_of_escape(d.peek(), d.peek(1));
      if (next != jis_set::none) {
        d.skip(2);
        set = next;
        if (only_escapes) d.error();
        only_escapes = true;
        continue;
      }
      only_escapes = false;
      d.error();
      continue;
    }
    only_escapes = false;
    bool is_plain = byte < 0x80 && byte != 0x0E && byte != 0x0F;
    switch (set) {
      case jis_set::ascii:
        is_plain ? d.emit(byte) : d.error();
        break;
      case jis_set::roman:
        is_plain ? d.emit(byte == 0x5C ? U'\u00A5' : byte == 0x7E ? U'\u203E' : byte) : d.error();
        break;
      case jis_set::katakana:
        is_between(byte, 0x21, 0x5F) ? d.emit(0xFF61 - 0x21 + byte) : d.error();
        break;
      default: {
        if (!is_between(byte, 0x21, 0x7E)) {
          d.error();
          break;
        }
        unsigned second = d.peek();
        char32_t character =
            is_between(second, 0x21, 0x7E) ? jis0208(byte - 0x21, second - 0x21) : 0;
        character ? d.emit(character) : d.error();
        if (second != escape) d.skip(1);
      }
    }
  }
}

void decode_utf16(decoding& d, bool big_endian) {
  auto unit = [&](std::size_t ahead) -> char32_t {
    unsigned first = d.peek(ahead), second = d.peek(ahead + 1);
    return big_endian ? first << 8 | second : second << 8 | first;
  };
  while (d.more()) {
    char32_t one = d.peek(1) == at_end ? replacement_character : unit(0);
    bool leads = is_between(one, 0xD800, 0xDBFF) && d.peek(3) != at_end;
    char32_t two = leads ? unit(2) : 0;
    if (is_between(two, 0xDC00, 0xDFFF)) {
      d.emit(0x10000 + ((one - 0xD800) << 10) + (two - 0xDC00));
      d.skip(4);
    } else {
      d.emit(one);  // a lone surrogate is no character
      d.skip(leads || !is_between(one, 0xD800, 0xDBFF) ? 2
                                                       : 4);  // cut off within a pair: one error
    }
  }
}

}  // namespace

std::string decode(const encoding& from, std::string_view bytes) {
  using kind = encoding::kind;
  decoding d(bytes);
  switch (from.what) {
    case kind::utf_8:
      decode_utf8(d);
      break;
    case kind::single_byte:
      decode_single_byte(d, table_of(from));
      break;
    case kind::gb18030:
      decode_gb18030(d);
      break;
    case kind::big5:
      decode_big5(d);
      break;
    case kind::euc_jp:
      decode_euc_jp(d);
      break;
    case kind::iso_2022_jp:
      decode_iso_2022_jp(d);
      break;
    case kind::shift_jis:
      decode_shift_jis(d);
      break;
    case kind::euc_kr:
      decode_euc_kr(d);
      break;
    case kind::replacement:
      if (d.more()) d.error();
      break;
    case kind::utf_16be:
      decode_utf16(d, true);
      break;
    case kind::utf_16le:
      decode_utf16(d, false);
      break;
    case kind::user_defined:
      for (d.copy_ascii(); d.more(); d.copy_ascii()) d.emit(0xF780 - 0x80 + d.take());
      break;
  }
  return d.result();
}

char32_t first_of_utf8(std::string_view text, std::size_t& size) noexcept {
  auto byte_at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : at_end;
  };
  unsigned first = byte_at(0);
  size = 1;
  if (first < 0x80) return first;
  unsigned needed = is_between(first, 0xC2, 0xDF)   ? 1
                    : is_between(first, 0xE0, 0xEF) ? 2
                    : is_between(first, 0xF0, 0xF4) ? 3
                                                    : 0;
  if (needed == 0) return 0;
  unsigned lower = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned upper = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  char32_t character = first & (0x3Fu >> needed);
  for (; needed > 0; --needed) {
    unsigned byte = byte_at(size);
    if (!is_between(byte, lower, upper)) return 0;
    lower = 0x80;
    upper = 0xBF;
    character = character << 6 | (byte & 0x3F);
    ++size;
  }
  return character;
}

bool is_utf8(std::string_view bytes) noexcept {
  for (std::size_t at = 0; at < bytes.size();) {
    if (static_cast<unsigned char>(bytes[at]) < 0x80) {
      ++at;
      continue;
    }
    std::size_t size = 0;
    if (first_of_utf8(bytes.substr(at, 4), size) == 0) return false;
    at += size;
  }
  return true;
}

}}}  // namespace rondo::v0::html::detail
