// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Private.
#pragma once

#include <string>
#include <string_view>

#include "html/encodings.hpp"

namespace rondo { inline namespace v0 { namespace html::detail {

/// A reference of a page, whose query is in the page's encoding and not in UTF-8: servers of old
/// pages expect that (WHATWG URL, 1.3, percent-encode after encoding). What that encoding does not
/// have becomes "&#20013;", percent-encoded.
std::string with_encoded_query(const encoding& page, std::string_view reference);

}}}  // namespace rondo::v0::html::detail
