// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo::inline v0::http {

/// Header fields in their order. Names compare without regard to case (RFC 9110).
class headers {
 public:
  using field = std::pair<std::string, std::string>;

  headers() = default;

  /// Throws usage_error when name or value could not stand on one header line:
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

  /// For parsers, which have checked the text: adds without a check. Blanks at the
  /// value's end are no part of it (RFC 9110, 5.5).
  void add_parsed(std::string name, std::string value) {
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
    fields_.emplace_back(std::move(name), std::move(value));
  }

 private:
  std::vector<field> fields_;
};

/// Throws usage_error unless name and value can stand on one header line.
void check_header(std::string_view name, std::string_view value);
/// Whether s is a token: a method, a header's name (RFC 9110, 5.6.2).
bool is_token(std::string_view s) noexcept;

/// Whether two texts are equal but for the case of ASCII letters.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace rondo::inline v0::http
