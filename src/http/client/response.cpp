// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/client/response.hpp>

#include <nlohmann/json.hpp>

#include "http/client/target.hpp"

namespace rondo { inline namespace v0 { namespace http {

void response::raise_for_status() const {
  if (status >= 400)
    throw http_error(method + " " + detail::shown_url(url), "status " + std::to_string(status),
                     failure::status, status);
}

nlohmann::json response::json() const {
  try {
    return nlohmann::json::parse(body);
  } catch (const nlohmann::json::exception& e) {
    throw http_error(method + " " + detail::shown_url(url),
                     std::string("the body is not JSON: ") + e.what(), failure::malformed, status);
  }
}

}}}  // namespace rondo::v0::http
