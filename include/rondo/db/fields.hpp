// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <tuple>

/// Names the members of a struct that columns are read into, by their names, and that
/// `execute_many` gives as parameters, in this order:
///
///     struct user {
///       std::int64_t id;
///       std::string name;
///       std::optional<std::string> email;
///       RONDO_FIELDS(id, name, email)
///     };
///
/// A column without a field, or a field without a column, is an error; `select x as y`
/// gives a column another name. The struct stays an aggregate.
#define RONDO_FIELDS(...)                                              \
  auto rondo_fields() noexcept { return std::tie(__VA_ARGS__); }       \
  auto rondo_fields() const noexcept { return std::tie(__VA_ARGS__); } \
  static constexpr std::string_view rondo_field_names() noexcept { return #__VA_ARGS__; }
