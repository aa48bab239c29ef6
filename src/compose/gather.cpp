// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/compose/gather.hpp>

#include "coro/report_lost.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void gather_base::note(bool cancelled, std::exception_ptr error, const node* child) noexcept {
  if (cancelled && !std::exchange(child_cancelled_, true)) reason_ = child->why_cancelled();
  if (!error) return;
  if (error_) {
    report_lost(error, [this] {
      return std::string("a further task of a ") + describe() + " failed after the first";
    });
    return;
  }
  error_ = std::move(error);
  waiter()->cancel_children();
}

void gather_base::finish() noexcept { complete_or_stop(!error_ && child_cancelled_); }

void gather_base::report_failure(const char* what) noexcept {
  if (error_) report_lost(error_, what);
}

void gather_base::check() const {
  if (error_) std::rethrow_exception(error_);
  if (child_cancelled_) reason_.raise();
}

std::size_t checked_limit(std::size_t limit, const char* caller) {
  if (limit == 0) throw usage_error(std::string(caller) + ": a limit of 0 lets nothing run");
  return limit;
}

}}}  // namespace rondo::v0::detail
