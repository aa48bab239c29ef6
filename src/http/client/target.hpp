// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <rondo/http/client/session_options.hpp>

#include "http/client/client_request.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

// URLs are read by http::url, and libcurl gets what that has read and written: so a program
// that has checked a URL there has checked where this goes.

/// Any text, without the password of a URL.
std::string shown_url(std::string_view url);

/// Of a URL that one of the following has given: "127.0.0.1:80", "[::1]:80".
std::string authority_of(const std::string& url);

/// What the client_request's URL means in such a session, with its parameters: absolute, http or
/// https. Throws http_error (bad_url, outside_base).
std::string target_of(const session_options& options, const client_request& asked);

/// Where a redirect leads to. Throws http_error (bad_url).
std::string redirect_target(const std::string& request, const std::string& from,
                            const std::string& location);

/// Whether two absolute URLs have scheme, host and port in common. Throws url_error.
bool is_same_origin(const std::string& a, const std::string& b);

}}}  // namespace rondo::v0::http::detail
