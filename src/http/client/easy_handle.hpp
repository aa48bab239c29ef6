// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>
#include <memory>
#include <new>
#include <string>

namespace rondo { inline namespace v0 { namespace http::detail {

struct field_list_deleter {
  void operator()(curl_slist* l) const noexcept { curl_slist_free_all(l); }
};
/// Lines of text as libcurl wants them.
using field_list = std::unique_ptr<curl_slist, field_list_deleter>;

inline void append(field_list& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (!longer) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

/// Sets an option. libcurl copies texts; that can only fail for want of memory.
template <class T>
void set(CURL* easy, CURLoption option, T value) {
  if (curl_easy_setopt(easy, option, value) == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
}

/// Whether a text can be given to libcurl, and stand on one line.
inline bool is_one_line(const std::string& text) noexcept {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

}}}  // namespace rondo::v0::http::detail
