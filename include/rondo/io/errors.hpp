// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 {

/// The stream ended before what was asked for had come (asyncio.IncompleteReadError).
class incomplete_read_error : public error {
 public:
  incomplete_read_error(const std::string& what, std::string partial)
      : error(what), partial_(std::move(partial)) {}
  /// What had come; it is no longer in the stream.
  const std::string& partial() const noexcept { return partial_; }

 private:
  std::string partial_;
};

/// No separator within the stream's limit (asyncio.LimitOverrunError). Nothing
/// is taken from the stream.
class limit_overrun_error : public error {
 public:
  using error::error;
};

}}  // namespace rondo::v0
