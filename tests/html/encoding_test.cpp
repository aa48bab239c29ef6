// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <set>
#include <sstream>
#include <string>

#include <rondo/html.hpp>

namespace {

namespace html = rondo::html;

const char all_labels[] =
    "866 ansi_x3.4-1968 arabic ascii asmo-708 big5 big5-hkscs chinese cn-big5 cp1250 "
    "cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp819 cp866 csbig5 cseuckr "
    "cseucpkdfmtjapanese csgb2312 csibm866 csiso2022jp csiso2022kr csiso58gb231280 "
    "csiso88596e csiso88596i csiso88598e csiso88598i csisolatin1 csisolatin2 csisolatin3 "
    "csisolatin4 csisolatin5 csisolatin6 csisolatin9 csisolatinarabic csisolatincyrillic "
    "csisolatingreek csisolatinhebrew cskoi8r csksc56011987 csmacintosh csshiftjis "
    "csunicode cyrillic dos-874 ecma-114 ecma-118 elot_928 euc-jp euc-kr gb18030 gb2312 "
    "gb_2312 gb_2312-80 gbk greek greek8 hebrew hz-gb-2312 ibm819 ibm866 iso-10646-ucs-2 "
    "iso-2022-cn iso-2022-cn-ext iso-2022-jp iso-2022-kr iso-8859-1 iso-8859-10 "
    "iso-8859-11 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 iso-8859-2 iso-8859-3 "
    "iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-8859-7 iso-8859-8 "
    "iso-8859-8-e iso-8859-8-i iso-8859-9 iso-ir-100 iso-ir-101 iso-ir-109 iso-ir-110 "
    "iso-ir-126 iso-ir-127 iso-ir-138 iso-ir-144 iso-ir-148 iso-ir-149 iso-ir-157 "
    "iso-ir-58 iso8859-1 iso8859-10 iso8859-11 iso8859-13 iso8859-14 iso8859-15 "
    "iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 "
    "iso88591 iso885910 iso885911 iso885913 iso885914 iso885915 iso88592 iso88593 "
    "iso88594 iso88595 iso88596 iso88597 iso88598 iso88599 iso_8859-1 iso_8859-15 "
    "iso_8859-1:1987 iso_8859-2 iso_8859-2:1987 iso_8859-3 iso_8859-3:1988 iso_8859-4 "
    "iso_8859-4:1988 iso_8859-5 iso_8859-5:1988 iso_8859-6 iso_8859-6:1987 iso_8859-7 "
    "iso_8859-7:1987 iso_8859-8 iso_8859-8:1988 iso_8859-9 iso_8859-9:1989 koi koi8 "
    "koi8-r koi8-ru koi8-u koi8_r korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 "
    "l1 l2 l3 l4 l5 l6 l9 latin1 latin2 latin3 latin4 latin5 latin6 logical mac "
    "macintosh ms932 ms_kanji replacement shift-jis shift_jis sjis sun_eu_greek tis-620 "
    "ucs-2 unicode unicode-1-1-utf-8 unicode11utf8 unicode20utf8 unicodefeff unicodefffe "
    "us-ascii utf-16 utf-16be utf-16le utf-8 utf8 visual windows-1250 windows-1251 "
    "windows-1252 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 "
    "windows-1258 windows-31j windows-874 windows-949 x-cp1250 x-cp1251 x-cp1252 "
    "x-cp1253 x-cp1254 x-cp1255 x-cp1256 x-cp1257 x-cp1258 x-euc-jp x-gbk x-mac-cyrillic "
    "x-mac-roman x-mac-ukrainian x-sjis x-unicode20utf8 x-user-defined x-x-big5";

std::vector<std::string> words_of(const char* text) {
  std::istringstream from(text);
  return {std::istream_iterator<std::string>(from), {}};
}

std::string name_of(const std::string& label) {
  return html::detect_encoding("", "text/html; charset=" + label);
}

TEST(encoding, All228LabelsAreKnown) {
  std::vector<std::string> labels = words_of(all_labels);
  ASSERT_EQ(labels.size(), 228u);
  std::set<std::string> names;
  for (const std::string& label : labels) {
    EXPECT_NO_THROW(html::to_utf8("x", label)) << label;
    html::parse_options options;
    options.encoding = label;
    std::string name = html::document("x", {}, options).encoding();
    names.insert(name);
    EXPECT_EQ(name_of(label), name) << label;
    std::string upper = "\t " + label + " \f";
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    EXPECT_NO_THROW(html::to_utf8("x", upper)) << upper;
    EXPECT_THROW(html::to_utf8("x", label + "x"), rondo::error) << label;
    EXPECT_THROW(html::to_utf8("x", "x " + label), rondo::error) << label;
  }
  EXPECT_EQ(names.size(), 40u);
  EXPECT_EQ(name_of("latin1"), "windows-1252");
  EXPECT_EQ(name_of("iso-8859-9"), "windows-1254");
  EXPECT_EQ(name_of("iso-8859-11"), "windows-874");
  EXPECT_EQ(name_of("gb2312"), "GBK");
  EXPECT_EQ(name_of("ks_c_5601-1989"), "EUC-KR");
  EXPECT_EQ(name_of("windows-31j"), "Shift_JIS");
  EXPECT_EQ(name_of("logical"), "ISO-8859-8-I");
  EXPECT_EQ(name_of("unicode"), "UTF-16LE");
  for (const char* none :
       {"", " ", "utf", "utf-7", "utf-32", "latin-1", "cp437", "866 cp866", "//translit"})
    EXPECT_THROW(html::to_utf8("x", none), rondo::error) << none;
}

/// What Node.js calls the encodings, for the labels that it has.
TEST(encoding_peer, ABrowserNamesThemTheSame) {
  std::string script =
      "for (const l of \"" + std::string(all_labels) +
      "\".split(\" \")) { try { console.log(l, new TextDecoder(l).encoding) } catch (e) {} }";
  FILE* output = ::popen(("node -e '" + script + "' 2>/dev/null").c_str(), "r");
  ASSERT_TRUE(output);
  std::string text;
  for (int c; (c = std::fgetc(output)) != EOF;) text += static_cast<char>(c);
  if (::pclose(output) != 0 || text.empty()) GTEST_SKIP() << "no Node.js: apt install nodejs";
  std::vector<std::string> words = words_of(text.c_str());
  ASSERT_GT(words.size(), 400u);
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    std::string name = name_of(words[i]);
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    EXPECT_EQ(name, words[i + 1]) << words[i];
  }
}

