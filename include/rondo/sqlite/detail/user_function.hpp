// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/db/detail/conversion.hpp>
#include <rondo/db/detail/parameters.hpp>
#include <rondo/db/detail/row_store.hpp>
#include <rondo/sqlite/options.hpp>

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// What a connection calls for a user's function; one for each connection, so that none is
/// called by two threads at a time.
class function_instance {
 public:
  virtual ~function_instance() = default;
  /// The arguments are the only row. The result is the one value that it adds.
  virtual void call(const db::detail::row_store& arguments, db::detail::parameters& result) = 0;
};

/// One group of rows of a user's aggregate.
class aggregate_instance {
 public:
  virtual ~aggregate_instance() = default;
  virtual void step(const db::detail::row_store& arguments) = 0;
  virtual void finish(db::detail::parameters& result) = 0;
};

/// A function for SQL. Its members but the data are called on the connections' threads.
class user_function {
 public:
  user_function(std::string n, int a, function_options o)
      : name(std::move(n)), arguments(a), options(o) {}
  virtual ~user_function() = default;
  /// Of the two one gives null, always the same.
  virtual std::unique_ptr<function_instance> function() const { return nullptr; }
  virtual std::unique_ptr<aggregate_instance> aggregate() const { return nullptr; }
  virtual bool is_aggregate() const noexcept { return false; }

  const std::string name;
  const int arguments;
  const function_options options;
};

/// As what an argument is kept that a function takes as A.
template <class A>
struct kept_argument {
  using type = A;
};
template <>
struct kept_argument<std::string_view> {
  using type = std::string;
};
template <>
struct kept_argument<std::span<const std::byte>> {
  using type = std::vector<std::byte>;
};
template <class A>
using kept_argument_t = typename kept_argument<std::remove_cvref_t<A>>::type;

/// The result and the arguments of something callable that is not overloaded.
template <class F>
struct signature : signature<decltype(&F::operator())> {};
template <class R, class... A>
struct signature<R (*)(A...)> {
  using result = R;
  using arguments = std::tuple<kept_argument_t<A>...>;
};
template <class R, class... A>
struct signature<R (*)(A...) noexcept> : signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct signature<R (C::*)(A...)> : signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct signature<R (C::*)(A...) const> : signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct signature<R (C::*)(A...) noexcept> : signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct signature<R (C::*)(A...) const noexcept> : signature<R (*)(A...)> {};

template <class Tuple>
Tuple read_arguments(const db::detail::row_store& row) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    // In braces: the first one that does not fit is the one that is named.
    return Tuple{db::detail::conversion<std::tuple_element_t<I, Tuple>>::read(
        db::detail::cell(row, 0, I))...};
  }(std::make_index_sequence<std::tuple_size_v<Tuple>>());
}

/// Calls f and adds what it gives; void is null.
template <class F, class Tuple>
void call_into(F& f, Tuple&& arguments, db::detail::parameters& result) {
  using R = decltype(std::apply(f, arguments));
  if constexpr (std::is_void_v<R>) {
    std::apply(f, arguments);
    result.add_null();
  } else {
    db::detail::conversion<std::decay_t<R>>::write(result, std::apply(f, arguments));
  }
}

template <class F>
class scalar_function final : public user_function {
  using arguments_type = typename signature<F>::arguments;

  class instance final : public function_instance {
   public:
    explicit instance(const F& f) : f_(f) {}
    void call(const db::detail::row_store& row, db::detail::parameters& result) override {
      call_into(f_, read_arguments<arguments_type>(row), result);
    }

   private:
    F f_;
  };

 public:
  scalar_function(std::string name, F f, function_options o)
      : user_function(std::move(name), std::tuple_size_v<arguments_type>, o), f_(std::move(f)) {}
  std::unique_ptr<function_instance> function() const override {
    return std::make_unique<instance>(f_);
  }

 private:
  F f_;
};

template <class T>
struct without_first;
template <class First, class... Rest>
struct without_first<std::tuple<First, Rest...>> {
  using type = std::tuple<Rest...>;
};

template <class State, class Step, class Finish>
class aggregate_function final : public user_function {
  using arguments_type = typename without_first<typename signature<Step>::arguments>::type;

  class instance final : public aggregate_instance {
   public:
    instance(const State& state, const Step& step, const Finish& finish)
        : state_(state), step_(step), finish_(finish) {}
    void step(const db::detail::row_store& row) override {
      auto arguments = read_arguments<arguments_type>(row);
      std::apply([this](auto&... a) { step_(state_, a...); }, arguments);
    }
    void finish(db::detail::parameters& result) override {
      call_into(finish_, std::tie(state_), result);
    }

   private:
    State state_;
    Step step_;
    Finish finish_;
  };

 public:
  aggregate_function(std::string name, State state, Step step, Finish finish, function_options o)
      : user_function(std::move(name), std::tuple_size_v<arguments_type>, o),
        state_(std::move(state)),
        step_(std::move(step)),
        finish_(std::move(finish)) {}
  std::unique_ptr<aggregate_instance> aggregate() const override {
    return std::make_unique<instance>(state_, step_, finish_);
  }
  bool is_aggregate() const noexcept override { return true; }

 private:
  State state_;
  Step step_;
  Finish finish_;
};

}}}}  // namespace rondo::v0::sqlite::detail
