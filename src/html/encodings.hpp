// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The encodings of the web and what they are called (WHATWG Encoding, 4.2). Private.
#pragma once

#include <string_view>

namespace rondo { inline namespace v0 { namespace html::detail {

struct encoding {
  enum class kind : unsigned char {
    utf_8,
    single_byte,
    gb18030,  // and GBK
    big5,
    euc_jp,
    iso_2022_jp,
    shift_jis,
    euc_kr,
    replacement,  // those of which a reader could be led into running markup
    utf_16be,
    utf_16le,
    user_defined,
  };
  std::string_view name;
  kind what;
  const char* table;        // what iconv calls it, or one that is like it; empty: of no use here
  std::string_view labels;  // in lower case, with a space between each two
};

extern const encoding& utf_8;

/// Null if the label is none of the web's. Names that a page may choose never reach iconv.
const encoding* find_encoding(std::string_view label);

/// What a page that declares it within itself is read in: who can read that declaration reads no
/// UTF-16 (HTML, 13.2.3.2 and 13.2.3.4).
const encoding& encoding_of_page(const encoding& declared);

}}}  // namespace rondo::v0::html::detail
