// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <rondo/db/detail/conversion.hpp>
#include <rondo/db/detail/row_store.hpp>

namespace rondo { inline namespace v0 { namespace db { namespace detail {

/// Throws conversion_error unless there are so many columns.
void check_columns(const row_store& rows, std::size_t wanted);
/// Which column each of the fields is, whose names are "a, b, c".
void find_fields(std::string_view names, const row_store& rows, std::span<std::size_t> columns);

template <class T>
concept has_fields = requires(T& t) {
  t.rondo_fields();
  T::rondo_field_names();
};
template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;

/// Reads rows as T: a struct by the names of its fields, a tuple by position, anything else
/// from a single column.
template <class T>
class row_reader {
 public:
  explicit row_reader(const row_store& rows) { check_columns(rows, 1); }
  T read(const row_store& rows, std::size_t row) const {
    return conversion<T>::read(cell(rows, row, 0));
  }
};

template <class T>
  requires(is_tuple<T>)
class row_reader<T> {
 public:
  explicit row_reader(const row_store& rows) { check_columns(rows, std::tuple_size_v<T>); }
  T read(const row_store& rows, std::size_t row) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      // In braces, so that the first column that does not fit is the one that is named.
      return T{conversion<std::tuple_element_t<I, T>>::read(cell(rows, row, I))...};
    }(std::make_index_sequence<std::tuple_size_v<T>>());
  }
};

template <has_fields T>
class row_reader<T> {
 public:
  explicit row_reader(const row_store& rows) {
    find_fields(T::rondo_field_names(), rows, columns_);
  }
  T read(const row_store& rows, std::size_t row) const {
    T made{};
    std::size_t i = 0;
    std::apply(
        [&](auto&... field) {
          ((field = conversion<std::remove_reference_t<decltype(field)>>::read(
                cell(rows, row, columns_[i++]))),
           ...);
        },
        made.rondo_fields());
    return made;
  }

 private:
  std::array<std::size_t, std::tuple_size_v<decltype(std::declval<T&>().rondo_fields())>>
      columns_{};
};

/// A row for execute_many: a struct's fields, a tuple's elements, or one value.
template <class T>
void encode_row(parameters& p, const T& row) {
  auto all = [&p](const auto&... v) { (conversion<std::decay_t<decltype(v)>>::write(p, v), ...); };
  if constexpr (has_fields<const T>) {
    std::apply(all, row.rondo_fields());
  } else if constexpr (is_tuple<T>) {
    std::apply(all, row);
  } else {
    all(row);
  }
}

}}}}  // namespace rondo::v0::db::detail
