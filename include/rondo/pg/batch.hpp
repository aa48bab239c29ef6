// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/db/detail/conversion.hpp>

namespace rondo { inline namespace v0 { namespace pg {

/// Statements that are sent together and answered together: one way to the server and back for
/// all of them, and all of them or none, for outside of a transaction they are one.
///
///     rondo::pg::batch b;
///     b.add("insert into orders(id) values($1)", 7);
///     b.add("select count(*) from orders");
///     auto results = co_await db.run(std::move(b));
class batch {
 public:
  template <class... A>
  void add(std::string_view sql, const A&... args) {
    statements_.push_back({std::string(sql), db::detail::encode(args...)});
  }
  std::size_t size() const noexcept { return statements_.size(); }

  struct statement {
    std::string sql;
    db::detail::parameters values;
  };
  std::vector<statement> take() && noexcept { return std::move(statements_); }

 private:
  std::vector<statement> statements_;
};

}}}  // namespace rondo::v0::pg
