// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "coro/fork.hpp"

#include <pthread.h>

namespace rondo { inline namespace v0 { namespace detail {

namespace {
constinit unsigned forks = 0;  // changes only where there is one thread
[[maybe_unused]] const int registered =
    ::pthread_atfork(nullptr, nullptr, [] { __atomic_add_fetch(&forks, 1, __ATOMIC_RELAXED); });
}  // namespace

unsigned fork_count() noexcept { return __atomic_load_n(&forks, __ATOMIC_RELAXED); }

}}}  // namespace rondo::v0::detail
