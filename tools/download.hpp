// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <rondo/coro/task.hpp>
#include <rondo/http/client.hpp>
#include <rondo/loop/time.hpp>

#include "get_list.hpp"
#include "progress.hpp"

namespace tool {

/// How to get files.
struct download_settings {
  std::string directory = ".";
  int retries = 3;
  rondo::delay retry_delay = std::chrono::milliseconds(500);
  std::optional<rondo::delay> timeout;  ///< for a file, retries included
  bool keep_existing = false;
  bool always_hash = false;
};

/// How it went with one.
struct download_result {
  std::string error;    ///< the cause; empty: it arrived
  std::string path;
  std::string sha256;   ///< when it was computed
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