// --- all characters ---

/// FNV-1a.
std::uint64_t sum_of(std::string_view text) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (unsigned char c : text) sum = (sum ^ c) * 0x100000001b3;
  return sum;
}

std::string bytes(std::initializer_list<unsigned> all) {
  std::string result;
  for (unsigned byte : all) result += static_cast<char>(byte);
  return result;
}

// The sums are those of what Chromium 156 makes of the same bytes, except for two mistakes of it
// (0xA1A1 in EUC-JP, the accented letters at 0x8862 and three others in Big5).
TEST(encoding, EverySingleByteIsTheCharacterOfTheStandard) {
  const std::pair<const char*, std::uint64_t> sums[] = {
      {"ibm866", 0x1fc2571f04806dca},         {"iso-8859-2", 0x588024dc95e3e2b6},
      {"iso-8859-3", 0x135e61974ca24517},     {"iso-8859-4", 0x91e374cb717c9e0f},
      {"iso-8859-5", 0xb83ada894cdb942f},     {"iso-8859-6", 0x54794f86b052c862},
      {"iso-8859-7", 0x8a37fb522272b5e9},     {"iso-8859-8", 0xda8ab993f35595dd},
      {"iso-8859-8-i", 0xda8ab993f35595dd},   {"iso-8859-10", 0xf6255d1c555ea19b},
      {"iso-8859-13", 0xc6295f216259d2e1},    {"iso-8859-14", 0xdc6e3a7b6097d8b5},
      {"iso-8859-15", 0x5df0b681d68eed40},    {"iso-8859-16", 0x67e71470c2c3c702},
      {"koi8-r", 0x0525656e2fbd23bd},         {"koi8-u", 0x042b0acd8c134fc1},
      {"macintosh", 0xf8632623ab537bb5},      {"windows-874", 0x54fe9749b6d19313},
      {"windows-1250", 0x6ccef6573d6d9235},   {"windows-1251", 0x9448b7d066a753a5},
      {"windows-1252", 0x29ccfe220dc0c01a},   {"windows-1253", 0xded5f7d24e4dc710},
      {"windows-1254", 0x29e5a164d75b4794},   {"windows-1255", 0xbaa31a84bee9449f},
      {"windows-1256", 0xe1f9d9190525e0cb},   {"windows-1257", 0x879c25a3ba7f16ce},
      {"windows-1258", 0xffed1fce560d4f03},   {"x-mac-cyrillic", 0x18e067f8c866b605},
      {"x-user-defined", 0x7df16b5472c798a5},
  };
  std::string upper_half;
  for (unsigned byte = 0x80; byte < 0x100; ++byte) upper_half += static_cast<char>(byte);
  for (auto [label, sum] : sums)
    EXPECT_EQ(sum_of(html::to_utf8(upper_half, label)), sum)
        << label << ": " << html::to_utf8(upper_half, label);
}

