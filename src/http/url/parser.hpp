// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The basic URL parser (WHATWG URL, 4.4), as far as the schemes of the web need it. Private.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/http/url/url.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

struct known_scheme {
  std::string_view name;
  std::uint16_t port;
};
/// Null if it is not one of the web's.
const known_scheme* find_scheme(std::string_view name) noexcept;

/// One function for each of the standard's states, or for those that always follow each other.
class url_parser {
 public:
  /// Reads a text, relative to base unless that is null. Empty if result is the URL, else what
  /// is wrong with the text.
  static std::string read(std::string_view text, const url* base, url& result);

 private:
  explicit url_parser(url& result) noexcept : url_(result) {}

  bool start(std::string_view text, const url* base);
  bool relative(std::string_view rest, const url& base);
  bool authority(std::string_view rest);
  void user_info(std::string_view text);
  bool port(std::string_view digits);
  bool path(std::string_view rest);
  bool query(std::string_view rest);
  bool fragment(std::string_view rest);

  void shorten_path() { url_.path_.erase(std::min(url_.path_.rfind('/'), url_.path_.size())); }
  bool refuse(std::string why) {
    problem_ = std::move(why);
    return false;
  }

  url& url_;
  std::string problem_;
};

}}}  // namespace rondo::v0::http::detail
