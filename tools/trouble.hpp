// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>

#include <rondo/http/client/client_error.hpp>
#include <rondo/http/client/retry_policy.hpp>
#include <rondo/loop/time.hpp>

namespace tool {

/// Why an attempt failed, and what to do about it.
struct trouble {
  enum class remedy {
    none,
    try_again,
    start_over,
    start_over_in_one,  ///< over one connection, without asking for ranges first
  };

  trouble(std::string why, remedy what) : cause(std::move(why)), then(what) {}
  std::string cause;
  remedy then;
  std::optional<rondo::delay> retry_after;
};

inline trouble trouble_of(const rondo::http::http_error& e) {
  bool again = rondo::http::is_transient(e.why());
  return trouble(std::string(e.cause()),
                 again ? trouble::remedy::try_again : trouble::remedy::none);
}

/// Empty: all is well.
using verdict = std::optional<trouble>;

}  // namespace tool