TEST(encoding, EveryTwoBytesAreTheCharactersOfTheStandard) {
  const std::pair<const char*, std::uint64_t> sums[] = {
      {"gbk", 0xf8fc268c64b1de60},       {"gb18030", 0xf8fc268c64b1de60},
      {"big5", 0x2d416ad49ae2d48c},      {"euc-jp", 0x2fe313d4ae386955},
      {"shift_jis", 0xe6ff29bdbc847fe1}, {"euc-kr", 0x8ecb9143a2ffdc98},
  };
  for (auto [label, sum] : sums) {
    std::string all;
    for (unsigned first = 0x80; first < 0x100; ++first)
      for (unsigned second = 0; second < 0x100; ++second)
        all += html::to_utf8(bytes({first, second}), label) + "\n";
    EXPECT_EQ(sum_of(all), sum) << label;
  }
  std::string jis0212;
  for (unsigned first = 0x80; first < 0x100; ++first)
    for (unsigned second = 0x80; second < 0x100; ++second)
      jis0212 += html::to_utf8(bytes({0x8F, first, second}), "euc-jp") + "\n";
  EXPECT_EQ(sum_of(jis0212), 0x0a35a985d55f5a3du);
  std::string four;
  for (unsigned p = 0; p < 39420; ++p)
    four += html::to_utf8(
        bytes({0x81 + p / 12600, 0x30 + p / 1260 % 10, 0x81 + p / 10 % 126, 0x30 + p % 10}),
        "gb18030");
  EXPECT_EQ(sum_of(four), 0xb1765545402a2682u);
}

