// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The codec, fed whole and byte by byte.
#include "http/websocket/frames.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/websocket_frames.hpp"

namespace {

using namespace rondo::http::detail;
using found = frame_reader::found;
using test::frame;
using test::masked;

std::string describe(found f) {
  constexpr const char* names[] = {"nothing", "text",  "binary",   "ping",
                                   "pong",    "close", "violation"};
  return names[static_cast<unsigned char>(f)];
}

/// What a reader finds in bytes that come in pieces of n.
std::string read(std::string_view bytes, std::size_t n, side self = side::server,
                 std::size_t max = 1 << 20) {
  frame_reader reader(self, max);
  std::string log;
  for (std::size_t at = 0; at < bytes.size(); at += n) {
    std::string_view piece = bytes.substr(at, n);
    for (;;) {
      found f = reader.next(piece);
      if (f == found::nothing) break;
      if (!log.empty()) log += " ";
      log += describe(f);
      if (f == found::close || f == found::violation)
        return log + " " + std::to_string(reader.code());
      std::string payload = reader.take_payload();
      log += ":" + (payload.size() > 20 ? std::to_string(payload.size()) : payload);
    }
    EXPECT_TRUE(piece.empty());
  }
  return log;
}

/// The same however the bytes are cut.
std::string read_all_ways(const std::string& bytes, side self = side::server,
                          std::size_t max = 1 << 20) {
  std::string whole = read(bytes, bytes.size(), self, max);
  for (std::size_t n : {1, 2, 3, 7, 4096, 4099})
    EXPECT_EQ(read(bytes, n, self, max), whole) << "in pieces of " << n;
  return whole;
}

std::string code_payload(unsigned code, const std::string& reason = {}) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)} + reason;
}

