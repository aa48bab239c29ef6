// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/detail/cancel_reason.hpp>

#include <atomic>
#include <new>
#include <string>

#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 { namespace detail {

struct cancel_reason::shared_text {
  std::string text;
  std::atomic<unsigned> references{1};
};

void cancel_reason::keep(std::string_view message) noexcept {
  try {
    text_ = new shared_text{std::string(message)};
  } catch (const std::bad_alloc&) {
  }
}

void cancel_reason::share() const noexcept {
  text_->references.fetch_add(1, std::memory_order_relaxed);
}

void cancel_reason::give_back() noexcept {
  if (text_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete text_;
}

std::string_view cancel_reason::message() const noexcept {
  return text_ ? std::string_view(text_->text) : std::string_view();
}

void cancel_reason::raise() const { throw cancelled_error(std::string(message())); }

}}}  // namespace rondo::v0::detail
