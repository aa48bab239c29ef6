// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <clocale>
#include <set>

#include <rondo/http/url.hpp>

namespace {

using rondo::http::url;
using rondo::http::url_error;

std::string why_refused(std::string_view text) {
  try {
    return "accepted: " + url(text).str();
  } catch (const url_error& e) {
    return e.what();
  }
}

TEST(url, Parts) {
  url u("HTTPS://user:p%40ss@WWW.Example.com:8443/a/b.html?x=1&y=%20#top");
  EXPECT_EQ(u.scheme(), "https");
  EXPECT_EQ(u.user(), "user");
  EXPECT_EQ(u.password(), "p%40ss");
  EXPECT_EQ(u.host(), "www.example.com");
  EXPECT_EQ(u.port(), 8443);
  EXPECT_EQ(u.path(), "/a/b.html");
  EXPECT_EQ(u.query(), "x=1&y=%20");
  EXPECT_EQ(u.fragment(), "top");
  EXPECT_EQ(u.target(), "/a/b.html?x=1&y=%20");
  EXPECT_EQ(u.origin(), "https://www.example.com:8443");
  EXPECT_EQ(u.str(), "https://user:p%40ss@www.example.com:8443/a/b.html?x=1&y=%20#top");
  EXPECT_EQ(u.without_credentials().str(), "https://www.example.com:8443/a/b.html?x=1&y=%20#top");
  EXPECT_EQ(u.without_fragment().str(), "https://user:p%40ss@www.example.com:8443/a/b.html?x=1&y=%20");
}

TEST(url, DefaultPorts) {
  for (auto [text, port] : {std::pair("http://h", 80), {"https://h", 443}, {"ws://h", 80}, {"wss://h", 443}}) {
    url u(text);
    EXPECT_EQ(u.port(), port) << text;
    EXPECT_TRUE(u.has_default_port()) << text;
    EXPECT_EQ(u.path(), "/") << text;
    EXPECT_EQ(u.str(), std::string(text) + "/");
  }
  EXPECT_EQ(url("http://h:443/").origin(), "http://h:443");
  EXPECT_EQ(url("http://h:80/").str(), "http://h/");
  EXPECT_EQ(url("http://h:/").str(), "http://h/");
}

// RFC 3986, 5.4, but for its URLs of unknown schemes.
TEST(url, ReferencesOfTheRfc) {
  url base("http://a/b/c/d;p?q");
  const std::pair<const char*, const char*> all[] = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/./x", "http://a/b/c/g#s/./x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
      {"http:g", "http://a/b/c/g"},
      {"https://x/y", "https://x/y"},
  };
  for (auto [reference, expected] : all) EXPECT_EQ(base.resolve(reference).str(), expected) << reference;
}

TEST(url, ReferencesKeepThePortAndTheUser) {
  url base("http://u:p@h:81/dir/page?q#f");
  EXPECT_EQ(base.resolve("x").str(), "http://u:p@h:81/dir/x");
  EXPECT_EQ(base.resolve("#s").str(), "http://u:p@h:81/dir/page?q#s");
  EXPECT_EQ(base.resolve("?z").str(), "http://u:p@h:81/dir/page?z");
  EXPECT_EQ(base.resolve("").str(), "http://u:p@h:81/dir/page?q");
  EXPECT_EQ(base.resolve("//other/x").str(), "http://other/x");
}

TEST(url, WhatPagesWrite) {
  url base("http://h/dir/page");
  EXPECT_EQ(base.resolve(" \n a\tb c.html \r\n").str(), "http://h/dir/ab%20c.html");
  EXPECT_EQ(base.resolve("\xC3\xA9?\xC3\xA9#\xC3\xA9").str(), "http://h/dir/%C3%A9?%C3%A9#%C3%A9");
  EXPECT_EQ(url("http://\xC3\xA9https:a \xC3\xA9:b@h/@").str(), "http://%C3%A9https:a%20%C3%A9:b@h/@");
  EXPECT_EQ(base.resolve("//\xC3\xA9@h").user(), "%C3%A9");
  EXPECT_EQ(base.resolve("\\x\\y?a\\b").str(), "http://h/x/y?a\\b");
  EXPECT_EQ(base.resolve("HTTP://OTHER/").str(), "http://other/");
  EXPECT_EQ(base.resolve("http:/x").str(), "http://h/x");
  EXPECT_EQ(base.resolve("http:https:/x").str(), "http://h/dir/https:/x");
  for (const char* text : {"https:other/x", "https:/other/x", "https:////other/x"})
    EXPECT_EQ(base.resolve(text).str(), "https://other/x") << text;
  EXPECT_EQ(base.resolve("////other/x").str(), "http://other/x");
  // Everyone must agree on whose host this is.
  EXPECT_EQ(url("http://evil.example\\@good.example/").host(), "evil.example");
  EXPECT_EQ(url("http://good.example@evil.example/").host(), "evil.example");
}

TEST(url, AddressesHaveOneForm) {
  EXPECT_EQ(url("http://0x7f.1/").host(), "127.0.0.1");
  EXPECT_EQ(url("http://2130706433/").host(), "127.0.0.1");
  EXPECT_EQ(url("http://[::1]:8080/x").str(), "http://[::1]:8080/x");
  EXPECT_EQ(url("http://[::1]:80/").origin(), "http://[::1]");
}

