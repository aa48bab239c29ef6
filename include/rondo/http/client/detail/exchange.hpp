// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <rondo/coro/task.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

/// One request and its reply, over whatever carries them: a connection of HTTP/1.1,
/// where one follows the other; later a stream of HTTP/2. What a request needs of it.
class exchange {
 public:
  /// The next piece of the request's body, empty at its end.
  virtual task<std::string> read_body() = 0;

 protected:
  exchange() = default;
  ~exchange() = default;
};

}}}  // namespace rondo::v0::http::detail
