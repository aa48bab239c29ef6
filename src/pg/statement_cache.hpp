// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// The statements that are prepared on one connection; the one that was used longest ago makes
/// room for a new one.
class statement_cache {
 public:
  explicit statement_cache(std::size_t limit);

  /// The name by which the server knows it; null: it does not. Counts as a use.
  const char* find(const std::string& sql);
  /// The name to prepare it by.
  const char* add(const std::string& sql);
  /// on_server: it is prepared there all the same, and is to be deallocated.
  void forget(const std::string& sql, bool on_server);
  /// The session has none any more.
  void clear() noexcept;
  /// The name of one to deallocate, each once: what was forgotten, and what there is no room
  /// for. Empty: none.
  std::string take_dropped();
  std::size_t size() const noexcept { return by_text_.size(); }

 private:
  struct entry {
    std::string sql;
    std::string name;
  };
  using position = std::list<entry>::iterator;

  std::size_t limit_;
  std::string prefix_;  // random: behind a pooler others use names on the same server session
  unsigned long long next_ = 0;
  std::vector<std::string> dropped_;
  std::list<entry> entries_;                                // last used first
  std::unordered_map<std::string_view, position> by_text_;  // views of the entries' texts
};

}}}}  // namespace rondo::v0::pg::detail
