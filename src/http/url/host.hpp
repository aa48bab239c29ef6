// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The hosts of URLs (WHATWG URL, 3). Private.
#pragma once

#include <string>
#include <string_view>

namespace rondo { inline namespace v0 { namespace http::detail {

/// The host parser and the host serializer: a name in lower case and in its ASCII form, an
/// IPv4 address as "127.0.0.1", an IPv6 address as "[::1]". The same in every locale.
/// What is wrong, or null.
const char* read_host(std::string_view text, std::string& host);

}}}  // namespace rondo::v0::http::detail
