// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace rondo { inline namespace v0 { namespace http::detail {

/// Whether a client with that Accept-Encoding takes gzip, and does not like the plain
/// content better (RFC 9110, 12.5.3). A malformed quality is 0: when in doubt, plain.
bool accepts_gzip(std::string_view accept_encoding) noexcept;

}}}  // namespace rondo::v0::http::detail
