// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/file_pieces.hpp"

#include <sys/stat.h>
#include <algorithm>

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {
constexpr std::uint64_t piece_size = 128 * 1024;  // what a cached file gives in one step
}  // namespace

std::optional<file_range> rest_of(const file& f) {
  struct stat info{};
  if (::fstat(f.fd(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  std::uint64_t size = f.size();
  std::uint64_t offset = std::min(f.position(), size);
  return file_range{offset, size - offset};
}

async_generator<std::string> file_pieces(file& f, std::uint64_t offset, std::uint64_t length) {
  while (length > 0) {
    std::string piece(static_cast<std::size_t>(std::min(length, piece_size)), '\0');
    std::size_t got = co_await f.pread(piece, offset);
    if (got == 0) co_return;
    piece.resize(got);
    offset += got;
    length -= got;
    co_yield std::move(piece);
  }
}

async_generator<std::string> stream_pieces(file& f) {
  for (;;) {
    std::string piece(static_cast<std::size_t>(piece_size), '\0');
    std::size_t got = co_await f.read_some(piece);
    if (got == 0) co_return;
    piece.resize(got);
    co_yield std::move(piece);
  }
}

}}}  // namespace rondo::v0::http::detail
