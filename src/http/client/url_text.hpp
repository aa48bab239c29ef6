// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <rondo/http/message/percent_encoding.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

/// The URL that libcurl gets: what http::url makes of the text, so that a program that has
/// checked it there has checked where this goes; http or https, and with the parameters in its
/// query. Throws http_error; request is for its text.
std::string complete_url(const std::string& request, const std::string& base,
                         const std::string& text, const form_fields& params);

/// Without the password.
std::string shown_url(std::string_view url);

/// Whether a redirect from one URL to the other stays on its host, scheme and port. As libcurl
/// reads them, which follows it.
bool same_origin(const std::string& from, const std::string& location);

}}}  // namespace rondo::v0::http::detail
