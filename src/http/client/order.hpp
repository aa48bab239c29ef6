// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <rondo/http/body.hpp>
#include <rondo/http/request_options.hpp>

namespace rondo::inline v0::http::detail {

/// A request as the user asked for it.
struct order {
  order(std::string m, std::string u, body b, request_options o)
      : method(std::move(m)), url(std::move(u)), content(std::move(b)), options(std::move(o)) {}

  std::string method;
  std::string url;
  body content;
  request_options options;
};

}  // namespace rondo::inline v0::http::detail