TEST(websocket_frames, finds_what_was_framed_at_each_size_of_the_length) {
  for (side sender : {side::client, side::server}) {
    side receiver = sender == side::client ? side::server : side::client;
    for (std::size_t n : {0, 1, 124, 125, 126, 127, 65534, 65535, 65536, 65537, 200'000}) {
      std::string payload(n, 'x');
      for (std::size_t i = 0; i < n; ++i) payload[i] = static_cast<char>('a' + i % 26);
      std::string bytes;
      append_frame(bytes, sender, opcode::binary, true, payload);
      EXPECT_EQ(bytes.size(), n +
                                  (n < 126     ? 2
                                   : n < 65536 ? 4
                                               : 10) +
                                  (sender == side::client ? 4 : 0));
      frame_reader reader(receiver, 1 << 20);
      std::string_view input = bytes;
      ASSERT_EQ(reader.next(input), found::binary) << n;
      EXPECT_EQ(reader.take_payload(), payload) << n;
      EXPECT_EQ(reader.next(input), found::nothing);
    }
  }
}

TEST(websocket_frames, masks_differ) {
  std::string a;
  std::string b;
  append_frame(a, side::client, opcode::text, true, "the same text");
  append_frame(b, side::client, opcode::text, true, "the same text");
  EXPECT_NE(a, b);
  EXPECT_EQ(a.find("same"), a.npos);
}

TEST(websocket_frames, a_server_does_not_mask_after_a_client_did_on_the_same_thread) {
  std::string bytes;
  append_frame(bytes, side::client, opcode::text, true, "hello");
  bytes.clear();
  append_frame(bytes, side::server, opcode::text, true, "hello");
  EXPECT_EQ(bytes, "\x81\x05hello");
}

TEST(websocket_frames, fragments_make_one_message_with_control_frames_between_them) {
  EXPECT_EQ(read_all_ways(masked(0x01, "Hel") + masked(0x89, "are you there") + masked(0x00, "lo") +
                          masked(0x8A, "") + masked(0x80, "!")),
            "ping:are you there pong: text:Hello!");
  EXPECT_EQ(read_all_ways(masked(0x02, "") + masked(0x00, "") + masked(0x80, "")), "binary:");
  EXPECT_EQ(read_all_ways(masked(0x81, "one") + masked(0x82, "two") + masked(0x01, "th") +
                          masked(0x80, "ree")),
            "text:one binary:two text:three");
}

TEST(websocket_frames, only_the_six_opcodes_are_known) {
  for (unsigned code = 0; code < 16; ++code) {
    std::string got = read_all_ways(masked(static_cast<unsigned char>(0x80 | code), ""));
    std::string expected = code == 1    ? "text:"
                           : code == 2  ? "binary:"
                           : code == 8  ? "close 0"
                           : code == 9  ? "ping:"
                           : code == 10 ? "pong:"
                                        : "violation 1002";
    EXPECT_EQ(got, expected) << "opcode " << code;
  }
}

TEST(websocket_frames, refuses_what_the_protocol_forbids) {
  for (unsigned char bit : {0x40, 0x20, 0x10})
    EXPECT_EQ(read_all_ways(masked(static_cast<unsigned char>(0x81 | bit), "x")), "violation 1002")
        << "reserved bit";
  EXPECT_EQ(read_all_ways(frame(0x81, "unmasked")), "violation 1002");
  EXPECT_EQ(read_all_ways(masked(0x81, "masked"), side::client), "violation 1002");
  EXPECT_EQ(read_all_ways(masked(0x80, "continues nothing")), "violation 1002");
  EXPECT_EQ(read_all_ways(masked(0x01, "a") + masked(0x81, "b")), "violation 1002")
      << "a text in a text";
  EXPECT_EQ(read_all_ways(masked(0x01, "a") + masked(0x02, "b")), "violation 1002");
  EXPECT_EQ(read_all_ways(masked(0x09, "a ping in parts")), "violation 1002");
  EXPECT_EQ(read_all_ways(masked(0x08, "")), "violation 1002");
  EXPECT_EQ(read_all_ways(masked(0x89, std::string(126, 'p'))), "violation 1002") << "a long ping";
  EXPECT_EQ(read_all_ways(masked(0x89, std::string(125, 'p'))), "ping:125");
}

TEST(websocket_frames, a_length_must_be_in_its_shortest_form_and_below_two_to_the_63) {
  auto head = [](std::string length) {
    return std::string("\x82", 1) + length + std::string(4, '\0');
  };
  EXPECT_EQ(read_all_ways(head(std::string("\xFE\x00\x7D", 3)) + std::string(125, 'x')),
            "violation 1002");
  EXPECT_EQ(read_all_ways(head(std::string("\xFF\0\0\0\0\0\0\xFF\xFF", 9)) + std::string(9, 'x')),
            "violation 1002");
  EXPECT_EQ(read_all_ways(head(std::string("\xFF\x80\0\0\0\0\0\0\0", 9)) + "x"), "violation 1002");
  EXPECT_EQ(read_all_ways(head(std::string("\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9)) + "x"),
            "violation 1009");
}

TEST(websocket_frames, a_message_has_a_limit_in_one_frame_and_in_many) {
  EXPECT_EQ(read_all_ways(masked(0x82, std::string(100, 'x')), side::server, 100), "binary:100");
  EXPECT_EQ(read_all_ways(masked(0x82, std::string(101, 'x')), side::server, 100),
            "violation 1009");
  EXPECT_EQ(read_all_ways(masked(0x02, std::string(60, 'x')) + masked(0x80, std::string(40, 'x')),
                          side::server, 100),
            "binary:100");
  EXPECT_EQ(read_all_ways(masked(0x02, std::string(60, 'x')) + masked(0x80, std::string(41, 'x')),
                          side::server, 100),
            "violation 1009");
  // A ping is no part of it.
  EXPECT_EQ(read_all_ways(masked(0x02, std::string(60, 'x')) + masked(0x89, std::string(100, 'p')) +
                              masked(0x80, std::string(40, 'x')),
                          side::server, 100),
            "ping:100 binary:100");
}

TEST(websocket_frames, text_must_be_utf8_however_it_is_cut) {
  for (std::string good :
       {"", "plain", "\xC2\xA2", "\xE2\x82\xAC", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x8D\x88",
        "\xF4\x8F\xBF\xBF", "k\xC3\xB6nnen so viele Bytes sein, wie sie wollen \xE2\x82\xAC"}) {
    std::string got = read_all_ways(masked(0x81, good));
    EXPECT_EQ(got.substr(0, 5), "text:") << good;
    for (std::size_t cut = 0; cut <= good.size(); ++cut)
      EXPECT_EQ(read_all_ways(masked(0x01, good.substr(0, cut)) + masked(0x80, good.substr(cut))),
                got)
          << good << cut;
  }
  for (std::string bad :
       {"\x80", "\xC2", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF",
        "a\xC3(b", "eight ASCII letters and then \xE2\x82(", "\xF0\x90\x8D"}) {
    EXPECT_EQ(read_all_ways(masked(0x81, bad)), "violation 1007") << bad;
    for (std::size_t cut = 0; cut <= bad.size(); ++cut)
      EXPECT_EQ(read_all_ways(masked(0x01, bad.substr(0, cut)) + masked(0x80, bad.substr(cut))),
                "violation 1007")
          << bad << cut;
  }
  EXPECT_EQ(read_all_ways(masked(0x82, "\xFF\xFE")), "binary:\xFF\xFE");
}

TEST(websocket_frames, bad_text_is_refused_before_the_message_is_whole) {
  EXPECT_EQ(read(masked(0x01, "\xFF"), 1000), "violation 1007");
}

TEST(websocket_frames, a_close_has_a_code_that_may_be_sent_and_text_for_a_reason) {
  EXPECT_EQ(read_all_ways(masked(0x88, "")), "close 0");
  EXPECT_EQ(read_all_ways(masked(0x88, "\x03")), "violation 1002");
  for (unsigned code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535})
    EXPECT_EQ(read_all_ways(masked(0x88, code_payload(code))), "violation 1002") << code;
  for (unsigned code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                        3000, 3999, 4000, 4999})
    EXPECT_EQ(read_all_ways(masked(0x88, code_payload(code, "because"))),
              "close " + std::to_string(code));
  EXPECT_EQ(read_all_ways(masked(0x88, code_payload(1000, std::string(123, 'r')))), "close 1000");
  EXPECT_EQ(read_all_ways(masked(0x88, code_payload(1000, "\xFF"))), "violation 1007");
  EXPECT_EQ(read_all_ways(masked(0x88, code_payload(1000, "cut \xE2\x82"))), "violation 1007");
  // In pieces, which some libraries check wrongly.
  EXPECT_EQ(read_all_ways(masked(0x88, code_payload(1000, "\xE2\x82\xAC\xE2\x82\xAC"))),
            "close 1000");
}

TEST(websocket_frames, many_small_frames_at_once_are_all_found) {
  std::string bytes;
  for (int i = 0; i < 3000; ++i) bytes += masked(0x82, "");
  frame_reader reader(side::server, 100);
  std::string_view input = bytes;
  int n = 0;
  while (reader.next(input) == found::binary) ++n;
  EXPECT_EQ(n, 3000);
}

TEST(websocket_frames, a_reader_that_dies_in_mid_frame_leaves_nothing_to_the_next) {
  std::string bytes = masked(0x82, "a whole frame");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    {
      frame_reader reader(side::server, 100);
      std::string_view part = std::string_view(bytes).substr(0, cut);
      reader.next(part);
    }
    EXPECT_EQ(read(bytes, 1000), "binary:a whole frame") << cut;
  }
}

}  // namespace
