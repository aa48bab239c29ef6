// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>

#include <rondo/html.hpp>

namespace {

namespace html = rondo::html;
using namespace std::chrono_literals;

/// The ids of what is found.
std::string ids(const std::vector<html::element>& found) {
  std::string all;
  for (html::element e : found) {
    if (!all.empty()) all += ' ';
    all += e.attribute("id", "?");
  }
  return all;
}

constexpr char page_text[] = R"(<html id=h><body id=b>
<div id=d1 class="x y" lang=en-GB title="one two">
 <p id=p1>a<p id=p2 class=x><a id=a1 href="http://h/x.pdf" TYPE=Text>l</a>
 <ul id=u><li id=l1>1<li id=l2 class=x>2<li id=l3>3<li id=l4>4<li id=l5>5</ul>
</div>
<div id=d2><p id=p3><span id=s1> </span><b id=b1>x</b><span id=s2><!-- c --></span></p></div>
</body></html>)";

TEST(selector, EachKind) {
  html::document page(page_text, "http://h/");
  const std::pair<const char*, const char*> all[] = {
      {"html", "h"},
      {"DIV", "d1 d2"},
      {"#p2", "p2"},
      {".x", "d1 p2 l2"},
      {".x.y", "d1"},
      {"p.x", "p2"},
      {"*.x", "d1 p2 l2"},
      {"div, li.x , #b1", "d1 l2 d2 b1"},
      {"[href]", "a1"},
      {"[HREF]", "a1"},
      {"[lang=en-GB]", "d1"},
      {"[lang='en-gb']", ""},
      {"[lang='en-gb' i]", "d1"},
      {"[lang|=en]", "d1"},
      {"[title~=two]", "d1"},
      {"[title~='one two']", ""},
      {"[title~='']", ""},
      {"[href^='http:']", "a1"},
      {"[href$=\".pdf\"]", "a1"},
      {"[href$='.PDF'i]", "a1"},
      {"[href*='//']", "a1"},
      {"[href*='']", ""},
      {"[href^='']", ""},
      {"[type=text]", "a1"},
      {"[type=text s]", ""},
      {"div p", "p1 p2 p3"},
      {"div > p", "p1 p2 p3"},
      {"body > p", ""},
      {"body p > a", "a1"},
      {"li + li", "l2 l3 l4 l5"},
      {"li.x + li", "l3"},
      {"li.x ~ li", "l3 l4 l5"},
      {"p ~ ul > li:last-child", "l5"},
      {"div>ul>li+li.x", "l2"},
      {"div :first-child", "p1 a1 l1 p3 s1"},
      {"li:last-child", "l5"},
      {"p:only-child", "p3"},
      {"span:first-of-type", "s1"},
      {"span:last-of-type", "s2"},
      {"b:only-of-type", "b1"},
      {"li:nth-child(3)", "l3"},
      {"li:nth-child(odd)", "l1 l3 l5"},
      {"li:nth-child(EVEN)", "l2 l4"},
      {"li:nth-child(2n+1)", "l1 l3 l5"},
      {"li:nth-child( -n + 2 )", "l1 l2"},
      {"li:nth-child(n+4)", "l4 l5"},
      {"li:nth-child(-2n+4)", "l2 l4"},
      {"li:nth-child(n)", "l1 l2 l3 l4 l5"},
      {"li:nth-child(0)", ""},
      {"li:nth-child(-3)", ""},
      {"li:nth-child(3n-1)", "l2 l5"},
      {"li:nth-last-child(2)", "l4"},
      {"span:nth-of-type(2)", "s2"},
      {"span:nth-last-of-type(2)", "s1"},
      {"span:empty", "s1 s2"},
      {"b:empty", ""},
      {":root", "h"},
      {":root > body", "b"},
      {"li:not(.x)", "l1 l3 l4 l5"},
      {"li:not(.x, :first-child)", "l3 l4 l5"},
      {"li:not(.x ~ li)", "l1 l2"},
      {"li:not(li:not(.x))", "l2"},
      {":is(div, p) > :is(a, b)", "a1 b1"},
      {":where(#d1) li:is(.x, :last-child)", "l2 l5"},
      {"p:is(div p):not(#d2 p)", "p1 p2"},
      {"/* c */ div /* c */ > /* c */ p /* c */ , li.x", "p1 p2 l2 p3"},
      {"#\\70 1", "p1"},
      {"#p\\31", "p1"},
      {"[href='http\\3a//h/x.pdf']", "a1"},
      {" \n div.x \t", "d1"},
  };
  for (auto [text, expected] : all) EXPECT_EQ(ids(page.select(text)), expected) << text;
  for (auto [text, expected] : all) {
    html::element first = page.select_one(text);
    std::string_view wanted(expected);
    EXPECT_EQ(first ? first.attribute("id", "?") : "", wanted.substr(0, wanted.find(' '))) << text;
  }
}

