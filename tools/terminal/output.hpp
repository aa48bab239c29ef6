// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "coro/line_writer.hpp"

namespace tool {

/// What a subcommand is there to write. Whoever reads it may be slow, or stop: the
/// loop goes on, up to 16 MiB; nothing is lost unless they have gone.
class output {
 public:
  explicit output(int fd) : out_(fd, rondo::detail::line_writer::when_full::wait, 16u << 20) {}

  void write(std::string_view text) noexcept { out_.write(text); }
  bool behind() const noexcept { return out_.behind(); }
  /// Waits until all is written. Throws rondo::error (`write to standard output:
  /// No space left on device`).
  void finish();
  /// Throws that if a write has failed.
  void check() const;

 private:
  rondo::detail::line_writer out_;
};

/// A line on standard error.
void complain(std::string_view line);

}  // namespace tool
