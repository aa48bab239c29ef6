// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace rondo { inline namespace v0 { namespace pg {

/// What `notify` has sent, or that some of it may have been missed.
struct notification {
  std::string channel;
  std::string payload;
  int server_process = 0;  ///< of who sent it
  /// The connection was lost and stands again: what was sent meanwhile is lost, so read again
  /// what it would have told of. Everything else is empty.
  bool reconnected = false;
};

}}}  // namespace rondo::v0::pg
