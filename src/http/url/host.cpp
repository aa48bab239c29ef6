// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/url/host.hpp"

#include <idn2.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

constexpr const char* forbidden_character = "the host holds a character that no host may hold";
constexpr const char* no_ascii_form = "the host has no ASCII form";
constexpr const char* no_ipv4 = "the host ends like an IPv4 address, but it is none";
constexpr const char* no_ipv6 = "the host is no IPv6 address";

/// The standard's forbidden domain code points.
bool is_forbidden(char c) noexcept {
  constexpr std::string_view forbidden = " #/:<>?@[\\]^|%\x7f";
  return static_cast<unsigned char>(c) < 0x20 || forbidden.find(c) != forbidden.npos;
}

/// As the standard decodes it: a percent sign that begins nothing stays.
std::string percent_decoded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    int byte = text[i] == '%' ? ascii::escaped_byte(text, i) : -1;
    result += byte < 0 ? text[i] : static_cast<char>(byte);
    if (byte >= 0) i += 2;
  }
  return result;
}

/// Whether a label begins with "xn--": it must hold what it says.
bool has_encoded_label(std::string_view domain) noexcept {
  for (std::size_t at = 0; (at = domain.find("--", at)) != domain.npos; ++at) {
    bool begins = at == 2 || (at > 2 && domain[at - 3] == '.');
    if (begins && ascii::lower(domain[at - 2]) == 'x' && ascii::lower(domain[at - 1]) == 'n')
      return true;
  }
  return false;
}

struct free_domain {
  void operator()(char* text) const noexcept { ::idn2_free(text); }
};

/// What libidn2 makes of a domain; false if it has no ASCII form.
bool map_domain(std::string& domain) {
  char* text = nullptr;
  int code =
      ::idn2_to_ascii_8z(domain.c_str(), &text, IDN2_NONTRANSITIONAL | IDN2_NO_ALABEL_ROUNDTRIP);
  std::unique_ptr<char, free_domain> owner(text);
  if (code == IDN2_MALLOC) throw std::bad_alloc();
  if (code != IDN2_OK) return false;
  domain = text;
  for (char& c : domain) c = ascii::lower(c);
  return std::none_of(domain.begin(), domain.end(), ascii::is_beyond);
}

/// Domain to ASCII, by UTS 46 in its non-transitional form. libidn2 is somewhat stricter: it
/// refuses symbols such as emoji, and other labels that no registry gives away. Who has a domain
/// of symbols writes it as "xn--…": of these nothing is asked but that they can be decoded.
const char* to_ascii(std::string& domain) {
  bool is_ascii = std::none_of(domain.begin(), domain.end(), ascii::is_beyond);
  if (is_ascii && !has_encoded_label(domain)) {
    for (char& c : domain) c = ascii::lower(c);
    return nullptr;
  }
  // Its effort grows with the square of a label's length, and no name is as long as that.
  constexpr std::size_t longest = 4 * IDN2_DOMAIN_MAX_LENGTH;
  if (domain.size() > longest) return "the host is too long";
  if (!map_domain(domain)) return no_ascii_form;
  // It writes some labels that it does not read.
  std::string again = domain;
  return is_ascii || (map_domain(again) && again == domain) ? nullptr : no_ascii_form;
}

// --- IPv4 ---

/// The IPv4 number parser; what is too large for one is the largest of all.
std::optional<std::uint64_t> read_ipv4_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned base = 10;
  if (text.size() >= 2 && text[0] == '0') {
    bool hex = ascii::lower(text[1]) == 'x';
    text.remove_prefix(hex ? 2 : 1);
    base = hex ? 16 : 8;
  }
  std::uint64_t number = 0;
  for (char c : text) {
    int digit = ascii::hex_digit(c);
    if (digit < 0 || static_cast<unsigned>(digit) >= base) return std::nullopt;
    number =
        std::min<std::uint64_t>(number * base + static_cast<unsigned>(digit), UINT32_MAX + 1ull);
  }
  return number;
}

/// The ends-in-a-number checker: whether this has to be an IPv4 address.
bool ends_in_number(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  std::string_view last = domain.substr(domain.rfind('.') + 1);
  if (!last.empty() && std::all_of(last.begin(), last.end(), ascii::is_digit)) return true;
  return read_ipv4_number(last).has_value();
}

