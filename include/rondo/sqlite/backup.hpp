// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include <rondo/detail/unique_function.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace sqlite {

/// How far a backup has come, in pages of the database.
struct backup_progress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

struct backup_options {
  backup_options() noexcept = default;
  backup_options(int pages_a_step,
                 rondo::detail::unique_function<void(backup_progress)> told = {}) noexcept
      : pages(pages_a_step), progress(std::move(told)) {}

  /// Copied at a time.
  int pages = 1000;
  /// Called behind each step, on the loop's thread. What it throws ends the backup.
  rondo::detail::unique_function<void(backup_progress)> progress;
};

}}}  // namespace rondo::v0::sqlite
