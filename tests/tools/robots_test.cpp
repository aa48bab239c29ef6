// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>

#include "crawl/robots.hpp"

namespace {

using tool::robots;
using namespace std::chrono_literals;

bool allows(std::string_view text, std::string_view target, std::string_view token = "rondo") {
  return robots::parse(text, token).allows(target);
}

// RFC 9309, 5.1.
TEST(robots, SimpleExampleOfTheRfc) {
  constexpr char text[] =
      "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n"
      "User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n"
      "User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\n"
      "User-Agent: quxbot\n";
  EXPECT_FALSE(allows(text, "/x.gif"));
  EXPECT_TRUE(allows(text, "/x.gif?y"));
  EXPECT_FALSE(allows(text, "/example/"));
  EXPECT_TRUE(allows(text, "/example"));
  EXPECT_TRUE(allows(text, "/publications/"));
  EXPECT_TRUE(allows(text, "/"));
  EXPECT_FALSE(allows(text, "/", "FooBot"));
  EXPECT_TRUE(allows(text, "/example/page.html", "foobot"));
  EXPECT_TRUE(allows(text, "/example/allowed.gif", "foobot"));
  EXPECT_FALSE(allows(text, "/example/page.html", "barbot"));
  EXPECT_FALSE(allows(text, "/example/page.html", "bazbot"));
  EXPECT_TRUE(allows(text, "/x.gif", "bazbot"));
  EXPECT_TRUE(allows(text, "/example/", "quxbot"));
}

// RFC 9309, 5.2.
TEST(robots, TheLongestMatchDecides) {
  constexpr char text[] =
      "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n";
  EXPECT_FALSE(allows(text, "/example/page/disallowed.gif", "foobot"));
  EXPECT_TRUE(allows(text, "/example/page/x", "foobot"));
  EXPECT_TRUE(allows("User-agent: *\nDisallow: /x\nAllow: /x\n", "/x"));
  EXPECT_TRUE(allows("User-agent: *\nAllow: /x\nDisallow: /x\n", "/x"));
  EXPECT_FALSE(allows("User-agent: *\nAllow: /\nDisallow: /x\n", "/x"));
  EXPECT_TRUE(allows("User-agent: *\nDisallow: /*\nAllow: /x/y\n", "/x/y/z"));
}

TEST(robots, GroupsOfOneNameAreOne) {
  constexpr char text[] =
      "user-agent: rondo\ndisallow: /a\nuser-agent: other\ndisallow: /b\nUSER-AGENT: "
      "Rondo\nDISALLOW: /c\n"
      "user-agent: *\ndisallow: /d\n";
  EXPECT_FALSE(allows(text, "/a"));
  EXPECT_TRUE(allows(text, "/b"));
  EXPECT_FALSE(allows(text, "/c"));
  EXPECT_TRUE(allows(text, "/d"));
  EXPECT_FALSE(allows(text, "/d", "third"));
}

TEST(robots, NamesAreWhole) {
  constexpr char text[] = "User-agent: rondo-news\nDisallow: /\n";
  EXPECT_TRUE(allows(text, "/x"));
  EXPECT_FALSE(allows(text, "/x", "rondo-news"));
  EXPECT_FALSE(allows("User-agent: rondo/2.0 (x)\nDisallow: /\n", "/x"));
  EXPECT_TRUE(allows("User-agent: ron\nDisallow: /\n", "/x"));
  EXPECT_TRUE(allows("User-agent: rondo\n\nUser-agent: *\nDisallow: /\n", "/x", "ron") == false);
}

TEST(robots, OtherLinesEndNoGroup) {
  EXPECT_FALSE(
      allows("User-agent: a\nSitemap: http://h/s\nnonsense\nUser-agent: rondo\n# c\nDisallow: /\n",
             "/x", "a"));
  EXPECT_FALSE(allows("User-agent: *\n\n\nDisallow: /\n", "/x"));
  EXPECT_TRUE(allows("Disallow: /\n", "/x"));  // of no group
}

// RFC 9309, 2.2.4: they must not interfere.
TEST(robots, OtherRecordsAreNoRules) {
  for (std::string record : {"Sitemap: http://h/s", "Unknown: x", "Crawl-delay: 1",
                             "crawl-delay: nonsense", "Host: h", ":", "x"}) {
    std::string text = "User-agent: rondo\n" + record + "\nUser-agent: other\nDisallow: /a\n" +
                       record + "\nDisallow: /b\n" + record + "\nUser-agent: third\nDisallow: /c\n";
    for (const char* token : {"rondo", "other"}) {
      EXPECT_FALSE(allows(text, "/a", token)) << text;
      EXPECT_FALSE(allows(text, "/b", token)) << text;
      EXPECT_TRUE(allows(text, "/c", token)) << text;
    }
    EXPECT_TRUE(allows(text, "/a", "third"));
    EXPECT_FALSE(allows(text, "/c", "third"));
  }
}

// As other crawlers do.
TEST(robots, MistakesAreForgiven) {
  for (const char* text :
       {"useragent: rondo\ndisallow: /x", "User Agent: rondo\nDisalow: /x",
        "user-agent rondo\nDisallow /x", "User-agent: * # all\nDissallow: /x",
        "User-agent: * all\nDISALLAW: /x", "user-agent:rondo\fdisallow\n:\ndisallow\t/x"})
    EXPECT_FALSE(allows(text, "/x")) << text;
  for (const char* text : {"User-agent: *bot\nDisallow: /x", "User-agent: rondo\nDisallow /x /y",
                           "User-agent: rondo\nDisallow", "User-agent: rondo\nNoindex: /x",
                           "User-agent\nDisallow: /x", "User-agent:\nDisallow: /x"})
    EXPECT_TRUE(allows(text, "/x")) << text;
  EXPECT_TRUE(allows("User-agent: 123\nDisallow: /", "/x", ""));
}

TEST(robots, LinesOfAllKinds) {
  EXPECT_FALSE(allows("User-agent: *\rDisallow: /a\rDisallow: /b", "/b"));
  EXPECT_FALSE(allows("User-agent: *\r\nDisallow: /a\r\nDisallow: /b\r\n", "/a"));
  EXPECT_FALSE(allows("\xEF\xBB\xBFUser-agent: *\nDisallow: /\n", "/a"));
  EXPECT_FALSE(allows("  User-agent \t: *\n\tDisallow:/a # c\n", "/a"));
  EXPECT_TRUE(allows("User-agent: *\nDisallow: # all\n", "/a"));
  EXPECT_FALSE(allows("User-agent: *\nDisallow: a\n", "/a"));
  EXPECT_TRUE(allows("", "/"));
  EXPECT_TRUE(allows(std::string_view("\0\0\xff:\n:\n", 7), "/"));
}

TEST(robots, Patterns) {
  struct {
    const char* pattern;
    const char* target;
    bool matches;
  } all[] = {
      {"/fish", "/fish.html", true},
      {"/fish", "/Fish", false},
      {"/fish*", "/fishheads?x", true},
      {"/fish/", "/fish", false},
      {"/*.php", "/x/y.php?z", true},
      {"/*.php$", "/x.php", true},
      {"/*.php$", "/x.php?y", false},
      {"/*.php$", "/x.phpx.php", true},
      {"/a*b*c", "/a1b2c3", true},
      {"/a*b*c", "/acb", false},
      {"/a*b*c$", "/abcbc", true},
      {"/$", "/", true},
      {"/$", "/x", false},
      {"*", "/", true},
      {"*$", "/x", true},
      {"/a$b", "/a$b", true},
      {"/**x", "/x", true},
      {"/x*$", "/xyz", true},
      {"/ab*ba$", "/aba", false},
      {"/a*ab$", "/ab", false},
      {"/?q=", "/?q=1", true},
      {"/%7Ejoe", "/~joe", true},
      {"/~joe", "/%7ejoe", true},
      {"/a%3cd", "/a%3Cd", true},
      {"/a%2fb", "/a/b", false},
      {"/\xC3\xA9", "/%c3%a9", true},
      // RFC 9309, 2.2.2 and 2.2.3.
      {"/%62%61%7A", "/baz", true},
      {"/file-with-a-%2A.html", "/file-with-a-*.html", true},
      {"/a-%2a.html", "/a-x.html", false},
      {"/foo-%24", "/foo-$", true},
      {"/foo-%24", "/foo-%24x", true},
      {"/foo-%24$", "/foo-$", true},
      {"/foo-%24$", "/foo-$x", false},
      {"/foo-$", "/foo-$", false},
      {"/foo-$", "/foo-", true},
      {"/a$b", "/a%24b", true},
      {"/a*b", "/a*b", true},
      {"/a*b", "/a%2Ab", true},
      {"/%2A$", "/*", true},
      {"/a|b", "/a%7Cb", true},
      {"/a%3Cb", "/a%3cb", true},
      {"/a<b", "/a%3Cb", true},
      {"/?u=https%3A%2F%2Ffoo.bar", "/?u=https://foo.bar", true},
      {"/?u=https://foo.bar", "/?u=https%3a%2F%2ffoo.bar", true},
      {"/*://", "/?u=https%3A%2F%2Ffoo", true},
      {"/*%3A", "/?u=https://foo", true},
      {"/?a=b%26c", "/?a=b&c", false},
      {"/x%3A", "/x:", false},
      {"/a%zz", "/a%zz", true},
      {"/a%25zz", "/a%zz", true},
  };
  for (auto [pattern, target, matches] : all)
    EXPECT_EQ(allows(std::string("User-agent: *\nDisallow: ") + pattern, target), !matches)
        << pattern << " " << target;
}

TEST(robots, ItselfIsAllowed) {
  EXPECT_TRUE(allows("User-agent: *\nDisallow: /\n", "/robots.txt"));
  EXPECT_FALSE(allows("User-agent: *\nDisallow: /\n", "/robots.txt?x"));
}

TEST(robots, CrawlDelay) {
  auto delay_of = [](std::string_view value) {
    auto found =
        robots::parse("User-agent: *\nCrawl-delay: " + std::string(value), "rondo").crawl_delay();
    return found ? found->count() : -1;
  };
  EXPECT_EQ(delay_of("2"), 2'000'000'000);
  EXPECT_EQ(delay_of("0.5"), 500'000'000);
  EXPECT_EQ(delay_of("1000000"), 60'000'000'000);
  EXPECT_EQ(delay_of("-1"), -1);
  EXPECT_EQ(delay_of("soon"), -1);
  EXPECT_EQ(delay_of("nan"), -1);
  EXPECT_EQ(delay_of("inf"), 60'000'000'000);
  EXPECT_FALSE(
      robots::parse("User-agent: rondo\nUser-agent: *\nDisallow:\n", "rondo").crawl_delay());
  EXPECT_FALSE(
      robots::parse("Crawl-delay: 2\nUser-agent: *\nDisallow: /x\n", "rondo").crawl_delay())
      << "before the first user-agent it is nobody's";
  // It is its group's, wherever it stands in it.
  for (const char* text :
       {"User-agent: a\nCrawl-delay: 2\nUser-agent: rondo\nDisallow: /x\n",
        "User-agent: rondo\nUser-agent: a\nDisallow: /x\nCrawl-delay: 2\n",
        "User-agent: rondo\nCrawl-delay: 2\nAllow: /\nUser-agent: a\nCrawl-delay: 3\nAllow: /\n",
        "User-agent: rondo\nCrawl-delay: 2\nAllow: /\nUser-agent: rondo\nCrawl-delay: 1\n"}) {
    auto found = robots::parse(text, "rondo").crawl_delay();
    EXPECT_EQ(found ? found->count() : -1, 2'000'000'000) << text;
  }
}

TEST(robots, WhatIsBeyondTheLimitIsIgnored) {
  std::string text = "User-agent: *\nDisallow: /a\n#";
  text.resize(robots::max_size, 'x');
  text += "\nDisallow: /b\n";
  EXPECT_FALSE(allows(text, "/a"));
  EXPECT_TRUE(allows(text, "/b"));
  text = "User-agent: *\nDisallow: /a\n#";
  text.resize(robots::max_size - 11, 'x');
  text += "\nDisallow: /b\n";  // up to the slash within the limit
  EXPECT_FALSE(allows(text, "/a"));
  EXPECT_TRUE(allows(text, "/b"));
}

TEST(robots, HostileFilesEnd) {
  std::string stars = "User-agent: *\nDisallow: /";
  while (stars.size() < robots::max_size) stars += "*a";
  std::string many = "User-agent: *\n";
  while (many.size() < robots::max_size) many += "Disallow: /*a*a*a*a*a*b$\n";
  std::string path = "/" + std::string(8'000, 'a');
  auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(allows(stars, path));
  EXPECT_TRUE(allows(many, path));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST(robots, WhatForbidsToFollowLinks) {
  for (const char* rules :
       {"nofollow", "noindex,\tNoFollow ", "none", "rondo: nofollow", "Rondo : noindex, nofollow",
        "*: none", "otherbot: noindex, rondo: nofollow",
        "unavailable_after: 25 Jun 2030 15:00:00 GMT, nofollow", "max-snippet: 5,nofollow"})
    EXPECT_TRUE(tool::forbids_following(rules, "rondo")) << rules;
  for (const char* rules :
       {"", ",", "noindex", "nofollowing", "otherbot: nofollow", "otherbot: noindex, nofollow",
        "rondo: noindex, otherbot: nofollow", "follow", "unavailable_after: nofollow"})
    EXPECT_FALSE(tool::forbids_following(rules, "rondo")) << rules;
}

TEST(robots, ProductTokens) {
  EXPECT_EQ(tool::product_token("rondo/1.0 (x)"), "rondo");
  EXPECT_EQ(tool::product_token("My-Bot_x 2"), "My-Bot_x");
  EXPECT_EQ(tool::product_token("2"), "");
  EXPECT_EQ(tool::product_token(""), "");
}

}  // namespace
