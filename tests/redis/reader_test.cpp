// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Bytes to replies, however they are cut; and what no server may send.
#include "redis/reply_reader.hpp"

#include <gtest/gtest.h>
#include <optional>

namespace {

using rondo::redis::reply;
using rondo::redis::detail::reply_limits;
using rondo::redis::detail::reply_reader;
using found = reply_reader::found;
using kind = reply::kind;

struct result {
  std::vector<reply> replies;
  std::string violation;
  bool in_the_midst = false;
  bool operator==(const result&) const = default;
};

void take(reply_reader& reader, result& r) {
  for (;;) {
    switch (reader.next()) {
      case found::nothing:
        return;
      case found::reply:
        r.replies.push_back(std::move(reader.value()));
        break;
      case found::violation:
        r.violation = reader.violation();
        return;
    }
  }
}

result read(std::vector<std::string_view> pieces, reply_limits limits = {}) {
  reply_reader reader(limits);
  result r;
  for (std::string_view piece : pieces) {
    reader.feed(piece);
    take(reader, r);
    if (!r.violation.empty()) return r;
  }
  r.in_the_midst = reader.in_the_midst();
  return r;
}

std::string repeated(std::string_view text, int n) {
  std::string all;
  for (; n > 0; --n) all += text;
  return all;
}

TEST(redis_reader, every_type) {
  result r = read(
      {"+OK\r\n:-7\r\n$5\r\nhe\r\no\r\n$-1\r\n*-1\r\n-ERR no\r\n*2\r\n:1\r\n*1\r\n$0\r\n\r\n"});
  EXPECT_EQ(r.violation, "");
  ASSERT_EQ(r.replies.size(), 7u);
  EXPECT_EQ(r.replies[0], reply(kind::status, "OK"));
  EXPECT_EQ(r.replies[1], reply(-7));
  EXPECT_EQ(r.replies[2], reply(kind::string, "he\r\no"));
  EXPECT_TRUE(r.replies[3].is_nil());
  EXPECT_TRUE(r.replies[4].is_nil());
  EXPECT_EQ(r.replies[5], reply(kind::error, "ERR no"));
  std::vector<reply> inner{reply(kind::string, "")};
  std::vector<reply> outer{reply(1), reply(inner)};
  EXPECT_EQ(r.replies[6], reply(outer));
}

TEST(redis_reader, bytes_may_be_cut_at_any_two_places) {
  std::string bytes =
      "*3\r\n$3\r\nabc\r\n:42\r\n*2\r\n+st\r\n$-1\r\n-ERR "
      "x\r\n$12\r\nlonger\r\ntext\r\n*0\r\n:0\r\n";
  result whole = read({bytes});
  ASSERT_EQ(whole.replies.size(), 5u);
  EXPECT_FALSE(whole.in_the_midst);
  std::string_view all = bytes;
  for (std::size_t a = 0; a <= all.size(); ++a)
    for (std::size_t b = a; b <= all.size(); ++b)
      ASSERT_EQ(read({all.substr(0, a), all.substr(a, b - a), all.substr(b)}), whole)
          << "cut at " << a << " and " << b;
}

TEST(redis_reader, the_beginning_of_an_answer_is_none) {
  std::string_view bytes = "*2\r\n$3\r\nabc\r\n:1\r\n";
  for (std::size_t n = 1; n < bytes.size(); ++n) {
    result r = read({bytes.substr(0, n)});
    EXPECT_TRUE(r.replies.empty()) << n;
    EXPECT_TRUE(r.in_the_midst) << n;
  }
}

TEST(redis_reader, what_is_no_answer_is_a_violation) {
  std::vector<std::string> all{
      "hello\r\n",
      "$x\r\n",
      "$-2\r\n",
      "$3\r\nabcXY",
      "*-2\r\n",
      "*abc\r\n",
      ":12a\r\n",
      ":\r\n",
      "$99999999999999999999999\r\n",
      "*99999999999999999999999\r\n",
      repeated("*1\r\n", 5000),
      std::string(100'000, '+'),
      ":" + std::string(1000, '1'),
      "$" + std::string(1000, '1'),
      "*" + std::string(1000, '1'),
      std::string(20, '\0'),
  };
  for (const std::string& bytes : all) {
    result r = read({bytes});
    EXPECT_NE(r.violation, "") << bytes.substr(0, 40);
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      single.push_back(std::string_view(bytes).substr(i, 1));
    EXPECT_NE(read(single).violation, "") << bytes.substr(0, 40);
  }
}

TEST(redis_reader, a_length_over_the_limit_is_refused_before_its_bytes_come) {
  reply_limits limits{.bulk = 1000, .elements = 100};
  EXPECT_EQ(read({"$1000\r\n"}, limits).violation, "");
  EXPECT_EQ(read({"$1001\r\n"}, limits).violation,
            "a string of 1001 bytes, over the limit of 1000 bytes");
  EXPECT_EQ(read({"$1001\r\n" + std::string(1001, 'x') + "\r\n"}, limits).violation,
            "a string of 1001 bytes, over the limit of 1000 bytes");
  EXPECT_EQ(read({"$536870912\r\n"}).violation,
            "a string of 536870912 bytes, over the limit of 67108864 bytes");
  EXPECT_EQ(read({"*100\r\n"}, limits).violation, "");
  EXPECT_EQ(read({"*101\r\n"}, limits).violation,
            "an array of 101 in an answer of at most 100 elements");
  EXPECT_NE(read({"*2147483647\r\n"}).violation, "");
  // Together, too: what nests arrays must not have a limit a level.
  EXPECT_EQ(read({"*2\r\n*50\r\n" + repeated(":1\r\n", 50) + "*49\r\n"}, limits).violation,
            "an array of 49 in an answer of at most 100 elements");
  EXPECT_EQ(read({"*60\r\n" + repeated(":1\r\n", 60) + "*60\r\n" + repeated(":1\r\n", 60)}, limits)
                .replies.size(),
            2u);
}

// Each within its limit, many are memory without one.
TEST(redis_reader, the_strings_of_an_answer_have_a_limit_together) {
  reply_limits limits{.bulk = 1000, .bytes = 1500};
  std::string text = std::string(600, 'x') + "\r\n";
  std::string bulk = "$600\r\n" + text;
  const std::string why = "a string of 600 bytes in an answer of at most 1500 bytes";
  EXPECT_EQ(read({"*2\r\n" + bulk + bulk}, limits).replies.size(), 1u);
  EXPECT_EQ(read({"*3\r\n" + bulk + bulk + bulk}, limits).violation, why);
  // Before its bytes come, and in an inner array.
  EXPECT_EQ(read({"*3\r\n" + bulk + bulk + "$600\r\n"}, limits).violation, why);
  EXPECT_EQ(read({"*2\r\n*2\r\n" + bulk + bulk + "*1\r\n" + bulk}, limits).violation, why);
  EXPECT_EQ(read({"*3\r\n+" + text + "-" + text + "+" + text}, limits).violation, why);
  // Each answer has its own.
  EXPECT_EQ(
      read({bulk + bulk + bulk + "*1\r\n" + bulk + "*2\r\n" + bulk + bulk}, limits).replies.size(),
      5u);
}

TEST(redis_reader, arrays_are_nested_so_deep_and_no_deeper) {
  reply_limits limits{.depth = 3};
  EXPECT_EQ(read({repeated("*1\r\n", 3) + ":1\r\n"}, limits).replies.size(), 1u);
  EXPECT_EQ(read({repeated("*1\r\n", 4)}, limits).violation, "arrays nested more than 3 deep");
  EXPECT_EQ(read({"*2\r\n:1\r\n" + repeated("*1\r\n", 3)}, limits).violation,
            "arrays nested more than 3 deep");
  EXPECT_EQ(read({repeated("*1\r\n", 3) + "*0\r\n"}, limits).violation,
            "arrays nested more than 3 deep");
}

TEST(redis_reader, after_a_violation_nothing_is_read) {
  reply_reader reader({});
  reader.feed("?\r\n");
  EXPECT_EQ(reader.next(), found::violation);
  reader.feed("+OK\r\n");
  EXPECT_EQ(reader.next(), found::violation);
}

TEST(redis_reader, large_strings_come_whole) {
  std::string text(3'000'000, 'z');
  std::string bytes = "$3000000\r\n" + text + "\r\n";
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < bytes.size(); at += 65536)
    pieces.push_back(std::string_view(bytes).substr(at, 65536));
  result r = read(pieces);
  ASSERT_EQ(r.replies.size(), 1u) << r.violation;
  EXPECT_TRUE(r.replies[0].text() == text);
}

}  // namespace