TEST(encoding, BrokenBytes) {
  const std::tuple<const char*, std::string, std::string> all[] = {
      // One U+FFFD for each maximal subpart (Unicode, 3.9).
      {"utf-8",
       "a\xF0\x9F\x98"
       "b",
       "a\uFFFD"
       "b"},
      {"utf-8", "\xE2\x82", "\uFFFD"},
      {"utf-8", "\xE2\x82\xE2\x82\xAC", "\uFFFD\u20AC"},
      {"utf-8", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},  // a surrogate
      {"utf-8", "\xC0\xAF\xE0\x80\xAF", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"utf-8", "\xF4\x90\x80\x80\xF5", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"utf-8", "\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF", "\U0001F600\U0010FFFF"},
      {"utf-8", "\x80\xBF", "\uFFFD\uFFFD"},
      // Markup is not swallowed.
      {"shift_jis", "\x82<p>", "\uFFFD<p>"},
      {"euc-jp", "\xA4<p>\x8F\xA4<p>\x8E<", "\uFFFD<p>\uFFFD<p>\uFFFD<"},
      {"euc-kr", "\xB0<p>", "\uFFFD<p>"},
      {"big5", "\xA4<p>", "\uFFFD<p>"},
      {"gbk", "\xD6<p>", "\uFFFD<p>"},
      {"gb18030", "\x81\x30\x81<p>\x81\x30<",
       "\uFFFD"
       "0\uFFFD<p>\uFFFD"
       "0<"},
      {"gb18030", "\x81\x30\x81", "\uFFFD"},
      {"gb18030", "\x94\x39\xDA\x33\x84\x31\xA4\x39\xE3\x32\x9A\x35\xE3\x32\x9A\x36",
       "\U0001F4A9\uFFFF\U0010FFFF\uFFFD"},
      {"utf-16le", std::string("\x3D\xD8\x00\xDE", 4), "\U0001F600"},
      {"utf-16be", std::string("\xD8\x3D\xDE\x00", 4), "\U0001F600"},
      {"utf-16le",
       std::string("\x3D\xD8"
                   "a\0\x00\xDE",
                   6),
       "\uFFFD"
       "a\uFFFD"},
      {"utf-16le", std::string("a\0\x3D\xD8", 4), "a\uFFFD"},
      {"utf-16le", std::string("a\0\x3D\xD8\0", 5), "a\uFFFD"},
      {"utf-16be", std::string("\0a\0", 3), "a\uFFFD"},
      {"iso-2022-jp", "a\x1B$B0l\x1B(J\\~\x1B(I1\x1B(Bz", "a\u4E00\u00A5\u203E\uFF71z"},
      {"iso-2022-jp", "\x1B$B0\x1B(Ba",
       "\uFFFD"
       "a"},
      {"iso-2022-jp", "\x1B$B\x1B(Ba",
       "\uFFFD"
       "a"},  // nothing between two escapes
      {"iso-2022-jp",
       "\x1B"
       "a\x0E\xFF",
       "\uFFFD"
       "a\uFFFD\uFFFD"},
      {"iso-2022-jp", "\x1B$B0\n0l\x1B", "\uFFFD\u4E00\uFFFD"},
      {"replacement", "<script>", "\uFFFD"},
      {"iso-2022-kr", "", ""},
      {"x-user-defined", "a\x80\xFF", "a\uF780\uF7FF"},
      {"latin1", "\x81\x80", "\u0081\u20AC"},
  };
  for (const auto& [label, from, to] : all) EXPECT_EQ(html::to_utf8(from, label), to) << label;
}

// --- which one a page is in ---

std::string encoding_of(std::string_view page, std::string_view content_type = {}) {
  html::parse_options options;
  options.content_type = content_type;
  return html::document(page, {}, options).encoding();
}

TEST(encoding, ContentTypes) {
  const std::pair<const char*, const char*> all[] = {
      {"text/html; charset=koi8-r", "KOI8-R"},
      {"text/html;CHARSET = \"koi8-r\" ; x", "KOI8-R"},
      {"text/html; charset=\"koi\\8-r\"", "KOI8-R"},
      {"text/html; charset='koi8-r'", "KOI8-R"},
      {"text/html; x-charset=koi8-r; charset=big5", "Big5"},
      {"text/html; x=\"; charset=koi8-r\"; charset=big5", "Big5"},
      {"text/html; charset=big5; charset=koi8-r", "Big5"},
      {"text/html; charset=no-such", "UTF-8"},
      {"text/html; charset", "UTF-8"},
      {"text/html; charset=", "UTF-8"},
      {"charset=koi8-r", "UTF-8"},
      {"text/html; charset=\"", "UTF-8"},
  };
  for (auto [content_type, name] : all)
    EXPECT_EQ(encoding_of("x", content_type), name) << content_type;
}

