// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/exit_status.hpp>

#include <csignal>
#include <cstring>

namespace rondo { inline namespace v0 {

std::string exit_status::describe() const {
  if (signal_ == 0) return "exited with " + std::to_string(code_);
  const char* name = sigabbrev_np(signal_);
  return name ? std::string("killed by SIG") + name : "killed by signal " + std::to_string(signal_);
}

}}  // namespace rondo::v0
