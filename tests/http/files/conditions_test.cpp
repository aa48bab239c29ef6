// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/files/conditions.hpp"
#include "http/files/accepted_coding.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace http = rondo::http;
using namespace rondo::http::detail;
using namespace std::chrono_literals;

namespace {

constexpr const char* at = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* before = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* after = "Sun, 06 Nov 1994 08:49:38 GMT";

validators state(std::string etag = "\"a\"") {
  return {std::move(etag), std::chrono::sys_seconds(784111777s)};
}

condition ask(std::vector<http::headers::field> fields, const validators& v = state()) {
  http::headers all;
  for (auto& [name, value] : fields) all.add(name, value);
  return evaluate(all, v);
}

TEST(conditions, each_alone) {
  EXPECT_EQ(ask({}), condition::met);
  EXPECT_EQ(ask({{"If-None-Match", "\"a\""}}), condition::not_modified);
  EXPECT_EQ(ask({{"If-None-Match", "\"b\""}}), condition::met);
  EXPECT_EQ(ask({{"If-None-Match", "*"}}), condition::not_modified);
  EXPECT_EQ(ask({{"If-None-Match", "W/\"a\""}}), condition::not_modified) << "weak comparison";
  EXPECT_EQ(ask({{"If-None-Match", "\"x, \", W/\"y\" , \"a\""}}), condition::not_modified)
      << "a comma inside";
  EXPECT_EQ(ask({{"If-None-Match", "\"x\""}, {"if-none-match", "\"a\""}}), condition::not_modified)
      << "two fields";
  EXPECT_EQ(ask({{"If-None-Match", "a"}}), condition::met) << "no quotes";
  EXPECT_EQ(ask({{"If-None-Match", "\"a"}}), condition::met);
  EXPECT_EQ(ask({{"If-None-Match", ""}}), condition::met);
  EXPECT_EQ(ask({{"If-Match", "\"a\""}}), condition::met);
  EXPECT_EQ(ask({{"If-Match", "*"}}), condition::met);
  EXPECT_EQ(ask({{"If-Match", "\"b\", \"c\""}}), condition::failed);
  EXPECT_EQ(ask({{"If-Match", "W/\"a\""}}), condition::failed) << "strong comparison";
  EXPECT_EQ(ask({{"If-Match", "W/\"a\""}}, state("W/\"a\"")), condition::failed);
  EXPECT_EQ(ask({{"If-Modified-Since", at}}), condition::not_modified);
  EXPECT_EQ(ask({{"If-Modified-Since", after}}), condition::not_modified);
  EXPECT_EQ(ask({{"If-Modified-Since", before}}), condition::met);
  EXPECT_EQ(ask({{"If-Modified-Since", "nonsense"}}), condition::met);
  EXPECT_EQ(ask({{"If-Unmodified-Since", at}}), condition::met);
  EXPECT_EQ(ask({{"If-Unmodified-Since", before}}), condition::failed);
  EXPECT_EQ(ask({{"If-Unmodified-Since", "nonsense"}}), condition::met);
  EXPECT_EQ(ask({{"If-Modified-Since", at}}, {"\"a\"", {}}), condition::met) << "no Last-Modified";
}

TEST(conditions, precedence) {  // RFC 9110, 13.2.2
  EXPECT_EQ(ask({{"If-Match", "\"a\""}, {"If-Unmodified-Since", before}}), condition::met)
      << "the date is not asked";
  EXPECT_EQ(ask({{"If-Match", "\"b\""}, {"If-None-Match", "\"a\""}}), condition::failed);
  EXPECT_EQ(ask({{"If-Match", "\"a\""}, {"If-None-Match", "\"a\""}}), condition::not_modified);
  EXPECT_EQ(ask({{"If-None-Match", "\"b\""}, {"If-Modified-Since", at}}), condition::met)
      << "the date is not asked";
  EXPECT_EQ(ask({{"If-Unmodified-Since", before}, {"If-Modified-Since", at}}), condition::failed);
}

std::string range(std::vector<http::headers::field> fields, std::uint64_t size,
                  const validators& v = state()) {
  http::headers all;
  for (auto& [name, value] : fields) all.add(name, value);
  range_request r = wanted_range(all, v, size);
  if (r.kind == range_request::answer::whole) return "whole";
  if (r.kind == range_request::answer::not_satisfiable) return "416";
  EXPECT_LE(r.part.first + r.part.length, size);
  return std::to_string(r.part.first) + "+" + std::to_string(r.part.length);
}
std::string range(const char* value, std::uint64_t size) { return range({{"Range", value}}, size); }

TEST(ranges, single) {
  EXPECT_EQ(range(std::vector<http::headers::field>(), 100), "whole");
  EXPECT_EQ(range("bytes=0-0", 100), "0+1");
  EXPECT_EQ(range("bytes=0-99", 100), "0+100");
  EXPECT_EQ(range("bytes=10-19", 100), "10+10");
  EXPECT_EQ(range("bytes=10-", 100), "10+90");
  EXPECT_EQ(range("bytes=10-1000", 100), "10+90");
  EXPECT_EQ(range("bytes=99-", 100), "99+1");
  EXPECT_EQ(range("bytes=-1", 100), "99+1");
  EXPECT_EQ(range("bytes=-100", 100), "0+100");
  EXPECT_EQ(range("bytes=-1000", 100), "0+100");
  EXPECT_EQ(range("Bytes=0-0", 100), "0+1") << "units have no case";
  EXPECT_EQ(range(" bytes= 0-0 ", 100), "0+1");
  EXPECT_EQ(range("bytes=0-99999999999999999999999999999", 100), "0+100");
  EXPECT_EQ(range("bytes=-99999999999999999999999999999", 100), "0+100");
}

TEST(ranges, not_satisfiable) {
  EXPECT_EQ(range("bytes=100-", 100), "416");
  EXPECT_EQ(range("bytes=100-200", 100), "416");
  EXPECT_EQ(range("bytes=-0", 100), "416");
  EXPECT_EQ(range("bytes=0-", 0), "416");
  EXPECT_EQ(range("bytes=99999999999999999999999999999-", 100), "416");
  EXPECT_EQ(range("bytes=-5", 0), "whole") << "all of nothing";
}

TEST(ranges, malformed_and_several_are_passed_over) {
  for (const char* other : {"", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=1",
                            "bytes=1-2x", "bytes=--1", "bytes=+1-2", "bytes=0x1-2", "lines=1-2",
                            "bytes=1 - 2", "bytes=0-0,5-6", "bytes=0-0, -1", "0-1", "bytes 0-1"})
    EXPECT_EQ(range(other, 100), "whole") << other;
  EXPECT_EQ(range({{"Range", "bytes=0-1"}, {"Range", "bytes=2-3"}}, 100), "whole");
}

TEST(ranges, if_range) {
  auto with = [](const char* if_range, const validators& v = state()) {
    return range({{"Range", "bytes=0-0"}, {"If-Range", if_range}}, 100, v);
  };
  EXPECT_EQ(with("\"a\""), "0+1");
  EXPECT_EQ(with("\"b\""), "whole");
  EXPECT_EQ(with("W/\"a\""), "whole") << "weak";
  EXPECT_EQ(with("W/\"a\"", state("W/\"a\"")), "whole") << "weak";
  EXPECT_EQ(with(at), "0+1");
  EXPECT_EQ(with(before), "whole");
  EXPECT_EQ(with(after), "whole") << "exactly";
  EXPECT_EQ(with("nonsense"), "whole");
  EXPECT_EQ(with(""), "whole");
}

TEST(accepted_coding, gzip_by_quality) {
  for (const char* yes :
       {"gzip", "GZip", "x-gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8, *;q=0.1", "*",
        "identity;q=0.5, gzip;q=0.5", "gzip;q=0.001", "gzip ; q=1.000", "deflate,,gzip",
        "*;q=0, gzip", "identity;q=0, *"})
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  for (const char* no :
       {"", "identity", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "gzip;q=0.5, identity",
        "gzip;q=0, *", "gzip;q=2", "gzip;q=nan", "gzip;q=-1", "gzip;q=", "gzip;x=1", "gzipped",
        "gzip;q=0.0001", "gzip;q=1.001", ";q=1", ",", "gzip;q=0.5;q=0"})
    EXPECT_FALSE(accepts_gzip(no)) << no;
}

}  // namespace