TEST(encoding, ThePrescanReadsTagsAsTheStandardDoes) {
  const std::pair<std::string, const char*> all[] = {
      {"<meta charset=koi8-r>", "KOI8-R"},
      {"<META\tCHARSET = ' KOI8-R '>", "KOI8-R"},
      {"<meta/charset=koi8-r>", "KOI8-R"},
      {"<metadata charset=koi8-r>", "UTF-8"},
      {"<meta name=x charset=\"koi8-r\" charset=big5>", "KOI8-R"},
      {"<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>", "KOI8-R"},
      {"<meta content='text/html; charset=koi8-r' http-equiv=\"content-TYPE\">", "KOI8-R"},
      {"<meta http-equiv=content-type content='charset=no-such; charset=koi8-r'>", "UTF-8"},
      {"<meta http-equiv=content-type content='xcharset charset = \"koi8-r\"'>", "KOI8-R"},
      {"<meta http-equiv=content-type content='charset=\"koi8-r'>", "UTF-8"},
      {"<meta http-equiv=content-type content='charset=koi8-r,x'>", "UTF-8"},
      {"<meta name=description content='charset=koi8-r'>", "UTF-8"},
      {"<meta content='charset=koi8-r'>", "UTF-8"},
      {"<meta http-equiv=Content-Style-Type content='text/css; charset=koi8-r'>", "UTF-8"},
      {"<meta http-equiv=refresh content='9;url=/?charset=koi8-r'>", "UTF-8"},
      {"<meta property=og:title content='charset=koi8-r'><meta charset=big5>", "Big5"},
      {"<meta data-charset=koi8-r>", "UTF-8"},
      {"<meta charset=no-such><meta charset=koi8-r>", "KOI8-R"},
      {"<meta charset=no-such http-equiv=content-type content='charset=koi8-r'>",
       "KOI8-R"},  // by the parser
      {"<meta charset=utf-16>", "UTF-8"},
      {"<meta charset=x-user-defined>", "windows-1252"},
      {"<meta charset=replacement>", "replacement"},
      {"<!-- <meta charset=koi8-r> --><meta charset=big5>", "Big5"},
      {"<!--><meta charset=koi8-r>-->", "KOI8-R"},
      {"<!---><meta charset=koi8-r>-->", "KOI8-R"},
      {"<!-- > <meta charset=koi8-r>", "UTF-8"},
      {"<a title=\"<meta charset=koi8-r>\"><meta charset=big5>", "Big5"},
      {"<a title='>' x=<meta charset=koi8-r>>", "UTF-8"},
      {"</a title='<meta charset=koi8-r>'><meta charset=big5>", "Big5"},
      {"<!DOCTYPE html><?x <meta charset=big5>", "UTF-8"},
      {"<? > <meta charset=koi8-r>", "KOI8-R"},
      {"<?xml version='1.0' encoding='koi8-r'?><p>", "KOI8-R"},
      {"<?xml version='1.0' encoding = \"utf-16\" ?><p>", "UTF-8"},
      {"<?xml version='1.0' encoding='koi8-r'?><meta charset=big5>", "Big5"},
      {std::string("<\0?\0x\0m\0l\0 \0?\0>\0x\0", 18), "UTF-16LE"},
      {std::string("\0<\0?\0x\0m\0l\0 \0?\0>\0x", 18), "UTF-16BE"},
      {"<meta charset=koi8-r", "UTF-8"},
      {"<meta charset", "UTF-8"},
      {"<meta charset='koi8-r", "UTF-8"},
      {"<", "UTF-8"},
      {"<!", "UTF-8"},
      {"<meta ", "UTF-8"},
      {"\xEF\xBB\xBF<meta charset=koi8-r>", "UTF-8"},
  };
  for (const auto& [page, name] : all) EXPECT_EQ(encoding_of(page), name) << page;
}

TEST(encoding, AMetaThatComesLateCorrectsTheGuess) {
  std::string padding(1100, ' ');
  std::string text = "<p>\xD0\xD2\xC9\xD7\xC5\xD4";
  html::document page("<!doctype html><script>" + padding + "</script><meta charset=koi8-r>" +
                      text);
  EXPECT_EQ(page.encoding(), "KOI8-R");
  EXPECT_EQ(page.select_one("p").text(), "\u043F\u0440\u0438\u0432\u0435\u0442");
  const std::pair<std::string, const char*> all[] = {
      {padding + "<meta http-equiv=content-type content='text/html; charset=koi8-r'>" + text,
       "KOI8-R"},
      {padding + "<body><div><meta charset=koi8-r>" + text, "KOI8-R"},
      {padding + "<meta charset=no-such><meta name=d content='charset=big5'><meta charset=koi8-r>" +
           text,
       "KOI8-R"},
      {padding + "<!-- <meta charset=koi8-r> -->" + text, "windows-1252"},
      {padding + "<script>'<meta charset=koi8-r>'</script>" + text, "windows-1252"},
      {padding + "<title><meta charset=koi8-r></title>" + text, "windows-1252"},
      {padding + "<meta charset=utf-16le>" + text, "UTF-8"},
      {padding + "<meta charset=utf-8>" + text, "UTF-8"},
      {padding + "<meta charset=koi8-r><meta charset=big5>" + text, "KOI8-R"},
      // What the prescan takes for a tag may be none.
      {"<script>'<meta charset=big5>'</script><meta charset=koi8-r>" + text, "KOI8-R"},
      {"<meta charset=big5>" + padding + "<meta charset=koi8-r>" + text, "Big5"},
  };
  for (const auto& [bytes, name] : all)
    EXPECT_EQ(encoding_of(bytes), name) << bytes.substr(bytes.find_first_not_of(' '), 60);
  EXPECT_EQ(encoding_of(padding + "<meta charset=koi8-r>", "text/html; charset=big5"), "Big5");
  EXPECT_EQ(encoding_of("\xEF\xBB\xBF" + padding + "<meta charset=koi8-r>"), "UTF-8");
}

