// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/statement_cache.hpp"

#include <cstdint>
#include <cstdio>
#include <random>
#include <utility>

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

statement_cache::statement_cache(std::size_t limit) : limit_(limit) {
  std::random_device random;
  char text[32];
  std::snprintf(text, sizeof text, "rondo_%08x_", static_cast<unsigned>(random()));
  prefix_ = text;
}

statement_cache::prepared* statement_cache::find(const std::string& sql) {
  auto found = by_text_.find(sql);
  if (found == by_text_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &entries_.front();
}

statement_cache::prepared& statement_cache::add(const std::string& sql) {
  entries_.push_front({sql, prefix_ + std::to_string(next_++), {}});
  by_text_.emplace(entries_.front().sql, entries_.begin());
  return entries_.front();
}

void statement_cache::describe(const std::string& sql,
                               const rondo::detail::ref<description>& rows) {
  if (auto found = by_text_.find(sql); found != by_text_.end()) found->second->rows = rows;
}

void statement_cache::forget(const std::string& sql, bool on_server) {
  auto found = by_text_.find(sql);
  if (found == by_text_.end()) return;
  position entry = found->second;
  by_text_.erase(found);
  if (on_server) dropped_.push_back(std::move(entry->name));
  entries_.erase(entry);
}

void statement_cache::clear() noexcept {
  by_text_.clear();
  entries_.clear();
  dropped_.clear();
}

std::string statement_cache::take_dropped() {
  if (entries_.size() > limit_) {
    std::string name = std::move(entries_.back().name);
    by_text_.erase(entries_.back().sql);
    entries_.pop_back();
    return name;
  }
  if (dropped_.empty()) return {};
  std::string name = std::move(dropped_.back());
  dropped_.pop_back();
  return name;
}

}}}}  // namespace rondo::v0::pg::detail
