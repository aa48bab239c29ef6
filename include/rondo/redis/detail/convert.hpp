// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Answers to the types of C++.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/outcome.hpp>
#include <rondo/redis/reply.hpp>

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

class client_core;

/// What an answer is to, for errors: a command, and the client, whose server they name;
/// without one, a reply is asked itself.
struct question {
  std::string_view command;
  const client_core* client = nullptr;
};

[[noreturn]] void throw_mismatch(const question& to, std::string_view expected, const reply& r);
[[noreturn]] void throw_server_error(const question& to, const reply& r);
std::int64_t to_integer(const reply& r, const question& to, std::int64_t least, std::uint64_t most);
std::uint64_t to_unsigned(const reply& r, const question& to, std::uint64_t most);
double to_double(const reply& r, const question& to);
bool to_bool(const reply& r, const question& to);
std::string to_text(reply&& r, const question& to);
/// The elements of an array; count: how many there must be, or any.
std::vector<reply>& to_elements(reply& r, const question& to, std::string_view expected,
                                std::size_t count = static_cast<std::size_t>(-1));
/// An array of pairs: two by two, or as arrays of two.
std::vector<std::pair<reply*, reply*>> to_pairs(reply& r, const question& to);

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_pair = false;
template <class A, class B>
inline constexpr bool is_pair<std::pair<A, B>> = true;
template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;

template <class T>
concept map_like = requires(T t) {
  typename T::mapped_type;
  t.insert_or_assign(std::declval<typename T::key_type>(), std::declval<typename T::mapped_type>());
};
template <class T>
concept vector_like = requires(T t) {
  typename T::value_type;
  t.push_back(std::declval<typename T::value_type>());
} && !std::same_as<T, std::string>;
template <class T>
concept set_like = requires(T t) {
  typename T::key_type;
  t.insert(std::declval<typename T::key_type>());
} && !map_like<T>;

template <class T>
T convert(reply&& r, const question& to);

template <class Tuple, std::size_t... I>
Tuple convert_elements(std::vector<reply>& from, const question& to, std::index_sequence<I...>) {
  return Tuple{convert<std::tuple_element_t<I, Tuple>>(std::move(from[I]), to)...};
}

template <class T>
T convert_plain(reply&& r, const question& to) {
  if constexpr (std::same_as<T, bool>) {
    return to_bool(r, to);
  } else if constexpr (std::signed_integral<T>) {
    return static_cast<T>(to_integer(r, to, std::numeric_limits<T>::min(),
                                     static_cast<std::uint64_t>(std::numeric_limits<T>::max())));
  } else if constexpr (std::unsigned_integral<T>) {
    return static_cast<T>(to_unsigned(r, to, std::numeric_limits<T>::max()));
  } else if constexpr (std::floating_point<T>) {
    return static_cast<T>(to_double(r, to));
  } else {
    static_assert(std::same_as<T, std::string>,
                  "rondo: no such type is made of Redis' answers: integers, floating point, bool, "
                  "std::string, std::optional, std::vector, sets, maps, std::pair, std::tuple, "
                  "rondo::redis::reply, rondo::none_t and void are");
    return to_text(std::move(r), to);
  }
}

template <class T>
T convert(reply&& r, const question& to) {
  if constexpr (std::same_as<T, reply>) {
    return std::move(r);
  } else {
    if (r.is_error()) throw_server_error(to, r);
    if constexpr (std::is_void_v<T>) {
      return;
    } else if constexpr (std::same_as<T, none_t>) {
      return {};
    } else if constexpr (is_optional<T>) {
      if (r.is_nil()) return std::nullopt;
      return convert<typename T::value_type>(std::move(r), to);
    } else if constexpr (map_like<T>) {
      T all;
      for (auto [key, value] : to_pairs(r, to))
        all.insert_or_assign(convert<typename T::key_type>(std::move(*key), to),
                             convert<typename T::mapped_type>(std::move(*value), to));
      return all;
    } else if constexpr (vector_like<T>) {
      T all;
      if constexpr (is_pair<typename T::value_type>) {
        using pair = typename T::value_type;
        for (auto [first, second] : to_pairs(r, to))
          all.push_back(pair(convert<typename pair::first_type>(std::move(*first), to),
                             convert<typename pair::second_type>(std::move(*second), to)));
      } else {
        std::vector<reply>& from = to_elements(r, to, "an array");
        if constexpr (requires { all.reserve(from.size()); }) all.reserve(from.size());
        for (reply& e : from) all.push_back(convert<typename T::value_type>(std::move(e), to));
      }
      return all;
    } else if constexpr (set_like<T>) {
      T all;
      for (reply& e : to_elements(r, to, "an array"))
        all.insert(convert<typename T::key_type>(std::move(e), to));
      return all;
    } else if constexpr (is_pair<T> || is_tuple<T>) {
      constexpr std::size_t n = std::tuple_size_v<T>;
      return convert_elements<T>(to_elements(r, to, "an array", n), to,
                                 std::make_index_sequence<n>());
    } else {
      return convert_plain<T>(std::move(r), to);
    }
  }
}

}}}}  // namespace rondo::v0::redis::detail

namespace rondo { inline namespace v0 { namespace redis {

template <class T>
T reply::as() const {
  return detail::convert<T>(reply(*this), {"reply"});
}

}}}  // namespace rondo::v0::redis