// WHATWG URL, 1.3: percent-encode after encoding.
TEST(encoding, QueriesOfLinksAreInThePagesEncoding) {
  auto resolved = [](std::string_view encoding, std::string_view reference) {
    html::parse_options options;
    options.encoding = encoding;
    auto found = html::document("", "http://h/p", options).resolve(reference);
    return found ? found->str() : "nothing";
  };
  EXPECT_EQ(resolved("utf-8", "x?\u00E9#\u00E9"), "http://h/x?%C3%A9#%C3%A9");
  EXPECT_EQ(resolved("utf-16le", "?\u00E9"), "http://h/p?%C3%A9");
  EXPECT_EQ(resolved("latin1", "\u00E9?a=\u00E9&%C3 '\u00E9#\u00E9?\u00E9"),
            "http://h/%C3%A9?a=%E9&%C3%20%27%E9#%C3%A9?%C3%A9");
  EXPECT_EQ(resolved("latin1", "?\u4E2D\U0001F600"), "http://h/p?%26%2320013%3B%26%23128512%3B");
  EXPECT_EQ(resolved("windows-1251", "?q=\u043F\u0440"), "http://h/p?q=%EF%F0");
  EXPECT_EQ(resolved("shift_jis", "?\u3042\u8868"), "http://h/p?%82%A0%95\\");
  EXPECT_EQ(resolved("euc-kr", "?\uAC00"), "http://h/p?%B0%A1");
  EXPECT_EQ(resolved("gbk", "?\u4E2D"), "http://h/p?%D6%D0");
  EXPECT_EQ(resolved("big5", "?\u4E2D"), "http://h/p?%A4%A4");
  EXPECT_EQ(resolved("euc-jp", "?\u3042"), "http://h/p?%A4%A2");
  EXPECT_EQ(resolved("latin1", "ws://h/?\u00E9"), "ws://h/?%C3%A9");
  EXPECT_EQ(resolved("latin1", "#?\u00E9"), "http://h/p#?%C3%A9");
  EXPECT_EQ(resolved("latin1", "mailto:a?\u00E9"), "nothing");
  EXPECT_EQ(resolved("latin1", std::string_view("?\u00E9\0x", 5)), "http://h/p?%E9%00x");
  EXPECT_EQ(resolved("latin1", "?\xFF"), "http://h/p?%26%2365533%3B");
}

TEST(encoding, SurrogatesAreNoCharacters) {
  EXPECT_EQ(
      html::document("<p>&#xD83D;&#xDE00;&#x1F600;&#xD800;&#55357;&#x110000;&#0;&#x80;").text(),
      "\uFFFD\uFFFD\U0001F600\uFFFD\uFFFD\uFFFD\uFFFD\u20AC");
  EXPECT_EQ(
      html::document("<p title='&#xDC00;\xED\xA0\x80'>", {}, {.content_type = "x/y; charset=utf-8"})
          .select_one("p")
          .attribute("title", ""),
      "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(
      html::document(std::string_view("<\0p\0>\0\x3D\xD8x\0", 10), {}, {.encoding = "utf-16le"})
          .text(),
      "\uFFFDx");
}

}  // namespace
