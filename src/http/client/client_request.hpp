// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <rondo/http/client/body.hpp>
#include <rondo/http/client/request_options.hpp>
#include <rondo/http/client/response.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

/// A request as the user asked for it, and how far it has come: a redirect makes it another
/// one.
struct client_request {
  client_request(std::string m, std::string u, body b, request_options o)
      : method(std::move(m)), url(std::move(u)), content(std::move(b)), options(std::move(o)) {}

  /// For the first attempt, and for each other.
  void begin() {
    now = {method, target, true};
    history.clear();
    spent = {};
  }

  std::string method;
  std::string url;
  body content;
  request_options options;

  std::string target;  // the whole URL
  struct {
    std::string method;
    std::string url;
    bool with_body = true;
  } now;
  std::vector<redirect_step> history;
  std::chrono::nanoseconds spent{};  // by this attempt, before the redirect
};

}}}  // namespace rondo::v0::http::detail
