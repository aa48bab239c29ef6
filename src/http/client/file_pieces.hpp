// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <rondo/coro/async_generator.hpp>
#include <rondo/io/file.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

struct file_range {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
/// From its position to its end, as it is now; nothing for what is no regular file.
std::optional<file_range> rest_of(const file& f);

/// The bytes of a regular file. Ends early when the file has become shorter.
async_generator<std::string> file_pieces(file& f, std::uint64_t offset, std::uint64_t length);
/// What a pipe or a device gives, to its end.
async_generator<std::string> stream_pieces(file& f);

}}}  // namespace rondo::v0::http::detail
