// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <rondo/coro/task.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

/// Where a request's body comes from: whatever carries the request, a connection of HTTP/1.1,
/// later a stream of HTTP/2.
class body_source {
 public:
  /// Its next piece, empty at its end.
  virtual task<std::string> read_body() = 0;

 protected:
  body_source() = default;
  ~body_source() = default;
};

}}}  // namespace rondo::v0::http::detail
