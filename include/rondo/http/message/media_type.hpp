// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace rondo { inline namespace v0 { namespace http {

/// The media type of a file by the end of its name, `text/html; charset=utf-8` for
/// "a/Index.HTML": from a table of our own, so that it is the same on every
/// machine. Text is taken for UTF-8. `application/octet-stream` for what the table
/// does not have.
std::string_view media_type_of(std::string_view path) noexcept;

/// Whether content of that type (parameters are passed over) is worth compressing:
/// text, JSON, XML, SVG, JavaScript, WebAssembly… An event stream is not: each of
/// its pieces is small, and it would keep a compressor for hours.
bool is_compressible(std::string_view media_type) noexcept;

}}}  // namespace rondo::v0::http
