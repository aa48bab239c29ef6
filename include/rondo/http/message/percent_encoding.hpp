// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo { inline namespace v0 { namespace http {

/// Every byte but letters, digits and "-._~" as %XX (RFC 3986, 2.3), and those of
/// `keep`: the text can stand in a path segment, a query or a form. For data of users in a
/// path: session.get("users/" + percent_encode(name)); a name that is ".." or "." remains
/// what it is, see session_options::stay_below_base.
std::string percent_encode(std::string_view text, std::string_view keep = {});

/// Undoes it. Empty when a % is not followed by two hexadecimal digits. The result
/// may hold any byte, also NUL and '/'.
std::optional<std::string> percent_decode(std::string_view text);

/// The name=value pairs of a query or of an HTML form, in their order.
using form_fields = std::vector<std::pair<std::string, std::string>>;

/// Reads "a=1&b=two+words" (application/x-www-form-urlencoded, as the WHATWG's URL
/// standard reads it): '+' is a space, a name without '=' has an empty value, a %
/// that begins no escape is itself.
form_fields parse_form(std::string_view text);
/// Writes it.
std::string encode_form(const form_fields& fields);

}}}  // namespace rondo::v0::http
