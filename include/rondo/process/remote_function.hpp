// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// How a call of a function in another process is named and packed. Where it runs
// is the business of an executor.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

// Boost would only add the packing of its own types.
#ifndef MSGPACK_NO_BOOST
#define MSGPACK_NO_BOOST
#endif
#include <msgpack.hpp>

#include <rondo/coro/errors.hpp>
#include <rondo/coro/task.hpp>

namespace rondo { inline namespace v0 {

/// Bytes of MessagePack (https://msgpack.org).
using packed = std::string;

/// An exception that a function threw in another process and that is not of a
/// type that arrives as itself. What arrives as itself: std::logic_error,
/// std::runtime_error and the types of <stdexcept> derived from them, and
/// std::bad_alloc.
class remote_error : public std::runtime_error {
 public:
  remote_error(std::string type, std::string message)
      : std::runtime_error(message.empty() ? type : type + ": " + message),
        type_(std::move(type)),
        message_(std::move(message)) {}
  /// The exception's type: `app::no_such_user`.
  const std::string& type() const noexcept { return type_; }
  /// What its what() said; empty if it is no std::exception.
  const std::string& message() const noexcept { return message_; }

 private:
  std::string type_;
  std::string message_;
};

/// What came from another process is not what was to come.
class unpack_error : public error {
 public:
  using error::error;
};

/// A function that other processes can be asked to call. Each function that is
/// the F of a call<F> anywhere in the program is registered before main, under
/// the compiler's own spelling of its name and type; so a process that executes
/// the same file finds it. Immutable after that, and so thread safe.
class remote_function {
 public:
  using invoker = packed (*)(std::string_view arguments);

  /// spelling: as the compiler prints a function template<auto F, class Type>;
  /// address: of the function. Registers itself.
  remote_function(const char* spelling, const void* address, invoker call) noexcept;
  remote_function(const remote_function&) = delete;
  remote_function& operator=(const remote_function&) = delete;

  /// What it is found by: its qualified name and its type.
  std::string_view name() const noexcept { return name_; }
  /// For people: `app::count_primes`.
  std::string_view short_name() const noexcept;
  /// Throws usage_error if another function has the same name: two files have one
  /// with internal linkage (static, or in an unnamed namespace) and the same type.
  void require_unique() const;

  /// Calls the function of that name with packed arguments and gives its packed
  /// reply: its value, or the exception that it threw. This is the other
  /// process's side.
  static packed answer(std::string_view name, std::string_view arguments);

 private:
  static const remote_function* find(std::string_view name) noexcept;

  std::string_view name_;
  const void* address_;
  invoker call_;
  const remote_function* next_;
};

namespace detail {

struct append_to {
  packed& bytes;
  void write(const char* data, std::size_t size) { bytes.append(data, size); }
};

/// The arguments as one array.
template <class... T>
packed pack_arguments(const T&... values) {
  packed bytes;
  append_to stream{bytes};
  msgpack::packer<append_to> packer(stream);
  packer.pack_array(sizeof...(T));
  (packer.pack(values), ...);
  return bytes;
}

/// A reply is [true, value] or [false, type, message].
template <class... T>
packed pack_value(const T&... value) {
  static_assert(sizeof...(T) <= 1);
  packed bytes;
  append_to stream{bytes};
  msgpack::packer<append_to> packer(stream);
  packer.pack_array(2).pack_true();
  if constexpr (sizeof...(T) == 0) {
    packer.pack_nil();
  } else {
    (packer.pack(value), ...);
  }
  return bytes;
}
packed pack_error(std::string_view type, std::string_view message);
/// Whether it begins as a reply does.
bool looks_like_reply(std::string_view bytes) noexcept;

/// An array that has come, over the bytes that it came in. Nothing that it claims
/// to hold is longer than those.
class unpacked_array {
 public:
  /// Throws unpack_error unless the bytes are one array of `size` elements;
  /// any_size: of any number of them.
  unpacked_array(std::string_view bytes, std::size_t size);
  static constexpr std::size_t any_size = static_cast<std::size_t>(-1);

