// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>

#include <rondo/html.hpp>

namespace {

namespace html = rondo::html;
using namespace std::chrono_literals;

std::string repeated(std::string_view what, std::size_t times) {
  std::string all;
  all.reserve(what.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += what;
  return all;
}

std::vector<std::string> strings(const std::vector<rondo::http::url>& urls) {
  std::vector<std::string> all;
  for (const auto& u : urls) all.push_back(u.str());
  return all;
}

template <class Error, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST(document, AnyTextIsOne) {
  for (std::string_view text : {"", " ", "plain", "<", "<!--", "</p>", "<html", "<p/><p", "&amp",
                                "\xFF\xFE\xFD", "<a b=", "<![CDATA["}) {
    html::document page(text);
    EXPECT_EQ(page.root().name(), "html") << text;
    EXPECT_EQ(page.root().children().size(), 2u) << text;
    EXPECT_FALSE(page.root().parent()) << text;
  }
  std::string nul("a\0b", 3);
  EXPECT_NE(html::document(nul).text().find('b'), std::string::npos);
}

TEST(document, TextIsThatOfBeautifulSoup) {
  html::document page(
      "<title>T</title><p>one <b>two</b>\n three &lt;&eacute;&#x41;</p><!-- no "
      "--><script>no()</script>"
      "<style>no{}</style><template>no</template><pre> x\n y </pre>");
  EXPECT_EQ(page.text(),
            "Tone two\n three <\xC3\xA9"
            "A x\n y ");
  EXPECT_EQ(page.select_one("script").text(), "no()");
  EXPECT_EQ(page.select_one("template").text(), "no");
}

TEST(document, NormalizedTextIsAsPeopleReadIt) {
  html::document page(
      "<body> <h1> A\n title </h1><p>w<b>or</b>d</p><p>second<br>line</p><ul><li>a</li><li>b "
      "<i>c</i> </li></ul>"
      "<table><tr><td>1</td><td>2</td></tr></table>x<div></div>y<span></span>z<script>no</"
      "script>!</body>");
  EXPECT_EQ(page.normalized_text(), "A title word second line a b c 1 2 x yz!");
  EXPECT_EQ(page.select_one("p").normalized_text(), "word");
  EXPECT_EQ(page.select_one("div").normalized_text(), "");
  EXPECT_EQ(html::document("<p>a</p> b <b> c</b>").normalized_text(), "a b c");
}

TEST(document, Titles) {
  EXPECT_EQ(html::document("<title> One\n two </title><title>no</title>").title(), "One two");
  EXPECT_EQ(html::document("<p>none").title(), "");
  EXPECT_EQ(html::document("<title>a <b> &amp; c</title>").title(), "a <b> & c");
}

TEST(document, Elements) {
  html::document page("<ul id=l><li class='a  b' DATA-X=1>one<li hidden>two<li>three</ul>");
  html::element list = page.select_one("#l");
  ASSERT_TRUE(list);
  EXPECT_EQ(list.name(), "ul");
  ASSERT_EQ(list.children().size(), 3u);
  html::element first = list.first_child();
  EXPECT_EQ(first, list.children()[0]);
  EXPECT_EQ(first.attribute("class"), "a  b");
  EXPECT_EQ(first.attribute("data-x", ""), "1");
  EXPECT_EQ(first.attribute("hidden"), std::nullopt);
  EXPECT_EQ(first.attribute("hidden", "no"), "no");
  EXPECT_EQ(first.next_sibling().attribute("hidden"), "");
  EXPECT_TRUE(first.has_class("a"));
  EXPECT_TRUE(first.has_class("b"));
  EXPECT_FALSE(first.has_class("a  b"));
  EXPECT_FALSE(first.has_class(""));
  ASSERT_EQ(first.attributes().size(), 2u);
  EXPECT_EQ(first.attributes()[1], (std::pair<std::string_view, std::string_view>("data-x", "1")));
  EXPECT_FALSE(first.previous_sibling());
  EXPECT_EQ(first.next_sibling().previous_sibling(), first);
  EXPECT_EQ(first.parent(), list);
  EXPECT_FALSE(list.children()[2].next_sibling());
  EXPECT_FALSE(first.first_child());
  std::string all;
  for (html::element e : page.select("li")) all += e.text() + ",";
  EXPECT_EQ(all, "one,two,three,");
}

TEST(document, NamesOfAllKinds) {
  html::document page(
      "<My-Thing></My-Thing><svg><linearGradient/><a "
      "xlink:href=x>s</a></svg><math><mi>x</mi></math>");
  EXPECT_EQ(page.select_one("my-thing").name(), "my-thing");
  EXPECT_EQ(page.select_one("linearGradient").name(), "lineargradient");
  EXPECT_EQ(page.select_one("svg a").text(), "s");
  EXPECT_EQ(page.select_one("math > mi").text(), "x");
}

TEST(document, AnElementThatIsNotThere) {
  html::document page("<p>");
  html::element none = page.select_one("h1");
  EXPECT_FALSE(none);
  EXPECT_EQ(none, html::element());
  auto said = message_of<rondo::usage_error>([&] { none.text(); });
  EXPECT_EQ(said, "html::element::text: there is no such element");
  EXPECT_THROW(none.name(), rondo::usage_error);
  EXPECT_THROW(none.attribute("x"), rondo::usage_error);
  EXPECT_THROW(none.attribute("x", "y"), rondo::usage_error);
  EXPECT_THROW(none.attributes(), rondo::usage_error);
  EXPECT_THROW(none.has_class("x"), rondo::usage_error);
  EXPECT_THROW(none.normalized_text(), rondo::usage_error);
  EXPECT_THROW(none.parent(), rondo::usage_error);
  EXPECT_THROW(none.children(), rondo::usage_error);
  EXPECT_THROW(none.next_sibling(), rondo::usage_error);
  EXPECT_THROW(none.previous_sibling(), rondo::usage_error);
  EXPECT_THROW(none.select("x"), rondo::usage_error);
  EXPECT_THROW(none.select_one("x"), rondo::usage_error);
  EXPECT_THROW(none.matches("x"), rondo::usage_error);
}

TEST(document, MovedItKeepsItsElements) {
  html::document page("<p>text");
  html::element p = page.select_one("p");
  html::document other = std::move(page);
  EXPECT_EQ(p.text(), "text");
  EXPECT_EQ(other.select_one("p"), p);
  page = html::document("<p>new");
  EXPECT_EQ(page.text(), "new");
  EXPECT_EQ(p.text(), "text");
}

TEST(document, LinksAreResolvedOnceEach) {
  html::document page(
      "<a href=x>1</a><a href='/y?q=a b#f'>2</a><a href='//other/z'>3</a><a href=x>again</a><a "
      "name=n>none</a>"
      "<a href='mailto:a@b'>mail</a><a href='javascript:void 0'>js</a><a href='http://['>bad</a><a "
      "href=''>self</a>"
      "<map><area href=area></map><link href=style.css><a href=' \n spaces '>s</a>",
      "http://h/dir/page");
  EXPECT_EQ(
      strings(page.links()),
      (std::vector<std::string>{"http://h/dir/x", "http://h/y?q=a%20b#f", "http://other/z",
                                "http://h/dir/page", "http://h/dir/area", "http://h/dir/spaces"}));
}

TEST(document, BaseElements) {
  EXPECT_EQ(
      html::document("<base href='/b/'><base href=/no/><a href=x>", "http://h/a/").links()[0].str(),
      "http://h/b/x");
  EXPECT_EQ(html::document("<base target=_top><base href='http://o/'><a href=x>").links()[0].str(),
            "http://o/x");
  EXPECT_EQ(html::document("<base href='data:x'><a href=x>", "http://h/a/").links()[0].str(),
            "http://h/a/x");
  html::document without("<a href=x><a href='http://h/'>");
  EXPECT_FALSE(without.base());
  EXPECT_EQ(strings(without.links()), std::vector<std::string>{"http://h/"});
  EXPECT_THROW(html::document("", "nowhere"), rondo::http::url_error);
}

TEST(document, DeepPagesDoNotOverflowTheStack) {
  constexpr std::size_t depth = 100'000;
  std::string text =
      repeated("<span>", depth) + "deep" + repeated("</span>", depth) + "<p id=after>";
  html::document page(text);
  EXPECT_EQ(page.select("span").size(), depth);
  EXPECT_EQ(page.text(), "deep");
  EXPECT_EQ(page.normalized_text(), "deep");
  EXPECT_EQ(page.select("span span span + p, span > span:empty, span:not(span span)").size(), 1u);
  html::element innermost = page.select("span").back();
  EXPECT_TRUE(innermost.matches("body span span"));
  EXPECT_FALSE(innermost.matches("p span"));
  EXPECT_TRUE(page.select_one("#after"));
}

TEST(document, DeepBlocksTakeGumboSquareTimeAndEndInTime) {
  std::string text = repeated("<div>", 10'000);
  EXPECT_EQ(html::document(text).select("div").size(), 10'000u);
  html::parse_options options;
  options.max_time = 100ms;
  auto begin = std::chrono::steady_clock::now();
  std::string many = repeated("<div>", 1'000'000);
  auto said = message_of<html::parse_error>([&] { html::document(many, {}, options); });
  EXPECT_EQ(said, "parse HTML of 5000000 bytes: it takes more than 0.1s");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  std::string attributes = "<a";
  for (int i = 0; i < 100'000; ++i) attributes += " a" + std::to_string(i);
  EXPECT_NE(message_of<html::parse_error>([&] {
              html::document(attributes + ">", {}, options);
            }).find("0.1"),
            std::string::npos);
}

TEST(document, LimitsOnSizeAndMemory) {
  html::parse_options options;
  options.max_bytes = 10;
  EXPECT_EQ(html::document("0123456789", {}, options).text(), "0123456789");
  EXPECT_EQ(message_of<html::parse_error>([&] { html::document("0123456789a", {}, options); }),
            "parse HTML of 11 bytes: more than 10");
  options = {};
  options.max_memory = 1 << 20;
  // Formatting that a paragraph leaves open is opened anew in each after it.
  std::string text = "<p>";
  for (int i = 0; i < 500; ++i) text += "<font size=" + std::to_string(i) + ">";
  text += repeated("<p>x</p>", 500);
  EXPECT_EQ(message_of<html::parse_error>([&] { html::document(text, {}, options); }),
            "parse HTML of " + std::to_string(text.size()) +
                " bytes: it takes more than 1048576 bytes of memory");
  options.max_memory = 1000;
  EXPECT_THROW(html::document("", {}, options), html::parse_error);
}

TEST(document, Encodings) {
  auto text_of = [](std::string_view bytes, std::string_view content_type = {}) {
    html::parse_options options;
    options.content_type = content_type;
    html::document page(bytes, {}, options);
    return page.encoding() + ": " + page.text();
  };
  EXPECT_EQ(text_of("\xC3\xA9"), "UTF-8: \xC3\xA9");
  EXPECT_EQ(text_of("\xE9"), "windows-1252: \xC3\xA9");
  EXPECT_EQ(text_of("\x80"), "windows-1252: \xE2\x82\xAC");
  EXPECT_EQ(text_of("\xC3\xA9", "text/html; charset=ISO-8859-1"), "windows-1252: \xC3\x83\xC2\xA9");
  EXPECT_EQ(text_of("\xD0", "text/html;charset=\"koi8-r\""), "KOI8-R: \xD0\xBF");
  EXPECT_EQ(text_of("\xE9", "text/html; charset=no-such"), "windows-1252: \xC3\xA9");
  EXPECT_EQ(text_of("<meta charset=windows-1251>\xE4"), "windows-1251: \xD0\xB4");
  EXPECT_EQ(
      text_of("<meta http-equiv=Content-Type content='text/html; charset=shift_jis'>\x83\x41"),
      "Shift_JIS: \xE3\x82\xA2");
  EXPECT_EQ(text_of("<!-- <meta charset=koi8-r> --><meta charset=utf-8>\xC3\xA9"),
            "UTF-8: \xC3\xA9");
  EXPECT_EQ(text_of("<meta charset=utf-16>x"), "UTF-8: x");
  EXPECT_EQ(text_of("\xEF\xBB\xBFx", "text/html; charset=koi8-r"), "UTF-8: x");
  EXPECT_EQ(text_of(std::string_view("\xFF\xFEx\0\xE9\0", 6)), "UTF-16LE: x\xC3\xA9");
  EXPECT_EQ(text_of(std::string_view("\xFE\xFF\0x", 4)), "UTF-16BE: x");
  EXPECT_EQ(text_of("a\xC3", "text/html; charset=utf-8"), "UTF-8: a\xEF\xBF\xBD");
  html::parse_options options;
  options.encoding = "latin1";
  EXPECT_EQ(html::document("<meta charset=utf-8>\xE9", {}, options).text(), "\xC3\xA9");
  options.encoding = "no-such";
  EXPECT_THROW(html::document("", {}, options), rondo::error);
}

TEST(document, BrokenBytesBecomeReplacementCharacters) {
  EXPECT_EQ(html::to_utf8("a\xFF"
                          "b\xC3",
                          "utf-8"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(html::to_utf8("\x82", "shift_jis"), "\xEF\xBF\xBD");
  std::string long_one = repeated("\xE9", 10'000);
  EXPECT_EQ(html::to_utf8(long_one, "latin1"), repeated("\xC3\xA9", 10'000));
  EXPECT_EQ(message_of<rondo::error>([] { html::to_utf8("x", "UTF-7"); }),
            "read 'UTF-7': this encoding is not known");
  EXPECT_THROW(html::to_utf8("x", "../../x"), rondo::error);
  EXPECT_THROW(html::to_utf8("x", "utf-8//TRANSLIT"), rondo::error);
}

}  // namespace
