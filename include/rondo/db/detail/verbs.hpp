// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/db/detail/parameters.hpp>
#include <rondo/db/detail/row_reader.hpp>
#include <rondo/db/result.hpp>
#include <rondo/detail/unique_function.hpp>

namespace rondo { inline namespace v0 { namespace db { namespace detail {

/// Gives the parameters of one row after the other; false: there is none left.
using row_feed = rondo::detail::unique_function<bool(parameters&)>;

template <class T>
task<T> one_of(task<result> asked) {
  result rows = co_await std::move(asked);
  co_return rows.one<T>();
}
template <class T>
task<std::optional<T>> first_of(task<result> asked) {
  result rows = co_await std::move(asked);
  co_return rows.first<T>();
}
template <class T>
task<std::vector<T>> all_of(task<result> asked) {
  result rows = co_await std::move(asked);
  co_return rows.all<T>();
}
inline task<std::uint64_t> affected_by(task<result> asked) {
  result rows = co_await std::move(asked);
  co_return rows.affected();
}

/// Range: what it owns, or an lvalue reference.
template <class Range>
class fed_range {
 public:
  explicit fed_range(Range&& range) : range_(static_cast<Range&&>(range)) {}
  bool operator()(parameters& p) {
    if (!at_) at_.emplace(std::begin(range_));
    if (*at_ == std::end(range_)) return false;
    const auto& row = **at_;
    encode_row(p, row);
    ++*at_;
    return true;
  }

 private:
  Range range_;
  std::optional<decltype(std::begin(std::declval<Range&>()))> at_;  // begun where it stays
};

}}}}  // namespace rondo::v0::db::detail
