// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace rondo { inline namespace v0 {

/// How a process ended.
class exit_status {
 public:
  constexpr exit_status() noexcept = default;
  static constexpr exit_status exited(int code) noexcept { return exit_status(code, 0); }
  static constexpr exit_status killed(int signal) noexcept { return exit_status(0, signal); }

  /// It exited with 0.
  constexpr bool success() const noexcept { return code_ == 0 && signal_ == 0; }
  /// What it exited with; 0 when a signal killed it.
  constexpr int code() const noexcept { return code_; }
  /// The signal that killed it, or 0.
  constexpr int signal() const noexcept { return signal_; }
  /// Python's returncode: the code, or the signal as a negative number.
  constexpr int returncode() const noexcept { return signal_ ? -signal_ : code_; }
  /// "exited with 2", "killed by SIGKILL".
  std::string describe() const;

  friend constexpr bool operator==(exit_status, exit_status) noexcept = default;

 private:
  constexpr exit_status(int code, int signal) noexcept : code_(code), signal_(signal) {}
  int code_ = 0;
  int signal_ = 0;
};

}}  // namespace rondo::v0
