// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace rondo::inline v0::html {

/// The name of the encoding that a page's bytes are in, as browsers find it
/// out (HTML, 13.2.3): a byte order mark; the Content-Type's charset; what a
/// <meta> in the first 1024 bytes says; else UTF-8 if the bytes are that, else
/// windows-1252. Labels are those of the web (WHATWG Encoding), of which
/// "latin1" means windows-1252; unknown ones are passed over.
std::string detect_encoding(std::string_view bytes, std::string_view content_type = {});

/// The bytes as UTF-8, without a byte order mark. What is broken becomes U+FFFD.
/// Throws error when the encoding is not known here.
std::string to_utf8(std::string_view bytes, std::string_view encoding);

}  // namespace rondo::inline v0::html
