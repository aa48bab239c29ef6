// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The indexes of WHATWG Encoding, 5 and 9 to 13: what the system's iconv knows of them, and what
// the standard has otherwise. Each is made when it is first needed. Private.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "html/encodings.hpp"

namespace rondo { inline namespace v0 { namespace html::detail {

/// Of the bytes 0x80 to 0xFF, for kind::single_byte. U+FFFD: there is no such character.
using single_byte_table = std::array<char16_t, 128>;
const single_byte_table& table_of(const encoding& single_byte);

/// Of two bytes, the first from 0x81 to 0xFE. Zero: there is no such character.
class two_byte_table {
 public:
  char32_t operator()(unsigned first, unsigned second) const noexcept {
    return first < 0x81 || first > 0xFE || second > 0xFF
               ? 0
               : characters_[(first - 0x81) * 256 + second];
  }

 private:
  friend class table_maker;
  std::vector<char32_t> characters_;
};
const two_byte_table& gb18030_table();
const two_byte_table& big5_table();
const two_byte_table& shift_jis_table();  // also jis0208, whose rows it holds two by two
const two_byte_table& jis0212_table();    // the bytes that follow 0x8F in EUC-JP
const two_byte_table& euc_kr_table();

/// Of the pointers below 39420 that four bytes of gb18030 stand for.
const std::vector<char16_t>& gb18030_four_byte_table();

}}}  // namespace rondo::v0::html::detail
