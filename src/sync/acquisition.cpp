// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sync/detail/acquisition.hpp>

#include <rondo/coro/detail/promise.hpp>
#include "coro/fatal.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void acquisition::note(const operation& by) noexcept {
  const promise_base* p = by.awaited_in();
  if (!p) {
    line_ = 0;
    return;
  }
  coroutine_ = p->created();
  line_ = p->awaiting().line;
}

void acquisition::destroyed(std::string what) const noexcept {
  if (line_ != 0)
    what += " (taken in " + coroutine_name(coroutine_.function_name()) + " at " +
            short_location({coroutine_.file_name(), line_}) + ")";
  fatal(what);
}

void acquisition::lock_destroyed() const noexcept {
  destroyed("a lock was destroyed while it was held");
}

void acquisition::semaphore_destroyed(std::size_t held) const noexcept {
  destroyed("a semaphore was destroyed while " + std::to_string(held) +
            (held == 1 ? " permit of it was out" : " permits of it were out"));
}

}}}  // namespace rondo::v0::detail
