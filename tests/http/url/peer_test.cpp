// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Against the parser of a browser: Node.js.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include <rondo/http/url/url.hpp>

#include "support/peer.hpp"

namespace {

using nlohmann::json;
using rondo::http::url;

/// Random URLs and references: mostly well formed, with all that makes parsers disagree.
class writer {
 public:
  explicit writer(unsigned seed) : random_(seed) {}

  std::string absolute() {
    return mangled(one_of({"http:", "https:", "ws:", "wss:", "HTTP:", "hTtPs:"}) + slashes() +
                   authority() + rest());
  }
  std::string reference() {
    switch (pick(6)) {
      case 0:
        return absolute();
      case 1:
        return mangled(one_of({"//", "\\\\", "/\\", "///", "\\/"}) + authority() + rest());
      case 2:
        return mangled(one_of({"http:", "https:", "mailto:", "x-y.z+1:", "1x:", ":"}) + rest());
      case 3:
        return mangled(one_of({"?", "#", "?#"}) + piece());
      default:
        return mangled(piece() + rest());
    }
  }

 private:
  unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::string one_of(std::initializer_list<const char*> words) {
    return words.begin()[pick(static_cast<unsigned>(words.size()))];
  }
  std::string several(unsigned most, std::string (writer::*part)()) {
    std::string text;
    for (unsigned n = pick(most + 1); n > 0; --n) text += (this->*part)();
    return text;
  }

  std::string slashes() {
    return pick(4) ? "//" : one_of({"", "/", "///", "\\\\", "/\\", "\\/\\"});
  }
  std::string character() {
    return one_of({"a",
                   "Z",
                   "0",
                   "9",
                   "-",
                   ".",
                   "_",
                   "~",
                   "!",
                   "$",
                   "&",
                   "'",
                   "(",
                   ")",
                   "*",
                   "+",
                   ",",
                   ";",
                   "=",
                   ":",
                   "@",
                   "/",
                   "?",
                   "#",
                   "[",
                   "]",
                   "\"",
                   "<",
                   ">",
                   "\\",
                   "^",
                   "`",
                   "{",
                   "|",
                   "}",
                   " ",
                   "%",
                   "%41",
                   "%2e",
                   "%2F",
                   "%zz",
                   "\t",
                   "\n",
                   "\r",
                   "\x01",
                   "\x1f",
                   "\x7f",
                   "..",
                   "\xC3\xA9",
                   "\xE2\x82\xAC",
                   "\xF0\x9F\x98\x80"});
  }
  std::string letter() { return one_of({"a", "B", "c", "x", "0", "1", "-", "_"}); }
  std::string piece() {
    return pick(2) ? several(4, &writer::letter) : several(3, &writer::character);
  }
  std::string number() {
    return one_of({"0", "1", "127", "255", "256", "0x7f", "0X1", "0x", "010", "08", "65535",
                   "16777216", "4294967295", "4294967296", "0x1g", "1e3", ""});
  }
  std::string hex_piece() {
    return one_of({"0", "1", "ff", "ABCD", "0000", "00001", "", "::", ":", "g", "1.2.3.4",
                   "255.255.255.255"});
  }
  std::string label() {
    return one_of({"example",
                   "EXAMPLE",
                   "a_b",
                   "localhost",
                   "xn--bcher-kva",
                   "XN--BCHER-KVA",
                   "xn--",
                   "b\xC3\xBC"
                   "cher",
                   "\xC3\x9C",
                   "stra\xC3\x9F"
                   "e",
                   "\xEF\xBC\x91",
                   "\xE3\x80\x82",
                   "\xEF\xBC\x85",
                   "\xC2\xAD",
                   "%61",
                   "%00",
                   "%C3%BC",
                   "-a",
                   "a-",
                   "a b",
                   "\xE6\x97\xA5\xE6\x9C\xAC"});
  }
  std::string host() {
    std::string text;
    switch (pick(4)) {
      case 0:
        for (unsigned n = 1 + pick(5); n > 0; --n)
          text += number() + (n > 1 || pick(5) == 0 ? "." : "");
        return text;
      case 1:
        for (unsigned n = pick(9); n > 0; --n) text += hex_piece() + (n > 1 && pick(8) ? ":" : "");
        return "[" + text + (pick(12) ? "]" : "");
      case 2:
        return label() + "." + label();
      default:
        return pick(3) ? one_of({"h", "example.com", "Example.COM.", "a..b"}) : piece();
    }
  }
  std::string authority() {
    std::string text;
    if (pick(4) == 0) text += piece() + (pick(2) ? ":" + piece() : "") + "@";
    text += host();
    if (pick(3) == 0)
      text += ":" + one_of({"", "80", "443", "0", "8080", "65535", "65536", "00080", "8a", "-1",
                            " 8", "0000000000000443"});
    return text;
  }
  std::string segment() {
    return "/" +
           (pick(3) ? piece() : one_of({".", "..", "%2e", "%2E.", ".%2e", "...", "%2e%2e%2e", ""}));
  }
  std::string rest() {
    std::string text = several(5, &writer::segment);
    if (pick(3) == 0) text += "?" + piece();
    if (pick(3) == 0) text += "#" + piece();
    return text;
  }
  /// Now and then with something where it does not belong.
  std::string mangled(std::string text) {
    if (pick(3)) return text;
    for (unsigned n = 1 + pick(2); n > 0; --n) {
      std::size_t at = pick(static_cast<unsigned>(text.size()) + 1);
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80)
        ++at;  // stays UTF-8
      text.insert(at, character());
    }
    return text;
  }

