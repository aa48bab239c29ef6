// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/loop/time.hpp>
#include <rondo/redis/detail/command_bytes.hpp>

namespace rondo { inline namespace v0 { namespace redis {

/// A command that may be sent a second time when the connection was lost before its answer:
/// `r.call<void>(redis::idempotent, "SET", key, value)`.
struct idempotent_t {};
inline constexpr idempotent_t idempotent{};

/// Of one command, where it differs from others of its client.
struct call_options {
  /// Until the answer is there; none: as the client's options say.
  std::optional<delay> timeout = std::nullopt;
  /// Whether it may be sent a second time when the connection was lost before its answer.
  bool idempotent = false;
};
static_assert(std::is_trivially_destructible_v<call_options>);

/// A command with its arguments, which are copied at once: strings, integers, floating
/// point, bool (1 or 0); ranges of them, pairs, tuples and maps one element after the other.
/// Each is sent with its length, so no text in it can become something else.
class command {
 public:
  template <class... A>
  explicit command(std::string_view name, const A&... arguments) {
    add(name);
    (add(arguments), ...);
  }

  /// One more argument, or several. Throws std::bad_alloc.
  template <class A>
  command& add(const A& argument);

  std::string_view name() const noexcept { return detail::first_argument(bytes_.view()); }
  /// With the name.
  std::size_t arguments() const noexcept { return arguments_; }
  /// What is sent, without the first line, which counts the arguments.
  std::string_view body() const noexcept { return bytes_.view(); }
  /// Appends what is sent.
  void append_to(std::string& out) const { detail::append_command(out, arguments_, body()); }

 private:
  void add_text(std::string_view text) {
    bytes_.append_argument(text);
    ++arguments_;
  }
  detail::command_bytes bytes_;
  std::uint32_t arguments_ = 0;
};

/// Commands that are sent together and answered together: see client::run and
/// client::transaction.
class batch {
 public:
  /// Throws std::bad_alloc.
  template <class... A>
  batch& add(std::string_view name, const A&... arguments) {
    return add(command(name, arguments...));
  }
  batch& add(const command& c) {
    c.append_to(bytes_);
    ++size_;
    return *this;
  }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  const std::string& bytes() const noexcept { return bytes_; }

 private:
  std::string bytes_;
  std::size_t size_ = 0;
};

/// The keys of a script or a transaction: `{"a", "b"}`, or a vector. Copied at once. (No
/// initializer list: g++ 12 takes none where something is awaited.)
class key_list {
 public:
  template <class... Key>
    requires(std::is_convertible_v<const Key&, std::string_view> && ...)
  key_list(const Key&... keys) {  // NOLINT(google-explicit-constructor): it is for braces
    names_.reserve(sizeof...(keys));
    (names_.emplace_back(std::string_view(keys)), ...);
  }
  key_list(std::vector<std::string> keys)  // NOLINT(google-explicit-constructor)
      : names_(std::move(keys)) {}
  const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  std::vector<std::string> names_;
};

template <class A>
command& command::add(const A& argument) {
  if constexpr (std::is_convertible_v<const A&, std::string_view>) {
    add_text(std::string_view(argument));
  } else if constexpr (std::same_as<A, bool>) {
    add_text(argument ? "1" : "0");
  } else if constexpr (std::same_as<A, char>) {
    add_text(std::string_view(&argument, 1));
  } else if constexpr (std::is_arithmetic_v<A>) {
    add_text(detail::number_text(argument).view());
  } else if constexpr (requires { std::tuple_size<A>::value; }) {
    std::apply([&](const auto&... each) { (add(each), ...); }, argument);
  } else if constexpr (requires { argument.begin() != argument.end(); }) {
    for (const auto& each : argument) add(each);
  } else {
    static_assert(sizeof(A*) == 0,
                  "rondo: an argument of a Redis command is a string, a number, or a range, pair, "
                  "tuple or map of them (of a time: its count())");
  }
  return *this;
}

}}}  // namespace rondo::v0::redis
