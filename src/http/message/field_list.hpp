// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

#include <rondo/http/message/headers.hpp>
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

/// The items of a field's value that is a list (RFC 9110, 5.6.1): separated by commas,
/// without the blanks around them; empty ones are left out. Quoted strings are not known
/// to it. Refers to the value.
class field_list {
 public:
  explicit field_list(std::string_view value) noexcept : value_(value) {}

  class iterator {
   public:
    explicit iterator(std::string_view value) noexcept : rest_(value) { ++*this; }
    std::string_view operator*() const noexcept { return item_; }
    iterator& operator++() noexcept {
      for (item_ = {}; item_.empty() && !rest_.empty();) {
        std::string_view item = rest_.substr(0, rest_.find(','));
        rest_.remove_prefix(std::min(item.size() + 1, rest_.size()));
        item_ = ascii::trimmed(item);
      }
      return *this;
    }
    bool operator==(std::default_sentinel_t) const noexcept { return item_.empty(); }

   private:
    std::string_view item_, rest_;
  };
  iterator begin() const noexcept { return iterator(value_); }
  std::default_sentinel_t end() const noexcept { return {}; }

  /// As it stands here.
  bool contains(std::string_view item) const noexcept {
    for (std::string_view one : *this)
      if (one == item) return true;
    return false;
  }
  /// Tokens are mostly compared without case.
  bool has_token(std::string_view token) const noexcept {
    for (std::string_view one : *this)
      if (ascii::equal_ignoring_case(one, token)) return true;
    return false;
  }

 private:
  std::string_view value_;
};

/// Whether the token is in one of the lists of that name.
inline bool has_token(const headers& fields, std::string_view name, std::string_view token) {
  return std::any_of(fields.begin(), fields.end(), [&](const auto& f) {
    return equal_ignoring_case(f.first, name) && field_list(f.second).has_token(token);
  });
}

}}}  // namespace rondo::v0::http::detail
