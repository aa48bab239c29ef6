// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace rondo { inline namespace v0 { namespace db {

/// The 16 bytes of a universally unique identifier (RFC 9562).
struct uuid {
  std::array<std::uint8_t, 16> bytes{};

  /// Reads "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", in either case, with or without hyphens
  /// and braces. Throws usage_error for what is none.
  static uuid parse(std::string_view text);
  /// In small letters, with hyphens.
  std::string text() const;

  friend auto operator<=>(const uuid&, const uuid&) = default;
};

}}}  // namespace rondo::v0::db
