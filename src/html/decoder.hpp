// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The decoders of WHATWG Encoding, 8 to 14. Private.
#pragma once

#include <string>
#include <string_view>

#include "html/encodings.hpp"

namespace rondo { inline namespace v0 { namespace html::detail {

/// The bytes as UTF-8; a byte order mark is a character like others. What is broken becomes
/// U+FFFD, as many of them as in browsers. Throws error where the system's iconv lacks the table.
std::string decode(const encoding& from, std::string_view bytes);

bool is_utf8(std::string_view bytes) noexcept;
/// The character that begins a text, and how many bytes it has. Zero if it is broken, or none;
/// size is what of it is taken then: the standard's maximal subpart.
char32_t first_of_utf8(std::string_view text, std::size_t& size) noexcept;

}}}  // namespace rondo::v0::html::detail
