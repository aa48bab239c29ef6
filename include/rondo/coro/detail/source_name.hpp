// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>
#include <string>

namespace rondo { inline namespace v0 { namespace detail {

/// `app::fetch` of the compiler's `rondo::task<int> app::fetch(std::string)`.
std::string coroutine_name(const char* pretty_function);
/// What the place is that a coroutine's promise is given: the line of its name. But g++
/// gives that of the brace that closes its body; none of its default arguments sees more
/// (docs/compilers.md). Only the coroutine's own compiler knows: it says so in a default
/// argument, because the library may have been built by the other one.
enum class place_kind : unsigned { name = 0, closing_brace = 1u << 31 };
#ifdef __clang__
inline constexpr place_kind place_of_promise = place_kind::name;
#else
inline constexpr place_kind place_of_promise = place_kind::closing_brace;
#endif
inline const char* place_word(place_kind k) noexcept {
  return k == place_kind::name ? "defined" : "ending";
}
/// A line of somebody's source.
struct code_place {
  const char* file = nullptr;
  unsigned line = 0;
};
/// `download.cpp:12`, the file without its folders.
std::string short_location(const code_place& where);
inline std::string short_location(const std::source_location& where) {
  return short_location(code_place{where.file_name(), where.line()});
}

}}}  // namespace rondo::v0::detail
