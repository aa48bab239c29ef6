// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sync/detail/acquisition.hpp>

#include <cstdio>
#include <cstdlib>

#include <rondo/coro/detail/promise.hpp>

namespace rondo::inline v0::detail {

void acquisition::note(const operation& by) noexcept {
  const promise_base* p = by.awaited_in();
  if (!p) {
    line_ = 0;
    return;
  }
  coroutine_ = p->created();
  line_ = p->awaiting().line;
}

void acquisition::destroyed(const char* what) const noexcept {
  if (line_ == 0) {
    std::fprintf(stderr, "rondo: fatal: %s\n", what);
  } else {
    std::fprintf(stderr, "rondo: fatal: %s (taken in %s at %s)\n", what,
                 coroutine_name(coroutine_.function_name()).c_str(),
                 short_location({coroutine_.file_name(), line_}).c_str());
  }
  std::abort();
}

void acquisition::lock_destroyed() const noexcept {
  destroyed("a lock was destroyed while it was held");
}

void acquisition::semaphore_destroyed(std::size_t held) const noexcept {
  char what[96];
  std::snprintf(what, sizeof what, "a semaphore was destroyed while %zu permit%s of it %s out", held,
                held == 1 ? "" : "s", held == 1 ? "was" : "were");
  destroyed(what);
}

}  // namespace rondo::inline v0::detail