TEST(selector, EveryFormulaOfNth) {
  html::document page("<ul><a></a><b></b><b></b><a></a><i></i><b></b><a></a><b></b></ul>");
  std::vector<html::element> all = page.select_one("ul").children();
  for (int step = -3; step <= 3; ++step) {
    for (int offset = -4; offset <= 9; ++offset) {
      for (bool of_type : {false, true}) {
        for (bool last : {false, true}) {
          std::vector<html::element> expected;
          for (const html::element& e : all) {
            int position = 1;
            bool before = !last;
            for (const html::element& other : all) {
              if (other == e)
                before = !before;
              else if (before && (!of_type || other.name() == e.name()))
                ++position;
            }
            bool matches = false;
            for (int n = 0; n < 20; ++n) matches |= step * n + offset == position;
            if (matches) expected.push_back(e);
          }
          std::string text = std::string("ul > :nth-") + (last ? "last-" : "") +
                             (of_type ? "of-type(" : "child(") + std::to_string(step) + "n" +
                             (offset < 0 ? "" : "+") + std::to_string(offset) + ")";
          EXPECT_EQ(page.select(text), expected) << text;
        }
      }
    }
  }
}

TEST(selector, WithinAnElement) {
  html::document page(page_text);
  html::element list = page.select_one("ul");
  EXPECT_EQ(ids(list.select("li.x")), "l2");
  EXPECT_EQ(ids(list.select("div li.x")), "l2");  // what stands above counts
  EXPECT_EQ(ids(list.select("p + ul li:first-child")), "l1");
  EXPECT_EQ(ids(list.select("p ~ ul > li:first-child")), "l1");
  EXPECT_EQ(ids(list.select(":scope > li.x")), "l2");
  EXPECT_EQ(ids(list.select("ul, p")), "");
  EXPECT_EQ(ids(page.select_one("#d1").select(":scope > p")), "p1 p2");
  EXPECT_EQ(ids(page.select(":scope > body")), "b");
  EXPECT_TRUE(list.matches("div > p + ul:not(.x)"));
  EXPECT_TRUE(list.matches(":scope"));
  EXPECT_FALSE(list.matches("div + ul"));
  EXPECT_FALSE(list.select_one("a"));
}