  std::mt19937 random_;
};

bool is_of_the_web(const json& answer) {
  if (answer.is_null()) return false;
  std::string scheme = answer["scheme"];
  return scheme == "http" || scheme == "https" || scheme == "ws" || scheme == "wss";
}

/// Of such hosts libidn2 refuses some that browsers take (labels of symbols, hyphens at the ends),
/// and http::url takes some "xn--…" that browsers refuse.
bool has_other_script(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\t'; });
  auto is_beyond_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  return std::any_of(text.begin(), text.end(), is_beyond_ascii) || text.find("%C3") != text.npos ||
         text.find("xn--") != text.npos || text.find("XN--") != text.npos;
}

/// What the standard has said since 2024, and not all versions of Node.js know.
std::string with_encoded_carets(const std::string& path) {
  std::string result;
  for (char c : path) result += c == '^' ? std::string("%5E") : std::string(1, c);
  return result;
}

TEST(url_peer, ABrowsersParserSaysTheSame) {
  const char* bases[] = {"http://u:p@h.example:81/dir/page?q#f", "https://[::1]/",
                         "ws://h/a//b/../", "http://h"};
  json cases = json::array();
  writer w(20260401);
  for (int i = 0; i < 8'000; ++i) cases.push_back({w.absolute(), nullptr});
  for (int i = 0; i < 8'000; ++i) cases.push_back({w.reference(), bases[i % 4]});
  auto answers = test::ask_peer("node '" PEER "'", cases);
  if (!answers) GTEST_SKIP() << "no Node.js: apt install nodejs";
  ASSERT_EQ(answers->size(), cases.size());
  std::size_t read = 0, refused = 0, stricter = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::string text = cases[i][0];
    const json& answer = (*answers)[i];
    std::optional<url> ours = cases[i][1].is_null()
                                  ? url::try_parse(text)
                                  : url(cases[i][1].get<std::string>()).try_resolve(text);
    std::string shown = "case " + cases[i].dump() + " is " + answer.dump() + " and here " +
                        (ours ? ours->str() : "refused");
    if (!is_of_the_web(answer)) {
      ASSERT_TRUE(!ours ||
                  (has_other_script(text) && ours->host().find("xn--") != std::string::npos))
          << shown;
      ++refused;
      continue;
    }
    if (!ours) {
      ASSERT_TRUE(has_other_script(text)) << shown;
      ++stricter;
      continue;
    }
    // ada 2.9, which Node.js 20 has, overlooks some of the dot segments.
    std::string path = answer["path"].get<std::string>() + '/';
    if (path.find("/../") != path.npos || path.find("/./") != path.npos) continue;
    ++read;
    auto part = [&](const char* name) { return answer[name].get<std::string>(); };
    ASSERT_EQ(ours->scheme(), part("scheme")) << shown;
    ASSERT_EQ(ours->user(), part("user")) << shown;
    ASSERT_EQ(ours->password(), part("password")) << shown;
    ASSERT_EQ(ours->host(), part("host")) << shown;
    ASSERT_EQ(ours->has_default_port() ? "" : std::to_string(ours->port()), part("port")) << shown;
    ASSERT_EQ(ours->path(), with_encoded_carets(part("path"))) << shown;
    ASSERT_EQ(ours->query(), part("query")) << shown;
    ASSERT_EQ(ours->fragment(), part("fragment")) << shown;
    ASSERT_EQ(ours->origin(), part("origin")) << shown;
    if (ours->path() == part("path")) {
      ASSERT_EQ(ours->str(), part("href")) << shown;
    }
    ASSERT_EQ(url(ours->str()), *ours) << shown;
  }
  EXPECT_GT(read, 5'000u);
  EXPECT_GT(refused, 1'500u);
  EXPECT_LT(stricter, read / 20);
}

}  // namespace
