// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/request.hpp"

#include <utility>

#include "db/statement_text.hpp"
#include "pg/link.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

bool request_operation::begin() noexcept {
  if (request_->finished || request_->has_something()) return true;
  request_->waiter = this;
  return false;
}

bool request_operation::cancel() noexcept {
  request_->waiter = nullptr;
  request_->abandon();
  return true;
}

void request_operation::result() const {
  if (request_->finished && request_->error) std::rethrow_exception(request_->error);
}

std::string request_operation::detail() const {
  return db::detail::statement_text(request_->text());
}

void request::finish(std::exception_ptr why) noexcept {
  fail(std::move(why));
  finished = true;
  on = nullptr;
  wake();
}

void request::wake() noexcept {
  if (!waiter || !(finished || has_something())) return;
  std::exchange(waiter, nullptr)->complete();
}

void request::abandon() noexcept {
  if (finished || abandoned || must_run) return;
  abandoned = true;
  if (on) on->request_abandoned(*this);
}

}}}}  // namespace rondo::v0::pg::detail
