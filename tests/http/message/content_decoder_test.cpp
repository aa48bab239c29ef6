// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Bodies that are compressed, well and badly, cut everywhere.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http/message/content_decoder.hpp"

#include "support/compressed.hpp"

namespace {

using rondo::http::detail::coding_error;
using rondo::http::detail::content_decoder;
using test::compressed;

/// What a body becomes, or how it failed: "malformed", or "ends in its gzip stream".
std::string decoded(const std::string& codings, std::string_view body, std::size_t piece) {
  std::string text;
  try {
    content_decoder decoder(codings);
    while (!body.empty() || decoder.has_more()) {
      std::size_t before = text.size();
      body.remove_prefix(decoder.step(body.substr(0, piece), text));
      EXPECT_LE(text.size() - before, 64u * 1024);
    }
    if (!decoder.at_end()) return "ends in its " + std::string(decoder.unfinished()) + " stream";
  } catch (const coding_error&) {
    return "malformed";
  }
  return text;
}

const std::string text = [] {
  std::string all;
  for (int i = 0; i < 300; ++i) all += "line " + std::to_string(i * i % 97) + "\n";
  return all;
}();

TEST(http_content_decoder, undoes_what_others_do_however_it_is_cut) {
  for (const std::string& coding : test::codings()) {
    SCOPED_TRACE(coding);
    std::string body = compressed(coding, text);
    std::string wire_name = coding == "bare deflate" ? "deflate" : coding;
    for (std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, body.size()})
      EXPECT_EQ(decoded(wire_name, body, piece), text);
    EXPECT_EQ(decoded(wire_name, "", 1), "") << "no body is no stream";
    EXPECT_EQ(decoded(wire_name, compressed(coding, ""), 1), "");
  }
}

TEST(http_content_decoder, a_cut_stream_is_not_whole) {
  for (const std::string& coding : test::codings()) {
    SCOPED_TRACE(coding);
    std::string body = compressed(coding, text);
    std::string wire_name = coding == "bare deflate" ? "deflate" : coding;
    for (std::size_t size = 1; size < body.size(); ++size)
      EXPECT_EQ(decoded(wire_name, body.substr(0, size), 64),
                "ends in its " + wire_name + " stream")
          << size;
  }
}

#if RONDO_TEST_ZLIB
TEST(http_content_decoder, names_and_lists) {
  std::string once = compressed("gzip", text);
  EXPECT_EQ(decoded("X-GZIP", once, 100), text);
  EXPECT_EQ(decoded("identity", "as it is", 100), "as it is");
  EXPECT_EQ(decoded("", "as it is", 100), "as it is");
  EXPECT_EQ(decoded(" , identity ,gzip,", once, 100), text);
  EXPECT_EQ(decoded("compress", once, 100), "malformed");
  EXPECT_EQ(decoded("gzip;q=1", once, 100), "malformed");
  // In the order in which they were applied (RFC 9110, 8.4).
  for (std::size_t piece : {1u, 5u, 1000u}) {
    std::string both = compressed("gzip", compressed("deflate", text));
    EXPECT_EQ(decoded("deflate, gzip", both, piece), text);
    EXPECT_EQ(decoded("gzip, deflate", both, piece), "malformed");
    EXPECT_EQ(decoded("gzip,gzip,gzip,gzip",
                      compressed("gzip", compressed("gzip", compressed("gzip", once))), piece),
              text);
    // Of either stream.
    EXPECT_EQ(decoded("deflate, gzip", both.substr(0, both.size() - 9), piece),
              "ends in its gzip stream");
    std::string inner = compressed("deflate", text);
    EXPECT_EQ(
        decoded("deflate, gzip", compressed("gzip", inner.substr(0, inner.size() - 1)), piece),
        "ends in its deflate stream");
  }
  EXPECT_EQ(decoded("gzip,gzip,gzip,gzip,gzip", once, 100), "malformed") << "no more than four";
}

