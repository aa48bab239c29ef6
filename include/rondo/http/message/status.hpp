// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace rondo { inline namespace v0 { namespace http {

/// "Not Found" for 404.
std::string_view reason_phrase(int status) noexcept;

}}}  // namespace rondo::v0::http