  std::span<const msgpack::object> elements() const noexcept {
    const msgpack::object_array& a = handle_.get().via.array;
    return {a.ptr, a.size};
  }
  template <class T>
  T get(std::size_t i) const {
    try {
      return elements()[i].as<T>();
    } catch (const msgpack::type_error&) {
      throw_wrong_type(i);
    }
  }

 private:
  [[noreturn]] void throw_wrong_type(std::size_t i) const;
  msgpack::object_handle handle_;
};

/// A reply that holds a value; throws the exception that it holds otherwise.
class unpacked_reply {
 public:
  explicit unpacked_reply(std::string_view bytes);
  template <class T>
  T value() const {
    return array_.get<T>(1);
  }

 private:
  unpacked_array array_;
};

template <class T>
inline constexpr bool is_view = false;
template <class C, class Traits>
inline constexpr bool is_view<std::basic_string_view<C, Traits>> = true;
template <class T, std::size_t N>
inline constexpr bool is_view<std::span<T, N>> = true;

/// Whether a parameter or result can travel: by value, or as a const reference.
template <class P>
constexpr bool check_travels() {
  static_assert(!std::is_reference_v<P> ||
                    (std::is_lvalue_reference_v<P> && std::is_const_v<std::remove_reference_t<P>>),
                "rondo: arguments and results of a call in another process are copies: take the "
                "parameter by value or as a const reference, and return a value");
  using value = std::remove_cvref_t<P>;
  static_assert(!std::is_pointer_v<value> && !std::is_member_pointer_v<value>,
                "rondo: a pointer means nothing in another process: pass what it points to (a "
                "std::string for a const char*, a std::optional for what may be missing)");
  static_assert(!is_view<value>,
                "rondo: a view means nothing in another process: take a std::string or a "
                "std::vector, by value or as a const reference");
  return true;
}

/// Packs and unpacks for a function of this type.
template <class F>
struct call_codec {
  static_assert(sizeof(F*) == 0,
                "rondo: what another process is to call is named by a function: call<&f>(...) (of "
                "an overloaded one: call<static_cast<int (*)(int)>(&f)>(...))");
};
template <class R, class... P>
struct call_codec<R (*)(P...)> {
  static_assert((check_travels<P>() && ...));
  static_assert(std::is_void_v<R> || (check_travels<R>() && !std::is_reference_v<R>));

  using result = std::remove_cv_t<R>;
  static constexpr std::size_t arity = sizeof...(P);

  static packed pack(const std::remove_cvref_t<P>&... arguments) {
    return pack_arguments(arguments...);
  }
  template <auto F>
  static packed invoke(std::string_view arguments) {
    return invoke_in_order<F>(unpacked_array(arguments, arity), std::index_sequence_for<P...>());
  }

 private:
  template <auto F, std::size_t... I>
  static packed invoke_in_order([[maybe_unused]] const unpacked_array& in,
                                std::index_sequence<I...>) {
    std::tuple<std::remove_cvref_t<P>...> values{in.get<std::remove_cvref_t<P>>(I)...};
    if constexpr (std::is_void_v<R>) {
      F(std::get<I>(std::move(values))...);
      return pack_value();
    } else {
      return pack_value(F(std::get<I>(std::move(values))...));
    }
  }
};
template <class R, class... P>
struct call_codec<R (*)(P...) noexcept> : call_codec<R (*)(P...)> {};

template <auto F, class Type>
constexpr const char* spelling() noexcept {
  return __PRETTY_FUNCTION__;
}

/// The registration of F.
template <auto F>
inline const remote_function registered_function(spelling<F, decltype(F)>(),
                                                 reinterpret_cast<const void*>(F),
                                                 &call_codec<decltype(F)>::template invoke<F>);

template <class R>
task<R> unpack_result(task<packed> reply) {
  packed bytes = co_await std::move(reply);
  unpacked_reply unpacked(bytes);
  if constexpr (!std::is_void_v<R>) co_return unpacked.value<R>();
}

}  // namespace detail

}}  // namespace rondo::v0
