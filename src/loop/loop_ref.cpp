// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/loop/loop_ref.hpp>

#include <utility>

#include "loop/callback.hpp"
#include "loop/loop_link.hpp"

namespace rondo { inline namespace v0 {

loop_ref::loop_ref(detail::loop_link* link) noexcept : link_(link) { link_->hold(); }
loop_ref::loop_ref(const loop_ref& other) noexcept : link_(other.link_) {
  if (link_) link_->hold();
}
loop_ref::~loop_ref() {
  if (link_) link_->release();
}

bool loop_ref::post(detail::unique_function<void()> f, detail::code_place where) const {
  if (!link_) return false;
  auto* call = new detail::posted_call(std::move(f), "call_soon_threadsafe", where);
  if (link_->post(*call)) return true;
  delete call;
  return false;
}

}}  // namespace rondo::v0
