// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/db/detail/row_reader.hpp>
#include <rondo/db/result.hpp>
#include <rondo/detail/counted.hpp>

namespace rondo { inline namespace v0 { namespace db { namespace detail {

/// The rows of a statement, piece by piece. Destroyed before its end, it stops the statement.
class row_source : public rondo::detail::counted<row_source> {
 public:
  virtual ~row_source() = default;
  /// The next ones, in order, at least one; none: that was all. Cancelled, it may be destroyed
  /// but not asked again.
  virtual task<result> next() = 0;
};

template <class T>
async_generator<T> each_row(rondo::detail::ref<row_source> source) {
  // A local ends with the body, an argument only with the frame: what holds a connection
  // must not hold it when a value could not be read and the generator is kept.
  rondo::detail::ref<row_source> open = std::move(source);
  for (;;) {
    result piece = co_await open->next();
    if (piece.empty()) co_return;
    const row_store& rows = *piece.internal();
    row_reader<T> reader(rows);
    for (std::size_t i = 0, n = piece.size(); i < n; ++i) co_yield reader.read(rows, i);
  }
}

}}}}  // namespace rondo::v0::db::detail
