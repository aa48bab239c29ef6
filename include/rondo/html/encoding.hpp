// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace rondo { inline namespace v0 { namespace html {

/// The name of the encoding that a page's bytes are in ("Shift_JIS"), as browsers find it out
/// before they read the page (HTML, 13.2.3): a byte order mark; the Content-Type's charset; what
/// a <meta> or an XML declaration in the first 1024 bytes says; else UTF-8 if the bytes are that,
/// else windows-1252. Labels are the 228 of the web (WHATWG Encoding, 4.2), of which "latin1"
/// means windows-1252; unknown ones are passed over. A document that was read by a guess also
/// heeds a <meta> that comes later.
std::string detect_encoding(std::string_view bytes, std::string_view content_type = {});

/// The bytes as UTF-8, without a byte order mark. The encoding by any of its labels, decoded as
/// browsers do it: what is broken becomes U+FFFD. Throws error for a label that is not the web's,
/// and where the system's iconv lacks a table. Thread-safe.
std::string to_utf8(std::string_view bytes, std::string_view encoding);

}}}  // namespace rondo::v0::html
