// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "html/encoding_tables.hpp"

#include <iconv.h>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <span>
#include <string>

#include <rondo/coro/errors.hpp>
#include "coro/fork.hpp"

#include "html/utf8.hpp"

namespace rondo { inline namespace v0 { namespace html::detail {

namespace {

/// A character that iconv lacks, or has another one for.
struct other_character {
  std::uint16_t bytes;
  char16_t character;
};

// As of glibc 2.36; later ones may have some of them.
constexpr other_character gb18030_others[] = {
    {0xA3A0, 0x3000}, {0xA6D9, 0xFE10}, {0xA6DA, 0xFE12}, {0xA6DB, 0xFE11}, {0xA6DC, 0xFE13},
    {0xA6DD, 0xFE14}, {0xA6DE, 0xFE15}, {0xA6DF, 0xFE16}, {0xA6EC, 0xFE17}, {0xA6ED, 0xFE18},
    {0xA6F3, 0xFE19}, {0xFE51, 0xE816}, {0xFE52, 0xE817}, {0xFE53, 0xE818}, {0xFE59, 0x9FB4},
    {0xFE61, 0x9FB5}, {0xFE66, 0x9FB6}, {0xFE67, 0x9FB7}, {0xFE6C, 0xE831}, {0xFE6D, 0x9FB8},
    {0xFE76, 0xE83B}, {0xFE7E, 0x9FB9}, {0xFE90, 0x9FBA}, {0xFE91, 0xE855}, {0xFEA0, 0x9FBB},
};
constexpr other_character big5_others[] = {
    {0x8E69, 0x7BB8}, {0x8E6F, 0x7C06}, {0x8E7E, 0x7CCE}, {0x8EAB, 0x7DD2}, {0x8EB4, 0x7E1D},
    {0x8ECD, 0x8005}, {0x8ED0, 0x8028}, {0x8F57, 0x83C1}, {0x8F69, 0x84A8}, {0x8F6E, 0x840F},
    {0x8FCB, 0x89A6}, {0x8FCC, 0x89A9}, {0x8FFE, 0x8D77}, {0x906D, 0x90FD}, {0x907A, 0x92B9},
    {0x90DC, 0x975C}, {0x90F1, 0x97FF}, {0x91BF, 0x9F16}, {0x9244, 0x8503}, {0x92AF, 0x5159},
    {0x92B0, 0x515B}, {0x92B1, 0x515D}, {0x92B2, 0x515E}, {0x92C8, 0x936E}, {0x92D1, 0x7479},
    {0x9447, 0x6D67}, {0x94CA, 0x799B}, {0x95D9, 0x9097}, {0x9644, 0x975D}, {0x96ED, 0x701E},
    {0x96FC, 0x5B28}, {0x9B76, 0x7201}, {0x9B78, 0x77D7}, {0x9B7B, 0x7E87}, {0x9BC6, 0x99D6},
    {0x9BDE, 0x91D4}, {0x9BEC, 0x60DE}, {0x9BF6, 0x6FB6}, {0x9C42, 0x8F36}, {0x9C53, 0x4FBB},
    {0x9C62, 0x71DF}, {0x9C68, 0x9104}, {0x9C6B, 0x9DF0}, {0x9C77, 0x83CF}, {0x9CBC, 0x5C10},
    {0x9CBD, 0x79E3}, {0x9CD0, 0x5A67}, {0x9D57, 0x8F0B}, {0x9D5A, 0x7B51}, {0x9DC4, 0x62D0},
    {0x9EA9, 0x6062}, {0x9EEF, 0x75F9}, {0x9EFD, 0x6C4A}, {0x9F60, 0x9B2E}, {0x9F66, 0x9F17},
    {0x9FCB, 0x50ED}, {0x9FD8, 0x5F0C}, {0xA063, 0x880F}, {0xA077, 0x62CE}, {0xA0D5, 0x7468},
    {0xA0DF, 0x7162}, {0xA0E4, 0x7250}, {0xA145, 0x2027}, {0xA14E, 0xFE51}, {0xA15A, 0x2574},
    {0xA1C2, 0x00AF}, {0xA1C3, 0xFFE3}, {0xA1C5, 0x02CD}, {0xA1E3, 0xFF5E}, {0xA1F2, 0x2295},
    {0xA1F3, 0x2299}, {0xA1FE, 0xFF0F}, {0xA240, 0xFF3C}, {0xA241, 0x2215}, {0xA242, 0xFE68},
    {0xA244, 0xFFE5}, {0xA246, 0xFFE0}, {0xA247, 0xFFE1}, {0xA2CC, 0x5341}, {0xA2CE, 0x5345},
    {0xA3C0, 0x2400}, {0xA3C1, 0x2401}, {0xA3C2, 0x2402}, {0xA3C3, 0x2403}, {0xA3C4, 0x2404},
    {0xA3C5, 0x2405}, {0xA3C6, 0x2406}, {0xA3C7, 0x2407}, {0xA3C8, 0x2408}, {0xA3C9, 0x2409},
    {0xA3CA, 0x240A}, {0xA3CB, 0x240B}, {0xA3CC, 0x240C}, {0xA3CD, 0x240D}, {0xA3CE, 0x240E},
    {0xA3CF, 0x240F}, {0xA3D0, 0x2410}, {0xA3D1, 0x2411}, {0xA3D2, 0x2412}, {0xA3D3, 0x2413},
    {0xA3D4, 0x2414}, {0xA3D5, 0x2415}, {0xA3D6, 0x2416}, {0xA3D7, 0x2417}, {0xA3D8, 0x2418},
    {0xA3D9, 0x2419}, {0xA3DA, 0x241A}, {0xA3DB, 0x241B}, {0xA3DC, 0x241C}, {0xA3DD, 0x241D},
    {0xA3DE, 0x241E}, {0xA3DF, 0x241F}, {0xA3E0, 0x2421}, {0xA3E1, 0x20AC}, {0xC6CF, 0x5EF4},
    {0xC6D3, 0x65E0}, {0xC6D5, 0x7676}, {0xC6D7, 0x96B6}, {0xC6DE, 0x3003}, {0xC6DF, 0x4EDD},
    {0xFA5F, 0x5029}, {0xFA66, 0x507D}, {0xFABD, 0x5305}, {0xFAC5, 0x5344}, {0xFAD5, 0x537F},
    {0xFB48, 0x5605}, {0xFBB8, 0x5A77}, {0xFBF3, 0x5E75}, {0xFBF9, 0x5ED0}, {0xFC4F, 0x5F58},
    {0xFC6C, 0x60A4}, {0xFCB9, 0x6490}, {0xFCE2, 0x6674}, {0xFCF1, 0x675E}, {0xFDB7, 0x6C9C},
    {0xFDB8, 0x6E1D}, {0xFDBB, 0x6E2F}, {0xFDF1, 0x716E}, {0xFE52, 0x732A}, {0xFE6F, 0x745C},
    {0xFEAA, 0x74E9}, {0xFEDD, 0x7809},
};
constexpr other_character jis0212_others[] = {{0xA2C3, 0x00A6}};

/// Asks iconv for one character after the other.
class converter {
 public:
  explicit converter(const char* from) : handle_(::iconv_open("UTF-32LE", from)) {
    if (handle_ == reinterpret_cast<iconv_t>(-1))
      throw error(std::string("read ") + from + ": " +
                  (errno == EINVAL ? "iconv does not know this encoding" : std::strerror(errno)));
  }
  converter(const converter&) = delete;
  converter& operator=(const converter&) = delete;
  ~converter() { ::iconv_close(handle_); }

