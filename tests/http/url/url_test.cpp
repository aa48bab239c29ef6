// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <clocale>
#include <set>
#include <string>

#include <rondo/http/url/url.hpp>

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
  EXPECT_EQ(u.without_fragment().str(),
            "https://user:p%40ss@www.example.com:8443/a/b.html?x=1&y=%20");
}

TEST(url, DefaultPorts) {
  for (auto [text, port] :
       {std::pair("http://h", 80), {"https://h", 443}, {"ws://h", 80}, {"wss://h", 443}}) {
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
  for (auto [reference, expected] : all)
    EXPECT_EQ(base.resolve(reference).str(), expected) << reference;
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
  EXPECT_EQ(url("http://\xC3\xA9https:a \xC3\xA9:b@h/@").str(),
            "http://%C3%A9https:a%20%C3%A9%3Ab@h/@");
  EXPECT_EQ(base.resolve("//\xC3\xA9@h").user(), "%C3%A9");
  EXPECT_EQ(base.resolve("\\x\\y?a\\b").str(), "http://h/x/y?a\\b");
  EXPECT_EQ(base.resolve("HTTP://OTHER/").str(), "http://other/");
  EXPECT_EQ(base.resolve("http:/x").str(), "http://h/x");
  EXPECT_EQ(base.resolve("http:https:/x").str(), "http://h/dir/https:/x");
  for (const char* text : {"https:other/x", "https:/other/x", "https:////other/x"})
    EXPECT_EQ(base.resolve(text).str(), "https://other/x") << text;
  EXPECT_EQ(base.resolve("////other/x").str(), "http://other/x");
  EXPECT_EQ(base.resolve("a\"b<c>`{d}|e^f?\"<>`{}|'^\\#\"<>`{}|'^\\").str(),
            "http://h/dir/a%22b%3Cc%3E%60%7Bd%7D|e%5Ef?%22%3C%3E`{}|%27^\\#%22%3C%3E%60{}|'^\\");
  EXPECT_EQ(base.resolve(std::string_view("a\0\x1f\x7f%zz%", 8)).str(),
            "http://h/dir/a%00%1F%7F%zz%");
  EXPECT_EQ(url("http://a:b:c@d/:;=@[]|^'@e/").user(), "a");
  EXPECT_EQ(url("http://a:b:c@d;=[]|^'@e/").str(), "http://a:b%3Ac%40d%3B%3D%5B%5D%7C%5E'@e/");
  EXPECT_EQ(base.resolve("..\\\\x/%2e/%2E%2e/.%2e/y/%2e").str(), "http://h/y/");
  EXPECT_EQ(base.resolve("\\\\/\\other\\x").str(), "http://other/x");
  // Everyone must agree on whose host this is.
  EXPECT_EQ(url("http://evil.example\\@good.example/").host(), "evil.example");
  EXPECT_EQ(url("http://good.example@evil.example/").host(), "evil.example");
}

TEST(url, EmptyQueriesAndFragmentsStay) {
  url u("http://h/?#");
  EXPECT_EQ(u.str(), "http://h/?#");
  EXPECT_TRUE(u.has_query() && u.has_fragment());
  EXPECT_EQ(u.target(), "/?");
  EXPECT_EQ(u.without_fragment().str(), "http://h/?");
  EXPECT_EQ(u.resolve("").str(), "http://h/?");
  EXPECT_EQ(u.resolve("x").str(), "http://h/x");
  EXPECT_FALSE(url("http://h/") == u.without_fragment());
}

// RFC 9112, 3.2.
TEST(url, TargetsHoldNothingThatARequestMayNot) {
  url u("http://h/a|b^c?d|{e}`\\^[]'");
  EXPECT_EQ(u.query(), "d|{e}`\\^[]%27");
  EXPECT_EQ(u.target(), "/a%7Cb%5Ec?d%7C%7Be%7D%60%5C%5E[]%27");
  EXPECT_EQ(u.normalized().str(), "http://h" + u.target());
}

TEST(url, AddressesHaveOneForm) {
  const std::pair<const char*, const char*> all[] = {
      {"0x7f.1", "127.0.0.1"},
      {"2130706433", "127.0.0.1"},
      {"0177.0.0.01", "127.0.0.1"},
      {"0X7F000001", "127.0.0.1"},
      {"127.0.0.1.", "127.0.0.1"},
      {"%31%32%37.1", "127.0.0.1"},
      {"256", "0.0.1.0"},
      {"1.2.65535", "1.2.255.255"},
      {"4294967295", "255.255.255.255"},
      {"0", "0.0.0.0"},
      {"0x", "0.0.0.0"},
      {"0x.0", "0.0.0.0"},
      {"00000000000000000000000000000000000001", "0.0.0.1"},
      {"\xEF\xBC\x90\xEF\xBD\x98\xEF\xBC\x97\xEF\xBD\x86.\xEF\xBC\x91", "127.0.0.1"},
      {"127\xE3\x80\x82"
       "1",
       "127.0.0.1"},
      {"1e2", "1e2"},
      {"0xg", "0xg"},
      {"1.2.3.4.x", "1.2.3.4.x"},
      {"[::1]", "[::1]"},
      {"[0:0:0:0:0:0:0:1]", "[::1]"},
      {"[::]", "[::]"},
      {"[::127.0.0.1]", "[::7f00:1]"},
      {"[::FFFF:1.2.3.4]", "[::ffff:102:304]"},
      {"[1:0:0:2:0:0:0:3]", "[1:0:0:2::3]"},
      {"[1:0:0:2:0:0:3:4]", "[1::2:0:0:3:4]"},
      {"[1::2:3:4:5:6:7]", "[1:0:2:3:4:5:6:7]"},
      {"[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7:0]"},
      {"[0abc::]", "[abc::]"},
      {"[2001:db8::]", "[2001:db8::]"},
  };
  for (auto [written, host] : all)
    EXPECT_EQ(url(std::string("http://") + written + "/").host(), host) << written;
  EXPECT_EQ(url("http://[::1]:8080/x").str(), "http://[::1]:8080/x");
  EXPECT_EQ(url("http://[::1]:80/").origin(), "http://[::1]");
  for (const char* none : {"256.1",
                           "1.2.3.256",
                           "4294967296",
                           "1.2.3.4.5",
                           "1..2",
                           "1.2.3.08",
                           "0x100000000",
                           "x.0x",
                           "x.1",
                           "99999999999999999999999999",
                           "[",
                           "[]",
                           "[:]",
                           "[:::]",
                           "[1]",
                           "[1:]",
                           "[::1:]",
                           "[1:2:3:4:5:6:7:8:9]",
                           "[::1::]",
                           "[::1:2:3:4:5:6:7:8]",
                           "[12345::]",
                           "[::1.2.3]",
                           "[::1.2.3.4.5]",
                           "[::1.2.3.256]",
                           "[::01.2.3.4]",
                           "[::.1.2.3]",
                           "[1:2:3:4:5:6:7:1.2.3.4]",
                           "[::1.2.3.4:1]",
                           "[fe80::1%25eth0]",
                           "[::1]x",
                           "x[::1]",
                           "[::g]"})
    EXPECT_FALSE(url::try_parse(std::string("http://") + none + "/")) << none;
}

/// Sets the locale for as long as it lives.
class locale_of {
 public:
  explicit locale_of(const char* name) : before_(std::setlocale(LC_ALL, nullptr)) {
    EXPECT_TRUE(std::setlocale(LC_ALL, name)) << name;
  }
  locale_of(const locale_of&) = delete;
  locale_of& operator=(const locale_of&) = delete;
  ~locale_of() { std::setlocale(LC_ALL, before_.c_str()); }

 private:
  std::string before_;
};

TEST(url, HostsInOtherScripts) {
  const std::pair<const char*, const char*> all[] = {
      {"b\xC3\xBC"
       "cher.example",
       "xn--bcher-kva.example"},
      {"B\xC3\x9C"
       "CHER.example",
       "xn--bcher-kva.example"},
      {"b%C3%BC"
       "cher.example",
       "xn--bcher-kva.example"},
      {"bu\xCC\x88"
       "cher.example",
       "xn--bcher-kva.example"},  // NFC
      {"stra\xC3\x9F"
       "e.example",
       "xn--strae-oqa.example"},  // not transitional: not "strasse"
      {"\xE6\x97\xA5\xE6\x9C\xAC\xE3\x80\x82\xEF\xBC\xAA\xEF\xBC\xB0", "xn--wgv71a.jp"},
      {"ho\xC2\xADst", "host"},  // a soft hyphen
      {"\xD7\x90\xD7\x91.example.", "xn--4dbc.example."},
      {"XN--BCHER-KVA.example", "xn--bcher-kva.example"},
      {"xn--n3h.example", "xn--n3h.example"},  // a snowman
      {"a_b.Example..com", "a_b.example..com"},
      {"!$&'()*+,;=_~`{}\"", "!$&'()*+,;=_~`{}\""},
      {"%65xample", "example"},
  };
  const char* none[] = {
      "%EF%BC%85%EF%BC%90%EF%BC%90.com",  // a wide %00
      "a\xE3\x80\x80"
      "b.com",  // an ideographic space
      "a\xEF\xBC\x8F"
      "b",         // a wide slash
      "\xC2\xAD",  // nothing is left
      "xn--",
      "xn--a",
      "a.xn--\xC3\xBC",
      "\xFF",
      "\xCD\xB8.com",
      "\xED\xA0\x80",
      "\xD7\x90"
      "a",
      "%00",
      "%",
      "%zz",
      "a%2Fb",
      "a%40b",
      "a b",
      "a<b",
      "a>b",
      "a^b",
      "a|b",
      "a%7f",
      "a]b",
  };
  for (const char* name : {"C", "C.UTF-8"}) {
    locale_of in(name);
    for (auto [written, host] : all)
      EXPECT_EQ(url(std::string("http://") + written).host(), host) << name;
    for (const char* written : none)
      EXPECT_FALSE(url::try_parse(std::string("http://") + written)) << written;
  }
  EXPECT_NE(why_refused("http://\xFF/").find("no ASCII form"), std::string::npos);
  std::string long_label(60'000, 'a');
  EXPECT_EQ(url("http://" + long_label + "/").host(), long_label);
  EXPECT_FALSE(url::try_parse("http://\xC3\xBC" + long_label));
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
      {"http://h:8 0/", "the port '8 0' is no number"},
      {"http://h:-1/", "the port"},
      {"http://:80/", "no host"},
      {"http://u@/", "no host"},
      {"http://u@:80/", "no host"},
      {"http://[::1/", "no IPv6 address"},
      {"http://1.2.3.256/", "IPv4"},
      {"http://a b/", "character"},
      {"http://a%40b@h%00/", "character"},
      {"ws:/%/%", "character"},
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
  EXPECT_FALSE(base.try_resolve("https:"));
  try {
    base.resolve("http://");
  } catch (const url_error& e) {
    EXPECT_EQ(e.cause(), "no host");
  }
}

// What is read can be written and read again.
TEST(url, LengthsAreThoseOfTheResult) {
  auto of_size = [](std::size_t size) { return "http://h/" + std::string(size - 9, 'x'); };
  EXPECT_EQ(url(of_size(url::max_length)).str().size(), url::max_length);
  EXPECT_FALSE(url::try_parse(of_size(url::max_length + 1)));
  EXPECT_FALSE(url::try_parse("http://h/" + std::string(url::max_length / 2, '"')));
  url base(of_size(url::max_length).replace(url::max_length - 2, 1, "/"));
  EXPECT_TRUE(base.try_resolve("x"));
  EXPECT_FALSE(base.try_resolve("xxx"));
}

TEST(url, ReadAgainItIsTheSame) {
  for (const char* text :
       {"http://h", "http://u@h/", "http://u:p@h:1/a%20b;c?d=e&f#g?h", "https://[fe80::1]/",
        "http://h//a//b", "http://h/a%2Fb?x=/../y", "wss://h/chat", "http://:p@h/", "http://h/?a?b",
        "http://h/?", "http://h/#", "http://h:0/", "http://h/|?|#|"}) {
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
