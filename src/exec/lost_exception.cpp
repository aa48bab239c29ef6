// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/exec/detail/lost_exception.hpp>

#include <rondo/loop/loop.hpp>
#include "coro/report_lost.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void lost_exception::report_on(const loop_ref& loop) && noexcept {
  if (!loop) return report();
  try {
    loop.call_soon_threadsafe(std::move(*this));
  } catch (...) {  // out of memory: the destructor reports it, here
  }
}

void lost_exception::report() noexcept {
  std::exception_ptr error = std::exchange(error_, nullptr);
  if (!error) return;
  report_lost(error,
              [&] { return std::string(whose_) + " failed and nobody asked for its result"; });
}

}}}  // namespace rondo::v0::detail