  /// Zero if the bytes are not one character.
  char32_t operator()(std::span<const unsigned char> bytes) {
    ::iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    auto* from =
        reinterpret_cast<char*>(const_cast<unsigned char*>(bytes.data()));  // it only reads there
    std::size_t left = bytes.size();
    std::array<char, 16> buffer;
    char* to = buffer.data();
    std::size_t room = buffer.size();
    if (::iconv(handle_, &from, &left, &to, &room) == static_cast<std::size_t>(-1) ||
        ::iconv(handle_, nullptr, nullptr, &to, &room) == static_cast<std::size_t>(-1) ||
        buffer.size() - room != 4)
      return 0;
    char32_t result = 0;
    for (int i = 3; i >= 0; --i)
      result = result << 8 | static_cast<unsigned char>(buffer[static_cast<std::size_t>(i)]);
    return result;
  }

 private:
  iconv_t handle_;
};

single_byte_table make_single_byte_table(const encoding& e) {
  converter convert(e.table);
  single_byte_table table;
  for (unsigned byte = 0x80; byte < 0x100; ++byte) {
    unsigned char one[] = {static_cast<unsigned char>(byte)};
    char32_t character = convert(one);
    // The standard fills the holes of Microsoft's code pages with control characters.
    if (character == 0) character = byte < 0xA0 ? byte : replacement_character;
    table[byte - 0x80] = static_cast<char16_t>(character);
  }
  auto set = [&](unsigned byte, char16_t character) { table[byte - 0x80] = character; };
  if (e.name == "KOI8-U") {
    set(0xAE, u'\u045E');
    set(0xBE, u'\u040E');
  } else if (e.name == "macintosh") {
    set(0xC6, u'\u2206');
    set(0xF0, u'\uF8FF');
  } else if (e.name == "windows-1255") {
    set(0xCA, u'\u05BA');
  } else if (e.name == "x-mac-cyrillic") {
    set(0xFF, u'\u20AC');
  }
  return table;
}

}  // namespace

class table_maker {
 public:
  /// prefix: a byte before the two, or zero.
  static two_byte_table make(const char* name, unsigned char prefix,
                             std::span<const other_character> others) {
    converter convert(name);
    two_byte_table table;
    table.characters_.resize((0xFF - 0x81) * 256);
    // No second byte is below 0x40, and those of 0x80 are no ASCII character after another.
    for (unsigned first = 0x81; first < 0xFF; ++first) {
      for (unsigned second = 0x40; second < 0xFF; ++second) {
        unsigned char bytes[] = {prefix, static_cast<unsigned char>(first),
                                 static_cast<unsigned char>(second)};
        table.characters_[(first - 0x81) * 256 + second] =
            convert(std::span(bytes).subspan(prefix ? 0 : 1));
      }
    }
    for (other_character o : others)
      table.characters_[(o.bytes / 256u - 0x81) * 256 + o.bytes % 256u] = o.character;
    return table;
  }
};

namespace {
std::mutex& tables_mutex() {
  static std::mutex mutex;
  return mutex;
}
}  // namespace

const single_byte_table& table_of(const encoding& e) {
  [[maybe_unused]] static const bool registered =
      (rondo::detail::free_in_children<tables_mutex>(), true);
  static std::map<const encoding*, single_byte_table> tables;  // whose elements stay where they are
  std::lock_guard lock(tables_mutex());
  auto found = tables.find(&e);
  if (found == tables.end()) found = tables.emplace(&e, make_single_byte_table(e)).first;
  return found->second;
}

const two_byte_table& gb18030_table() {
  static const two_byte_table table = table_maker::make("GB18030", 0, gb18030_others);
  return table;
}

const two_byte_table& big5_table() {
  static const two_byte_table table = table_maker::make("BIG5-HKSCS", 0, big5_others);
  return table;
}

const two_byte_table& shift_jis_table() {
  static const two_byte_table table = table_maker::make("CP932", 0, {});
  return table;
}

const two_byte_table& jis0212_table() {
  static const two_byte_table table = table_maker::make("EUC-JP", 0x8F, jis0212_others);
  return table;
}

const two_byte_table& euc_kr_table() {
  static const two_byte_table table = table_maker::make("UHC", 0, {});
  return table;
}

const std::vector<char16_t>& gb18030_four_byte_table() {
  static const std::vector<char16_t> table = [] {
    converter convert("GB18030");
    std::vector<char16_t> made(39420, replacement_character);
    for (unsigned p = 0; p < made.size(); ++p) {
      auto byte = [](unsigned value) { return static_cast<unsigned char>(value); };
      unsigned char bytes[] = {byte(0x81 + p / 12600), byte(0x30 + p / 1260 % 10),
                               byte(0x81 + p / 10 % 126), byte(0x30 + p % 10)};
      char32_t character = convert(bytes);
      if (character != 0 && character < 0x10000) made[p] = static_cast<char16_t>(character);
    }
    // What GB 18030 moved to two bytes can still be written with four.
    for (unsigned i = 0; i < 8; ++i) made[19057 + i] = static_cast<char16_t>(0x9FB4 + i);
    for (unsigned i = 0; i < 10; ++i) made[39076 + i] = static_cast<char16_t>(0xFE10 + i);
    return made;
  }();
  return table;
}

}}}  // namespace rondo::v0::html::detail
