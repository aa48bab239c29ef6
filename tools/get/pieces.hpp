// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/http/client.hpp>

#include "get/download.hpp"
#include "get/partial_file.hpp"
#include "terminal/progress.hpp"
#include "trouble.hpp"

namespace tool {

/// Smaller ones are not asked for: each costs a request.
constexpr std::uint64_t smallest_piece = 1u << 20;

/// A file to get in pieces, over several connections and from several servers.
struct pieces_wanted {
  rondo::http::session& session;
  const download_settings& settings;
  partial_file& part;  ///< its validator and its length are known
  progress::entry& shown;
  /// The first is the one that told the version; the others are mirrors.
  std::vector<std::string> urls;
  bool has_sha256 = false;
  int& attempts;
  /// Called with a mirror and why it is not used.
  std::function<void(std::string_view url, std::string_view cause)> left_out;
};

/// Gets what is missing of the part. A piece that fails is tried again as a file is; a
/// connection that fails for good leaves its work to the others. What is not of the
/// version that the part has never gets into it: then the verdict says to start over.
///
/// `first`: a response at hand with the bytes from 0 to `first_end`. Cancelling it
/// leaves a part that a later run goes on with. Throws std::system_error.
rondo::task<verdict> get_pieces(pieces_wanted what, std::optional<rondo::http::transfer> first,
                                std::uint64_t first_end);

}  // namespace tool
