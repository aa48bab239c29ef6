// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace rondo { inline namespace v0 { namespace pg {

/// What the server says beside its answers: warnings, `raise notice` of functions.
struct notice {
  std::string severity;  ///< "WARNING", "NOTICE", "INFO", "LOG", "DEBUG"
  std::string sqlstate;
  std::string message;
};

}}}  // namespace rondo::v0::pg
