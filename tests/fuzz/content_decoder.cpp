// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Compressed bodies. The first byte chooses the codings, the second how the rest is cut in
// pieces. A body gives the same however it is cut, in steps that are bounded.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/message/content_decoder.hpp"

namespace {

using rondo::http::detail::coding_error;
using rondo::http::detail::content_decoder;

constexpr std::size_t most = 4 << 20;  // of what a small input may become here
constexpr std::size_t bound = 64 * 1024;

void require(bool truth, int line = __builtin_LINE()) {
  if (truth) return;
  std::fprintf(stderr, "not true: line %d\n", line);
  std::abort();
}

struct decoded {
  std::string text;
  bool failed = false;
  bool whole = false;
};

decoded decode(std::string_view codings, std::string_view body, std::size_t piece) {
  decoded d;
  try {
    content_decoder decoder(codings);
    while ((!body.empty() || decoder.has_more()) && d.text.size() < most) {
      std::size_t before = d.text.size();
      std::string_view part = body.substr(0, piece);
      std::size_t taken = decoder.step(part, d.text);
      require(taken <= part.size());
      require(d.text.size() - before <= bound);
      body.remove_prefix(taken);
    }
    d.whole = decoder.at_end();
    require(d.whole == (decoder.unfinished().empty() && !decoder.has_more()));
  } catch (const coding_error&) {
    d.failed = true;
  }
  return d;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static constexpr const char* lists[] = {
      "gzip", "deflate", "br", "zstd", "br, gzip", "gzip, gzip", "deflate, zstd", "zstd, br"};
  const char* codings = lists[data[0] % std::size(lists)];
  std::size_t piece = data[1] % 64 + 1u;
  std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  decoded at_once = decode(codings, body, body.size());
  decoded in_pieces = decode(codings, body, piece);
  if (at_once.text.size() >= most || in_pieces.text.size() >= most) return 0;
  // What is not whole is an error, whether the decoder has noticed it yet or waits for more.
  bool sound = !at_once.failed && at_once.whole;
  require(sound == (!in_pieces.failed && in_pieces.whole));
  if (!sound) {  // what came before the error, as far as it was noticed late
    std::size_t common = std::min(at_once.text.size(), in_pieces.text.size());
    require(at_once.text.compare(0, common, in_pieces.text, 0, common) == 0);
    return 0;
  }
  require(at_once.text == in_pieces.text);
  return 0;
}
