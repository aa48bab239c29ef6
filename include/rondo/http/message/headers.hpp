// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo { inline namespace v0 { namespace http {

/// Header fields in their order. Names compare without regard to case (RFC 9110).
///
/// Each name is a token and each value stands on one line, whoever made it: fields of a
/// request or response that came can be copied to another that is sent.
class headers {
 public:
  using field = std::pair<std::string, std::string>;

  headers() = default;

  /// Throws usage_error for a name that is no token and for a value with control characters:
  /// data of users cannot add lines of their own.
  void add(std::string name, std::string value);
  /// Replaces all fields of that name.
  void set(std::string name, std::string value);
  /// The first value of that name, or null.
  const std::string* find(std::string_view name) const noexcept;
  /// The first value, or the fallback.
  std::string_view get(std::string_view name, std::string_view fallback = {}) const noexcept;
  bool contains(std::string_view name) const noexcept { return find(name) != nullptr; }
  void remove(std::string_view name);

  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }
  bool empty() const noexcept { return fields_.empty(); }
  void clear() noexcept { fields_.clear(); }

  /// For parsers, which have checked the text (is_token, is_field_value): adds without a
  /// check. Blanks at the value's end are no part of it (RFC 9110, 5.5).
  void add_parsed(std::string name, std::string value) {
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
    fields_.emplace_back(std::move(name), std::move(value));
  }
  /// The same for a line that goes on with the last field's value (RFC 9112, 5.2): there
  /// must be one. What broke the line becomes a space.
  void append_parsed(std::string_view value) {
    std::string& last = fields_.back().second;
    if (!last.empty() && !value.empty()) last += ' ';
    last += value;
  }
  const std::string& last_name() const noexcept { return fields_.back().first; }

 private:
  std::vector<field> fields_;
};

/// Throws usage_error unless name and value can be those of a field: a line break in a
/// value would begin another one.
void check_header(std::string_view name, std::string_view value);
/// Whether s is a token: a method, a header's name (RFC 9110, 5.6.2).
bool is_token(std::string_view s) noexcept;

/// Whether s can be a field's value: it has no control characters but the tab (RFC 9110,
/// 5.5).
bool is_field_value(std::string_view s) noexcept;

/// Whether two texts are equal but for the case of ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

}}}  // namespace rondo::v0::http
