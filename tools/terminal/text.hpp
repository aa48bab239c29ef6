// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Text for people and terminals.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tool {

/// What a peer or a list has sent, for one line of a terminal: control
/// characters, which could drive it, and broken UTF-8 become '?'.
std::string printable(std::string_view text);

/// The columns that printable text takes.
std::size_t columns_of(std::string_view text);
/// Cut at its end with "…", or filled up with spaces, to just so many columns.
std::string fit(std::string_view text, std::size_t columns);

/// "512 B", "12.3 MiB".
std::string size_text(std::uint64_t bytes);
/// "0.4 s", "3:05", "1:02:03".
std::string time_text(double seconds);

/// A URL without the user's name and password.
std::string without_credentials(std::string_view url);

}  // namespace tool
