// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/files/accepted_coding.hpp"

#include <optional>

#include "http/message/field_list.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

using ascii::trimmed;

/// "1", "0.5", "0.123" in thousandths.
int thousandths(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  int value = text[0] == '1' ? 1000 : 0;
  int unit = 100;
  for (char c : text.substr(text.size() > 1 ? 2 : 1)) {
    if (c < '0' || c > '9') return 0;
    value += (c - '0') * unit;
    unit /= 10;
  }
  return value > 1000 ? 0 : value;
}

/// The quality in what follows a coding's name: ";q=0.5".
int quality(std::string_view parameters) noexcept {
  if (parameters.empty()) return 1000;
  std::string_view text = trimmed(parameters.substr(1));
  if (!equal_ignoring_case(text.substr(0, 2), "q=")) return 0;
  return thousandths(text.substr(2));
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  std::optional<int> gzip, any, identity;
  for (std::string_view item : field_list(accept_encoding)) {
    std::string_view coding = trimmed(item.substr(0, item.find(';')));
    int q = quality(item.substr(std::min(item.size(), item.find(';'))));
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) gzip = q;
    if (equal_ignoring_case(coding, "identity")) identity = q;
    if (coding == "*") any = q;
  }
  int wanted = gzip.value_or(any.value_or(0));
  return wanted > 0 && wanted >= identity.value_or(0);
}

}}}  // namespace rondo::v0::http::detail
