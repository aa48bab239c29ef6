// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Any text, as a URL and as a reference: refused, or read to something that
// reads the same again and is no way to write a second line into a request.
#include <cstdint>
#include <cstdlib>
#include <string>

#include <rondo/http/url/url.hpp>

using rondo::http::url;

namespace {

void require(bool true_) {
  if (!true_) std::abort();
}

void check(const url& u) {
  std::string text = u.str();
  require(url(text) == u);
  require(u.normalized().normalized() == u.normalized());
  require(!u.host().empty() && u.path().starts_with('/'));
  require(u.normalized().fragment().empty());
  // What RFC 3986 allows nowhere is not sent.
  require(u.target().find_first_of(" \"<>\\^`{|}") == std::string::npos);
  require(text.size() <= url::max_length);
  for (char c : text) require(static_cast<unsigned char>(c) > ' ' && c != '\x7f');
  require(same_host(u, u) && same_origin(u, u));
  require(u.resolve("") == u.without_fragment());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  static const url base("http://user@host.example:8080/dir/page?query");
  if (auto u = url::try_parse(text)) check(*u);
  if (auto u = base.try_resolve(text)) check(*u);
  return 0;
}
