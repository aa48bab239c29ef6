// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A Content-Type, a line break, bytes: what is found out is an encoding, and in each of them any
// bytes become UTF-8, without losing an ASCII character that could be markup.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <rondo/html/encoding.hpp>

namespace html = rondo::html;

namespace {

void require(bool true_) {
  if (!true_) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t line = std::min(text.find('\n'), text.size());
  std::string_view bytes = text.substr(std::min(line + 1, text.size()));
  std::string found = html::detect_encoding(bytes, text.substr(0, line));
  html::to_utf8(bytes, found);
  auto less_thans = [](std::string_view in) { return std::count(in.begin(), in.end(), '<'); };
  for (const char* label :
       {"utf-8", "windows-1252", "koi8-u", "gbk", "gb18030", "big5", "euc-jp", "iso-2022-jp",
        "shift_jis", "euc-kr", "replacement", "utf-16be", "utf-16le", "x-user-defined"}) {
    std::string result = html::to_utf8(bytes, label);
    require(html::to_utf8(result, "utf-8").size() + 3 >= result.size());
    require(html::to_utf8("x" + result, "utf-8") == "x" + result);
    std::string_view name = label;
    bool keeps_ascii =
        name != "replacement" && name != "iso-2022-jp" && !name.starts_with("utf-16");
    require(!keeps_ascii || less_thans(result) >= less_thans(bytes));
  }
  return 0;
}
