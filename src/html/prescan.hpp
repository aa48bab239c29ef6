// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What bytes and header fields say of a page's encoding (HTML, 2.5.2 and 13.2.3). Private.
#pragma once

#include <string_view>

#include "html/encodings.hpp"

namespace rondo { inline namespace v0 { namespace html::detail {

/// Each is null if nothing, or nothing known, is said.

/// A byte order mark.
const encoding* encoding_of_mark(std::string_view bytes) noexcept;
/// The charset of a Content-Type.
const encoding* encoding_of_content_type(std::string_view content_type);
/// Whether an http-equiv stands for Content-Type.
bool is_content_type(std::string_view http_equiv) noexcept;
/// The charset in the content of such a <meta>.
const encoding* encoding_of_content(std::string_view content);
/// A <meta>, or an XML declaration, in the first 1024 bytes: the prescan.
const encoding* encoding_of_prescan(std::string_view bytes);

}}}  // namespace rondo::v0::html::detail
