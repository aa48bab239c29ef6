// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "sqlite/statement_cache.hpp"

#include <sqlite3.h>
#include <memory>

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {
namespace {

void end(statement* s) noexcept {
  s->unlink();
  sqlite3_finalize(s->handle);
  delete s;
}

}  // namespace

statement* statement_cache::find(std::string_view sql) noexcept {
  auto found = known_.find(sql);
  if (found == known_.end() || !found->second->cached) return nullptr;
  statement* s = found->second;
  s->cached = false;
  s->unlink();
  in_use_.push_back(*s);
  return s;
}

statement* statement_cache::add(std::string_view sql, sqlite3_stmt* handle) {
  // The handle is the caller's until this cannot fail any more.
  auto made = std::make_unique<statement>();
  made->sql = sql;
  if (limit_ > 0) known_.try_emplace(made->sql, made.get());
  made->handle = handle;
  made->parameters = sqlite3_bind_parameter_count(handle);
  made->read_only = sqlite3_stmt_readonly(handle) != 0;
  in_use_.push_back(*made);
  return made.release();
}

void statement_cache::give_back(statement* s) noexcept {
  // What failed is told when it fails, not once more by reset.
  sqlite3_reset(s->handle);
  auto found = known_.find(s->sql);
  if (found == known_.end() || found->second != s) return end(s);
  sqlite3_clear_bindings(s->handle);
  s->unlink();
  s->cached = true;
  idle_.push_back(*s);
  while (known_.size() > limit_ && !idle_.empty()) drop(idle_.front());
}

void statement_cache::drop(statement* s) noexcept {
  auto found = known_.find(s->sql);
  if (found != known_.end() && found->second == s) known_.erase(found);
  end(s);
}

void statement_cache::clear() noexcept {
  known_.clear();
  while (statement* s = idle_.front()) end(s);
  while (statement* s = in_use_.front()) end(s);
}

}}}}  // namespace rondo::v0::sqlite::detail
