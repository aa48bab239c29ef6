// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <rondo/detail/counted.hpp>
#include "pg/result_rows.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// The statements that are prepared on one connection; the one that was used longest ago makes
/// room for a new one.
class statement_cache {
 public:
  explicit statement_cache(std::size_t limit);

  struct prepared {
    std::string sql;
    std::string name;                      ///< by which the server knows it
    rondo::detail::ref<description> rows;  ///< of its last result; none yet
  };
  /// Null: the server does not know it. Counts as a use. Valid until something is changed here.
  prepared* find(const std::string& sql);
  prepared& add(const std::string& sql);
  /// What its results are made of.
  void describe(const std::string& sql, const rondo::detail::ref<description>& rows);
  /// on_server: it is prepared there all the same, and is to be deallocated.
  void forget(const std::string& sql, bool on_server);
  /// The session has none any more.
  void clear() noexcept;
  /// The name of one to deallocate, each once: what was forgotten, and what there is no room
  /// for. Empty: none.
  std::string take_dropped();
  std::size_t size() const noexcept { return by_text_.size(); }

 private:
  using position = std::list<prepared>::iterator;

  std::size_t limit_;
  std::string prefix_;  // random: behind a pooler others use names on the same server session
  unsigned long long next_ = 0;
  std::vector<std::string> dropped_;
  std::list<prepared> entries_;                             // last used first
  std::unordered_map<std::string_view, position> by_text_;  // views of the entries' texts
};

}}}}  // namespace rondo::v0::pg::detail
