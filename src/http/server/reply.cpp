// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/server/reply.hpp>

#include <nlohmann/json.hpp>

#include <rondo/http/message/status.hpp>

namespace rondo { inline namespace v0 { namespace http {

reply reply::json(const nlohmann::json& value, int status) {
  return json_text(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), status);
}

reply reply::json_text(std::string text, int status) {
  reply r(status, std::move(text));
  r.content_type = "application/json";
  return r;
}

reply reply::html(std::string page, int status) {
  reply r(status, std::move(page));
  r.content_type = "text/html; charset=utf-8";
  return r;
}

reply reply::redirect(std::string location, int status) {
  reply r(status, "");
  r.headers.add("Location", std::move(location));
  return r;
}

status_error::status_error(int status)
    : error(std::string(reason_phrase(status))), status_(status) {}

}}}  // namespace rondo::v0::http