TEST(http_content_decoder, what_follows_the_end) {
  std::string once = compressed("gzip", text);
  for (std::size_t piece : {1u, 3u, 10000u}) {
    EXPECT_EQ(decoded("gzip", once + once, piece), text + text) << "members";
    EXPECT_EQ(decoded("gzip", once + once.substr(0, once.size() - 1), piece),
              "ends in its gzip stream");
    EXPECT_EQ(decoded("gzip", once + std::string(512, '\0'), piece), text) << "padding";
    EXPECT_EQ(decoded("gzip", once + "garbage" + once, piece), text);
    EXPECT_EQ(decoded("deflate", compressed("deflate", text) + "garbage", piece), text);
    EXPECT_EQ(decoded("gzip", once + std::string(100'000, '\0'), piece), "malformed")
        << "that is no padding";
  }
}

TEST(http_content_decoder, what_is_not_compressed_as_it_says) {
  std::string body = compressed("gzip", text);
  body[body.size() - 6] ^= 1;  // its sum
  EXPECT_EQ(decoded("gzip", body, 10), "malformed");
  EXPECT_EQ(decoded("gzip", "plain text", 10), "malformed");
  EXPECT_EQ(decoded("deflate", "plain text", 10), "malformed");
  EXPECT_EQ(decoded("gzip", compressed("deflate", text), 10), "malformed");
}

TEST(http_content_decoder, works_in_bounded_steps) {
  std::string bomb = compressed("gzip", compressed("gzip", std::string(50'000'000, 'x')));
  std::size_t size = 0;
  std::string_view rest = bomb;
  content_decoder decoder("gzip, gzip");
  while (!rest.empty() || decoder.has_more()) {
    std::string piece;
    rest.remove_prefix(decoder.step(rest, piece));
    ASSERT_LE(piece.size(), 64u * 1024);
    size += piece.size();
  }
  EXPECT_EQ(size, 50'000'000u);
  EXPECT_TRUE(decoder.at_end());
}
#endif

#if RONDO_TEST_BROTLIENC
TEST(http_content_decoder, brotli_ends_where_it_ends) {
  EXPECT_EQ(decoded("br", compressed("br", text) + "garbage", 10), text);
  EXPECT_EQ(decoded("br", "plain text, that is none", 10), "malformed");
}
#endif

#if RONDO_TEST_ZSTD
TEST(http_content_decoder, zstd_frames_follow_each_other) {
  std::string once = compressed("zstd", text);
  std::string skipped = std::string("\x50\x2a\x4d\x18\x03\x00\x00\x00", 8) + "abc";
  for (std::size_t piece : {1u, 3u, 10000u}) {
    EXPECT_EQ(decoded("zstd", once + skipped + once, piece), text + text);
    EXPECT_EQ(decoded("zstd", once + once.substr(0, once.size() - 1), piece),
              "ends in its zstd stream");
    EXPECT_EQ(decoded("zstd", once + "garbage", piece), "malformed");
  }
}

TEST(http_content_decoder, zstd_of_before_its_standard_is_none) {
  std::string v5("\x25\xb5\x2f\xfd\x01\x00\x00\x00", 8);
  for (std::size_t piece : {1u, 3u, 10000u}) {
    EXPECT_EQ(decoded("zstd", v5, piece), "malformed");
    EXPECT_EQ(decoded("zstd", compressed("zstd", text) + v5, piece), "malformed");
  }
}

// An empty block that calls itself compressed: an error to the library where the frame comes
// whole, and none where it comes in pieces.
TEST(http_content_decoder, zstd_is_the_same_however_it_is_cut) {
  constexpr std::string_view frame("\x28\xb5\x2f\xfd\x23\0\0\0\0\0\x05\0\0", 13);
  for (std::size_t piece : {1, 2, 5, 12, 13}) EXPECT_EQ(decoded("zstd", frame, piece), "") << piece;
}

// Its last block is empty: the library compares the sizes only where it sees the frame at once.
TEST(http_content_decoder, zstd_of_less_than_it_declares_is_malformed) {
  constexpr std::string_view frame(
      "\x28\xb5\x2f\xfd\x23\0\0\0\0\x76"  // 118 bytes
      "\x01\0\0",
      13);
  for (std::size_t piece : {1, 2, 5, 12, 13})
    EXPECT_EQ(decoded("zstd", frame, piece), "malformed") << piece;
}

TEST(http_content_decoder, zstd_windows_are_limited) {
  auto with_window = [](int log) {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, log);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    std::string content(100, 'x');
    std::string to(1000, '\0');
    ZSTD_outBuffer out{to.data(), to.size(), 0};
    ZSTD_inBuffer in{content.data(), content.size(), 0};
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue);
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
    ZSTD_freeCCtx(context);
    return to.substr(0, out.pos);
  };
  EXPECT_EQ(decoded("zstd", with_window(23), 50), std::string(100, 'x'));
  EXPECT_EQ(decoded("zstd", with_window(24), 50), "malformed") << "a window of 16 MiB";
}
#endif

}  // namespace
