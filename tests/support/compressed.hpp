// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Compresses, as servers do. Only with the libraries that the build has found.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#if RONDO_TEST_ZLIB
#include <zlib.h>
#endif
#if RONDO_TEST_BROTLIENC
#include <brotli/encode.h>
#endif
#if RONDO_TEST_ZSTD
#include <zstd.h>
#endif

namespace test {

/// Those that compressed() knows: names of content codings, and "bare deflate".
inline std::vector<std::string> codings() {
  std::vector<std::string> all;
#if RONDO_TEST_ZLIB
  all = {"gzip", "deflate", "bare deflate"};
#endif
#if RONDO_TEST_BROTLIENC
  all.emplace_back("br");
#endif
#if RONDO_TEST_ZSTD
  all.emplace_back("zstd");
#endif
  return all;
}

inline std::string compressed(const std::string& coding, const std::string& text) {
#if RONDO_TEST_ZLIB
  if (coding == "gzip" || coding == "deflate" || coding == "bare deflate") {
    int window = coding == "gzip" ? 15 + 16 : coding == "deflate" ? 15 : -15;
    z_stream s{};
    deflateInit2(&s, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&s, text.size()) + 100, '\0');
    s.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    s.avail_in = static_cast<uInt>(text.size());
    s.next_out = reinterpret_cast<Bytef*>(out.data());
    s.avail_out = static_cast<uInt>(out.size());
    deflate(&s, Z_FINISH);
    out.resize(s.total_out);
    deflateEnd(&s);
    return out;
  }
#endif
#if RONDO_TEST_BROTLIENC
  if (coding == "br") {
    std::size_t size = BrotliEncoderMaxCompressedSize(text.size()) + 100;
    std::string out(size, '\0');
    BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, text.size(),
                          reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                          reinterpret_cast<std::uint8_t*>(out.data()));
    out.resize(size);
    return out;
  }
#endif
#if RONDO_TEST_ZSTD
  if (coding == "zstd") {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
  }
#endif
  throw std::invalid_argument("no such coding here: " + coding);
}

}  // namespace test
