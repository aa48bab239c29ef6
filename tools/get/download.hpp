// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/coro/task.hpp>
#include <rondo/http/client.hpp>
#include <rondo/loop/time.hpp>

#include "get/get_list.hpp"
#include "get/rate_limit.hpp"
#include "terminal/progress.hpp"

namespace tool {

/// How to get files.
struct download_settings {
  std::string directory = ".";
  int retries = 3;
  int connections = 1;  ///< for one file
  rondo::delay retry_delay = std::chrono::milliseconds(500);
  std::optional<rondo::delay> timeout;  ///< for a file, retries included
  bool keep_existing = false;
  bool always_hash = false;
  bool adopt = false;            ///< goes on with what another program has left
  rondo::http::headers headers;  ///< sent along
  rate_limit* rate = nullptr;    ///< null: none
};

/// A request for what a download wants: the file as it is, with these settings.
rondo::http::request_options base_request(const download_settings& settings);

/// Content-Range: "bytes 5-9/10" (RFC 9110, 14.4).
struct content_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> total;
};
std::optional<content_range> parse_content_range(std::string_view text);

/// Text by which a later request can say "if it is still this one" (RFC 9110,
/// 13.1.5): a strong ETag, or a date that a second version cannot share. May be empty.
std::string validator_of(const rondo::http::headers& fields);

/// How it went with one.
struct download_result {
  std::string error;  ///< the cause; empty: it arrived
  std::string path;
  std::string sha256;  ///< when it was computed
  std::uint64_t bytes = 0;
  std::uint64_t resumed_from = 0;
  int attempts = 0;
  double seconds = 0;
  bool existed = false;  ///< and was not fetched

  bool ok() const noexcept { return error.empty(); }
};

/// Gets one file: tries again what may go better then, goes on with what is
/// there. Gives failures in the result. Cancelling it leaves a part that a later
/// run goes on with.
rondo::task<download_result> download(rondo::http::session& session, const wanted_file& file,
                                      const download_settings& settings, progress& shown);

}  // namespace tool