TEST(url, HostsInOtherScripts) {
  std::string before = std::setlocale(LC_CTYPE, nullptr);
  ASSERT_TRUE(std::setlocale(LC_CTYPE, "C.UTF-8"));
  EXPECT_EQ(url("http://b\xC3\xBC" "cher.example/").host(), "xn--bcher-kva.example");
  std::setlocale(LC_CTYPE, "C");
  EXPECT_NE(why_refused("http://b\xC3\xBC" "cher.example/").find("no ASCII form"), std::string::npos);
  std::setlocale(LC_CTYPE, before.c_str());
}

TEST(url, Normalized) {
  const std::pair<const char*, const char*> all[] = {
      {"HTTP://EX.com", "http://ex.com/"},
      {"http://ex.com:80/#top", "http://ex.com/"},
      {"https://ex.com:443/a/./b/../c", "https://ex.com/a/c"},
      {"http://ex.com/%7Euser", "http://ex.com/~user"},
      {"http://ex.com/%2f%3f", "http://ex.com/%2F%3F"},
      {"http://ex.com/a/%2e%2e/b", "http://ex.com/b"},
      {"http://ex.com/%zz%4", "http://ex.com/%25zz%254"},
      {"http://ex.com/%7%62", "http://ex.com/%257b"},
      {"http://ex.com/?", "http://ex.com/"},
      {"http://ex.com/?q=%c3%a9&r=%61", "http://ex.com/?q=%C3%A9&r=a"},
      {"http://ex.com/%25%32%66", "http://ex.com/%252f"},
  };
  for (auto [text, expected] : all) EXPECT_EQ(url(text).normalized().str(), expected) << text;
}

TEST(url, WhatIsRefusedSaysWhy) {
  const std::pair<std::string, const char*> all[] = {
      {"", "no scheme"},
      {"example.com/x", "no scheme"},
      {"/x", "no scheme"},
      {"ftp://h/", "the scheme 'ftp' is not one of the web"},
      {"mailto:a@b", "the scheme 'mailto'"},
      {"javascript:alert(1)", "the scheme 'javascript'"},
      {"http://", "host"},
      {"http:///", "host"},
      {"http://h:99999/", "ort"},
      {"http://h:x/", "ort"},
      {"http://[::1/", ""},
      {"http://a b/", ""},
      {"ws:/%/%", "a percent sign in the host"},
      {"http://12%37.1/", "a percent sign in the host"},
      {"http://a%40b@h%00/", "a percent sign in the host"},
      {"http://a@b@c/", ""},
      {"http://h/\x01x", ""},
      {std::string("http://h/\0x", 11), "NUL"},
      {"http://h/" + std::string(url::max_length, 'x'), "longer than 65536 bytes"},
  };
  for (const auto& [text, why] : all) {
    std::string said = why_refused(text);
    EXPECT_TRUE(said.starts_with("URL '" + text.substr(0, 7))) << said;
    EXPECT_NE(said.find(why), std::string::npos) << said;
    EXPECT_LT(said.size(), 400u);
    EXPECT_FALSE(url::try_parse(text)) << text;
  }
  EXPECT_EQ(why_refused("http://a b\r\nx/").find('\n'), std::string::npos);
  url base("http://h/");
  EXPECT_THROW(base.resolve("mailto:a@b"), url_error);
  EXPECT_FALSE(base.try_resolve("tel:1"));
  EXPECT_FALSE(base.try_resolve("//"));
}

TEST(url, ReadAgainItIsTheSame) {
  for (const char* text : {"http://h", "http://u@h/", "http://u:p@h:1/a%20b;c?d=e&f#g?h", "https://[fe80::1]/",
                           "http://h//a//b", "http://h/a%2Fb?x=/../y", "wss://h/chat", "http://:p@h/", "http://h/?a?b"}) {
    url u(text);
    EXPECT_EQ(url(u.str()), u) << text;
    EXPECT_EQ(u.normalized().normalized(), u.normalized()) << text;
  }
}

TEST(url, Hosts) {
  using namespace rondo::http;
  EXPECT_TRUE(same_origin(url("http://h/a"), url("HTTP://H:80/b")));
  EXPECT_FALSE(same_origin(url("http://h/"), url("https://h/")));
  EXPECT_TRUE(same_host(url("http://h/"), url("https://h/")));
  EXPECT_FALSE(same_host(url("http://h/"), url("http://h:81/")));
  EXPECT_FALSE(same_host(url("http://h/"), url("http://g/")));
  EXPECT_TRUE(within_domain("example.com", "example.com"));
  EXPECT_TRUE(within_domain("a.b.example.com", "example.com"));
  EXPECT_FALSE(within_domain("badexample.com", "example.com"));
  EXPECT_FALSE(within_domain("example.com", "www.example.com"));
  EXPECT_FALSE(within_domain("1.0.0.127", "0.127"));
  EXPECT_FALSE(within_domain("1.127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(within_domain("h", ""));
}

TEST(url, IsAValue) {
  url a("http://h/a"), b("http://h/b");
  EXPECT_LT(a, b);
  url moved = std::move(a);
  EXPECT_EQ(moved.str(), "http://h/a");
  EXPECT_EQ((std::set<url>{b, b, moved}.size()), 2u);
}

}  // namespace