TEST(selector, EachWithinTableRows) {
  std::string text = "<table>";
  for (int i = 0; i < 20'000; ++i) text += "<tr><td>a</td><td>" + std::to_string(i) + "</td></tr>";
  html::document page(text);
  html::selector second("td:nth-child(2)"), direct("tr > td + td");
  std::size_t found = 0;
  auto begin = std::chrono::steady_clock::now();
  for (html::element row : page.select("tr")) {
    found += row.select(second).size();
    found += row.select_one(direct) ? 1 : 0;
  }
  EXPECT_EQ(found, 40'000u);
  // Looking at all rows before, for each, would take minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST(selector, UnicodeAndOddNames) {
  html::document page("<p class='\xC3\xA9t\xC3\xA9 a:b 1st --x' id='a b'>");
  for (const char* text :
       {".\xC3\xA9t\xC3\xA9", ".a\\:b", ".\\31 st", ".--x", "#a\\ b", ".\\e9t\\0000e9"})
    EXPECT_EQ(page.select(text).size(), 1u) << text;
  EXPECT_EQ(page.select(".\\0, .\\110000, .\\d800").size(), 0u);
}

std::string why_refused(std::string_view text, std::size_t& position) {
  try {
    html::selector s(text);
  } catch (const html::selector_error& e) {
    position = e.position();
    return e.what();
  }
  return "accepted";
}

TEST(selector, ErrorsNameThePosition) {
  struct {
    std::string text;
    std::size_t position;
    const char* why;
  } all[] = {
      {"", 0, "unexpected end"},
      {"  ", 2, "unexpected end"},
      {"div >", 5, "unexpected end"},
      {"> div", 0, "unexpected '>'"},
      {"div,", 4, "unexpected end"},
      {"div,,p", 4, "unexpected ','"},
      {"div > > p", 6, "unexpected '>'"},
      {"div)", 3, "unexpected ')'"},
      {"#", 1, "expected an id before the end"},
      {"#1", 1, "expected an id"},
      {".", 1, "expected a class"},
      {".-1", 1, "expected a class"},
      {"[", 1, "expected an attribute"},
      {"[a=", 3, "expected a value"},
      {"[a=1]", 3, "expected a value, or one in quotes,"},
      {"[a!=b]", 2, "unexpected '!'"},
      {"[a=b x]", 5, "unexpected 'x'"},
      {"[a~b]", 3, "unexpected 'b'"},
      {"a::text", 1, "pseudo-elements are not supported"},
      {"a:hover", 1, "':hover' is not supported"},
      {"a:first", 1, "':first' is not supported"},
      {"a:only-child-of-type", 1, "is not supported"},
      {"a:has()", 6, "unexpected ')'"},
      {"a:has(b, )", 9, "unexpected ')'"},
      {"a:has(> )", 8, "unexpected ')'"},
      {"a:has(:is(b:has(c)), d:has(e))", 22, "':has()' within another"},
      {"a:", 2, "expected a pseudo-class"},
      {":nth-child()", 11, "expected odd, even or an+b"},
      {":nth-child(x)", 11, "expected odd, even or an+b"},
      {":nth-child(2n+)", 14, "unexpected ')'"},
      {":nth-child(2 n)", 13, "unexpected 'n'"},
      {":not()", 5, "unexpected ')'"},
      {":not(", 5, "unexpected end"},
      {":not(a,)", 7, "unexpected ')'"},
      {":not(:is(:not(),b),:x)", 19, "':x' is not supported"},
      {"svg|a", 0, "the namespace 'svg' is not declared"},
      {"[x|a]", 1, "the namespace 'x' is not declared"},
      {"*|", 2, "unexpected end"},
      {"*|.x", 2, "unexpected '.'"},
      {"[*|]", 3, "expected an attribute"},
      {"span/**/div", 8, "unexpected 'd'"},
      {"#/**/x", 1, "expected an id"},
      {":not/**/(a)", 0, "':not' is not supported"},
      {"[a='b\n']", 3, "a string without an end"},
      {"[a='b\r']", 3, "a string without an end"},
      {"a\\\n", 1, "unexpected '\\'"},
      {":nth-child(2n+", 14, "unexpected end"},
      {":nth-child(", 11, "expected odd, even or an+b"},
      {"/* only", 7, "unexpected end"},
      {"a$", 1, "unexpected '$'"},
  };
  for (const auto& [text, position, why] : all) {
    std::size_t at = 999;
    std::string said = why_refused(text, at);
    EXPECT_EQ(at, position) << text << ": " << said;
    EXPECT_TRUE(said.starts_with("selector '" + text + "': ")) << said;
    EXPECT_NE(said.find(why), std::string::npos) << said;
    EXPECT_TRUE(said.ends_with(" at position " + std::to_string(position))) << said;
  }
}

// CSS Syntax drops comments between tokens, and closes at the end what is open.
TEST(selector, CommentsAndEndsAsInCss) {
  html::document page(
      "<div id=d title='a)b'><span id=s class='c x' title=b>x</span><i id=i></i></div>");
  const std::pair<const char*, const char*> all[] = {
      {"span/* c */[id]", "s"},
      {"span/**/.c", "s"},
      {"span/**/:first-child", "s"},
      {"span/**//**/./**/c/* */.x/**/", "s"},
      {"span:/**/first-child", "s"},
      {"#d/* c */ span", "s"},
      {"#d /* c */span", "s"},
      {"#d/**/>/**/span", "s"},
      {"#d/**/span", "refused"},
      {"/**/ span /**/", "s"},
      {"[/**/title/**/=/**/b/**/]", "s"},
      {"[title/**/^/**/=/**/'b'/**/i/**/]", "s"},
      {":is(/**/span/**/,/**/i/**/)", "s i"},
      {"div > :nth-child(/**/2/**/)", "i"},
      {"div > :nth-child(2n/**/+/**/1)", "s"},
      {"span/* no end", "s"},
      {"span /*", "s"},
      {"[title=b", "s"},
      {"[title='b", "s"},
      {"[title=\"b\\", "s"},
      {"[class", "s"},
      {":is(span", "s"},
      {":is(span, [title='b", "s"},
      {":not(div, i):not(html, head, body", "s"},
      {"div > :nth-child(2", "i"},
      {"div > :nth-child(odd", "s"},
      {"[title='a\\\r\n)b']", "d"},
      {"[title='a\\29\r\nb']", "d"},
      {"[title='a)b']", "d"},
      {"span\\", ""},
  };
  for (auto [text, found] : all) {
    std::size_t at = 0;
    std::string said = why_refused(text, at);
    EXPECT_EQ(said == "accepted" ? ids(page.select(text)) : "refused", found)
        << text << ": " << said;
  }
}

TEST(selector, ForgivingListsAndNamespaces) {
  html::document page(
      "<div id=d><span id=s class=c>x</span><i id=i></i><svg id=v><a id=a xlink:href=x "
      "/></svg></div>");
  const std::pair<const char*, const char*> all[] = {
      {":is()", ""},
      {":where( /**/ )", ""},
      {":is(span, :is())", "s"},
      {":is(,span,,i,)", "s i"},
      {":is(:unknown, span, ::before, i:hover)", "s"},
      {":is(a[, span), i", ""},  // the bracket goes on to the end
      {":is(x(a, [)], ')'), span)", "s"},
      {":is(\"), '\", span, 1, > i, i >, #d)", "d s"},
      {":is(\\), span)", "s"},
      {":is(:not(), i)", "i"},
      {":is(div :nope, span) ~ :is(i, !)", "i"},
      {"div:not(:is())", "d"},
      {"*|span", "s"},
      {"#d > *|*:first-child", "s"},
      {"|span", ""},
      {"#d > |*", ""},
      {"[*|class=c]", "s"},
      {"[|class]", "s"},
      {"*|*|span", "refused"},
      {"#d > :nth-child(99999999999999999999)", ""},
      {"#d > :nth-child(n+99999999999999999999)", ""},
      {"#d > :nth-child(-n + 99999999999999999999)", "s i v"},
      {"#d > :nth-child(99999999999999999999n+2)", "i"},
      {"#d > :nth-child(-99999999999999999999n+2)", "i"},
  };
  for (auto [text, found] : all) {
    std::size_t at = 0;
    std::string said = why_refused(text, at);
    EXPECT_EQ(said == "accepted" ? ids(page.select(text)) : "refused", found)
        << text << ": " << said;
  }
  std::string nested = ":is(x, ";
  for (int i = 0; i < 40; ++i) nested += ":is(";
  std::size_t at = 0;
  EXPECT_NE(why_refused(nested, at).find("nested too deep"), std::string::npos);
}

TEST(selector, Has) {
  html::document page(
      "<div id=d1><p id=p1><b id=b1>x</b></p><p id=p2>y</p><ul id=u><li id=l1><a id=a1><i "
      "id=i1></i></a></li>"
      "<li id=l2 class=c></li><li id=l3><i id=i3></i></li></ul></div><div id=d2><p "
      "id=p3></p></div>");
  const std::pair<const char*, const char*> all[] = {
      {"div:has(b)", "d1"},
      {"div:has(> p)", "d1 d2"},
      {"div:has(> b)", ""},
      {"div:has(> p > b)", "d1"},
      {"div:has(p + ul li i)", "d1"},
      {"div:has(b i)", ""},
      {"p:has(+ p)", "p1"},
      {"p:has(~ ul)", "p1 p2"},
      {"p:has(+ ul i)", "p2"},
      {"p:has(~ ul > .c)", "p1 p2"},
      {"div:has(+ div)", "d1"},
      {"div:has(~ div p)", "d1"},
      {"p:not(:has(*))", "p2 p3"},
      {"li:has(i):has(a)", "l1"},
      {"li:has(a, .x)", "l1"},
      {"li:has(.x, > i)", "l3"},
      {"li:has(> a > i, + .c)", "l1"},
      {"li:has(i) + li", "l2"},
      {"li:has(+ li + li)", "l1"},
      {"div:has(b) li:has(i)", "l1 l3"},
      {"div:has(p:nth-child(2)) > p", "p1 p2"},
      {"div:has(:is(ul > .c))", "d1"},
      {"li:has(:is(div i))", "l1 l3"},
      {":is(li:has(a), p:has(b))", "p1 l1"},
      {":is(p:has(b), p2) + p", "p2"},
      {"#u:has(:not(li))", "u"},
      {"html:has(#i3) #p3", "p3"},
      {":is(p:has(b:has(*)), i)", "i1 i3"},  // one within another is none
      {"p:has(b", "p1"},
      {"p:has(/**/>/**/b/**/)", "p1"},
  };
  for (auto [text, found] : all) EXPECT_EQ(ids(page.select(text)), found) << text;
  html::element list = page.select_one("#u");
  EXPECT_EQ(ids(list.select("li:has(i)")), "l1 l3");
  EXPECT_EQ(ids(list.select("div:has(b) li:has(i)")), "l1 l3");
  EXPECT_EQ(ids(list.select("p:has(b) ~ ul > li:has(+ li)")), "l1 l2");
  EXPECT_EQ(ids(list.select(":scope:has(a) > li")), "l1 l2 l3");
  EXPECT_TRUE(list.matches(":has(> li > i)"));
  EXPECT_FALSE(list.matches(":has(b)"));
  EXPECT_TRUE(page.select_one("#p1").matches("p:has(~ ul a)"));
  EXPECT_FALSE(page.select_one("#p2").matches("p:has(+ p)"));
  EXPECT_TRUE(page.root().matches(":has(b)"));
}

TEST(selector, HasTakesNoLongerThanTheRest) {
  std::string text = "<table>";
  for (int i = 0; i < 20'000; ++i)
    text += "<tr><td>a</td><td><a>" + std::to_string(i) + "</a></td></tr>";
  html::document page(text);
  html::selector cell("td:has(a)"), direct("tr > td:has(> a)");
  std::size_t found = 0;
  auto begin = std::chrono::steady_clock::now();
  for (html::element row : page.select("tr:has(td + td > a)")) {
    found += row.select(cell).size();
    found += row.select_one(direct) ? 1 : 0;
  }
  EXPECT_EQ(found, 40'000u);
  EXPECT_EQ(page.select("tr:has(~ tr a)").size(), 19'999u);
  std::string deep;
  for (int i = 0; i < 20'000; ++i) deep += "<i>";
  html::document nested(deep + "<b>");
  EXPECT_EQ(nested.select("i:has(b)").size(), 20'000u);
  EXPECT_EQ(nested.select("i:has(i i i i b)").size(), 19'996u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  std::string many = "a:has(b";
  for (int i = 0; i < 64; ++i) many += ", b";
  std::size_t at = 0;
  EXPECT_NE(why_refused(many, at).find("more than 64 parts in :has()"), std::string::npos);
}

TEST(selector, HostileOnesEnd) {
  std::string nested, list, descendants;
  for (int i = 0; i < 10'000; ++i) nested += ":not(";
  std::size_t at = 0;
  EXPECT_NE(why_refused(nested, at).find("nested too deep"), std::string::npos);
  EXPECT_NE(
      why_refused(std::string(html::selector::max_length + 1, 'a'), at).find("longer than 65536"),
      std::string::npos);
  // What a matcher that goes back and tries again needs for ever for.
  std::string text;
  for (int i = 0; i < 300; ++i) text += "<i><b>x</b><b>y</b>";
  html::document page(text);
  for (int i = 0; i < 60; ++i) descendants += "i b ~ i ";
  auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(page.select(descendants + "u").size(), 0u);
  EXPECT_EQ(page.select(descendants + "b").size(), 2u * (300 - 2 * 60 + 1));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST(selector, IsACheapHandle) {
  html::selector links("a[href]");
  html::selector copy = links;
  EXPECT_EQ(html::document("<a href=x>").select(copy).size(), 1u);
  EXPECT_EQ(html::document("<a>").select(links).size(), 0u);
}

}  // namespace
