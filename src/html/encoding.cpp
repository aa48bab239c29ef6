// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/html/encoding.hpp>

#include <rondo/coro/errors.hpp>

#include "html/decoder.hpp"
#include "html/prescan.hpp"

namespace rondo { inline namespace v0 { namespace html {

std::string detect_encoding(std::string_view bytes, std::string_view content_type) {
  const detail::encoding* found = detail::encoding_of_mark(bytes);
  if (!found) found = detail::encoding_of_content_type(content_type);
  if (!found) found = detail::encoding_of_prescan(bytes);
  if (!found)
    found = detail::is_utf8(bytes) ? &detail::utf_8 : detail::find_encoding("windows-1252");
  return std::string(found->name);
}

std::string to_utf8(std::string_view bytes, std::string_view encoding) {
  const detail::encoding* known = detail::find_encoding(encoding);
  if (!known)
    throw error("read '" + std::string(encoding.substr(0, 100)) + "': this encoding is not known");
  if (detail::encoding_of_mark(bytes) == known)
    bytes.remove_prefix(known == &detail::utf_8 ? 3 : 2);
  return detail::decode(*known, bytes);
}

}}}  // namespace rondo::v0::html
