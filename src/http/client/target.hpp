// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <rondo/http/client/session_options.hpp>

#include "http/client/client_request.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

/// The host and port of a URL, as libcurl connects to them.
struct host_and_port {
  std::string host;  // IPv6 without brackets
  std::string port;
};
host_and_port host_of(const std::string& url);

/// "127.0.0.1:80", "[::1]:80"
std::string to_string(const host_and_port& where);

/// What the client_request's URL means in such a session, with its parameters: absolute, http or
/// https. Throws http_error (bad_url, outside_base).
std::string target_of(const session_options& options, const client_request& asked);

/// Where a redirect leads to. Throws http_error (bad_url).
std::string redirect_target(const std::string& request, const std::string& from,
                            const std::string& location);

/// Whether two absolute URLs have scheme, host and port in common.
bool is_same_origin(const std::string& a, const std::string& b);

}}}  // namespace rondo::v0::http::detail