const char* read_ipv4(std::string& host) {
  std::string_view rest = host;
  if (rest.ends_with('.')) rest.remove_suffix(1);
  std::array<std::uint64_t, 4> numbers;
  std::size_t count = 0;
  for (bool more = true; more;) {
    if (count == numbers.size()) return no_ipv4;
    std::size_t dot = rest.find('.');
    std::optional<std::uint64_t> number = read_ipv4_number(rest.substr(0, dot));
    if (!number) return no_ipv4;
    numbers[count++] = *number;
    more = dot != rest.npos;
    if (more) rest.remove_prefix(dot + 1);
  }
  // Each but the last is one byte; the last is all that are left.
  std::uint64_t address = numbers[count - 1];
  if (address >= std::uint64_t{1} << (8 * (5 - count))) return no_ipv4;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (numbers[i] > 255) return no_ipv4;
    address += numbers[i] << (8 * (3 - i));
  }
  host.clear();
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (shift < 24) host += '.';
    host += std::to_string(address >> shift & 255);
  }
  return nullptr;
}

// --- IPv6 ---

using ipv6_pieces = std::array<std::uint16_t, 8>;

/// The IPv4 address at the end of an IPv6 one: four numbers without leading zeros.
bool read_last_ipv4(std::string_view text, std::uint16_t* two) {
  for (int i = 0; i < 4; ++i) {
    if (i > 0) {
      if (!text.starts_with('.')) return false;
      text.remove_prefix(1);
    }
    unsigned value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc() || value > 255 || (text[0] == '0' && digits > 1)) return false;
    two[i / 2] = static_cast<std::uint16_t>(two[i / 2] * 256 + value);
    text.remove_prefix(digits);
  }
  return text.empty();
}

/// The IPv6 parser, without the brackets.
std::optional<ipv6_pieces> read_ipv6(std::string_view text) {
  ipv6_pieces pieces{};
  std::size_t count = 0;
  std::optional<std::size_t> compressed;  // the pieces up to "::", which is one itself
  if (text.starts_with(':')) {
    if (!text.starts_with("::")) return std::nullopt;
    text.remove_prefix(2);
    compressed = ++count;
  }
  while (!text.empty()) {
    if (count == pieces.size()) return std::nullopt;
    if (text[0] == ':') {
      if (compressed) return std::nullopt;
      text.remove_prefix(1);
      compressed = ++count;
      continue;
    }
    std::size_t digits = 0;
    unsigned value = 0;
    while (digits < 4 && digits < text.size() && ascii::hex_digit(text[digits]) >= 0)
      value = value * 16 + static_cast<unsigned>(ascii::hex_digit(text[digits++]));
    if (digits < text.size() && text[digits] == '.') {
      if (count > 6 || !read_last_ipv4(text, &pieces[count])) return std::nullopt;
      count += 2;
      break;
    }
    if (digits == 0) return std::nullopt;
    pieces[count++] = static_cast<std::uint16_t>(value);
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text[0] != ':' || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
  }
  if (!compressed) return count == pieces.size() ? std::optional(pieces) : std::nullopt;
  auto begin = pieces.begin() + static_cast<std::ptrdiff_t>(*compressed);
  std::move_backward(begin, pieces.begin() + static_cast<std::ptrdiff_t>(count), pieces.end());
  std::fill_n(begin, pieces.size() - count, std::uint16_t{0});
  return pieces;
}

/// The IPv6 serializer: the first of the longest runs of zeros, of two at least, is "::".
void write_ipv6(const ipv6_pieces& pieces, std::string& to) {
  std::size_t longest = 0, longest_size = 1;
  for (std::size_t i = 0; i < pieces.size();) {
    std::size_t end = i;
    while (end < pieces.size() && pieces[end] == 0) ++end;
    if (end - i > longest_size) {
      longest = i;
      longest_size = end - i;
    }
    i = end + 1;
  }
  to = "[";
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (longest_size > 1 && i == longest) {
      to += i == 0 ? "::" : ":";
      i += longest_size - 1;
      continue;
    }
    std::array<char, 4> digits;
    char* end = std::to_chars(digits.data(), digits.data() + digits.size(), pieces[i], 16).ptr;
    to.append(digits.data(), end);
    if (i + 1 < pieces.size()) to += ':';
  }
  to += ']';
}

}  // namespace

const char* read_host(std::string_view text, std::string& host) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return no_ipv6;
    std::optional<ipv6_pieces> pieces = read_ipv6(text.substr(1, text.size() - 2));
    if (!pieces) return no_ipv6;
    write_ipv6(*pieces, host);
    return nullptr;
  }
  if (text.find('%') != text.npos) {
    host = percent_decoded(text);
  } else {
    host = text;
  }
  // Before, as it goes on as a C string; after, as some characters of other scripts are read
  // as these.
  if (std::any_of(host.begin(), host.end(), is_forbidden)) return forbidden_character;
  if (const char* wrong = to_ascii(host)) return wrong;
  if (std::any_of(host.begin(), host.end(), is_forbidden)) return forbidden_character;
  if (host.empty()) return "no host";
  return ends_in_number(host) ? read_ipv4(host) : nullptr;
}

}}}  // namespace rondo::v0::http::detail
