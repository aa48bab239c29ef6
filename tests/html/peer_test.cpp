// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Against BeautifulSoup and soupsieve.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include <rondo/html.hpp>

#include "support/peer.hpp"

namespace {

namespace html = rondo::html;
using nlohmann::json;

/// A random document, and selectors: no empty ^= $= *=, which soupsieve lets match
/// against Selectors 4, 6.2, and no an+b, at which soupsieve 2.3 loses the last
/// elements (selector_test.cpp has them all).
/// All parsers read the document the same way.
class writer {
 public:
  explicit writer(unsigned seed) : random_(seed) {}
  std::string page() {
    std::string body;
    for (int i = 0; i < 4; ++i) body += element(5);
    return "<!DOCTYPE html><html><head><title>T &amp; t</title></head><body>" + body +
           "</body></html>";
  }
  std::string selector() {
    std::string all = chain();
    while (pick(4) == 0) all += ", " + chain();
    return all;
  }

 private:
  unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::string one_of(std::initializer_list<const char*> words) {
    return words.begin()[pick(static_cast<unsigned>(words.size()))];
  }

  std::string element(int depth) {
    std::string name = one_of({"div", "span", "section", "em", "b2"});
    std::string text = "<" + name;
    if (pick(3) == 0) text += " id=\"" + one_of({"i1", "i2", "i3"}) + "\"";
    if (pick(2) == 0) text += " class=\"" + one_of({"x", "y", "x y", " y  z ", "X", ""}) + "\"";
    if (pick(3) == 0)
      text += " data-v=\"" + one_of({"abc", "abc def", "en-GB", "en", "", "ABC"}) + "\"";
    if (pick(6) == 0) text += " type=\"" + one_of({"Text", "text", "b"}) + "\"";
    text += ">";
    unsigned children = depth > 0 ? pick(4) : 0;
    if (pick(2) == 0) text += one_of({" ", "text", "two words", "&lt;&eacute;", "\n"});
    for (unsigned i = 0; i < children; ++i) {
      text += element(depth - 1);
      if (pick(3) == 0) text += one_of({" ", "after", "<!-- comment -->"});
    }
    return text + "</" + name + ">";
  }

  std::string compound(int depth) {
    std::string text = one_of({"", "", "*", "div", "span", "section", "em", "b2", "DIV"});
    do {
      switch (pick(text.empty() ? 6 : 8)) {
        case 0:
          text += "." + one_of({"x", "y", "z", "X"});
          break;
        case 1:
          text += "#" + one_of({"i1", "i2", "i3"});
          break;
        case 2:
          text += "[data-v" + one_of({"=", "~=", "|=", "^=", "$=", "*="}) + "\"" +
                  one_of({"abc", "en", "ABC", "c", "def"}) + "\"" + one_of({"", "", " i", " s"}) +
                  "]";
          break;
        case 3:
          text += one_of({"[data-v]", "[type=text]", "[class]", "[type='TEXT' s]"});
          break;
        case 4:
          text += ":" + one_of({"first-child", "last-child", "only-child", "first-of-type",
                                "last-of-type", "only-of-type", "empty", "root"});
          break;
        case 5:
          if (pick(3) == 0 && depth > 0 && !in_has_) {
            in_has_ = true;  // within another it is none
            text += ":has(" + one_of({"", "", "> ", "+ ", "~ "}) + chain(depth - 1) + ")";
            in_has_ = false;
          } else if (pick(2) == 0 && depth > 0) {
            text += ":" + one_of({"not", "is", "where"}) + "(" + chain(depth - 1) + ")";
          } else {
            text += ":nth-" + one_of({"child", "last-child", "of-type", "last-of-type"}) + "(" +
                    one_of({"1", "2", "3", "n"}) + ")";
          }
          break;
        default:
          break;
      }
    } while (text.empty() || pick(4) == 0);
    return text;
  }

  std::string chain(int depth = 2) {
    std::string text = compound(depth);
    while (pick(2) == 0) text += one_of({" ", " > ", " + ", " ~ ", ">", "+"}) + compound(depth);
    return text;
  }

  std::mt19937 random_;
  bool in_has_ = false;
};

TEST(html_peer, SoupsieveFindsTheSame) {
  json cases = json::array();
  for (unsigned seed = 1; seed <= 40; ++seed) {
    writer w(seed);
    json one = {{"html", w.page()}, {"selectors", json::array()}};
    for (int i = 0; i < 60; ++i) one["selectors"].push_back(w.selector());
    cases.push_back(std::move(one));
  }
  // The Python that has BeautifulSoup need not be the first.
  auto answers = test::ask_peer("python3 '" PEER "'", cases);
  if (!answers) answers = test::ask_peer("/usr/bin/python3 '" PEER "'", cases);
  if (!answers) GTEST_SKIP() << "no Python with BeautifulSoup: apt install python3-bs4";
  ASSERT_EQ(answers->size(), cases.size());
  std::size_t hits = 0;
  for (std::size_t c = 0; c < cases.size(); ++c) {
    std::string text = cases[c]["html"];
    const json& answer = (*answers)[c];
    html::document page(text);
    std::vector<html::element> all = page.root().select("*");
    ASSERT_EQ(all.size(), answer["elements"].get<std::size_t>()) << text;
    EXPECT_EQ(page.text(), answer["text"].get<std::string>()) << text;
    for (std::size_t s = 0; s < cases[c]["selectors"].size(); ++s) {
      std::string selector = cases[c]["selectors"][s];
      std::vector<std::size_t> numbers;
      for (html::element e : page.root().select(selector))
        numbers.push_back(
            static_cast<std::size_t>(std::find(all.begin(), all.end(), e) - all.begin()));
      hits += numbers.size();
      EXPECT_EQ(json(numbers), answer["found"][s]) << selector << "\nin " << text;
      if (::testing::Test::HasFailure()) return;  // one is enough to read
      for (std::size_t i = 0; i < all.size(); ++i)
        EXPECT_EQ(all[i].matches(selector),
                  std::find(numbers.begin(), numbers.end(), i) != numbers.end())
            << selector;
    }
  }
  EXPECT_GT(hits, 5000u);
}

}  // namespace
