// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "sqlite/open_connections.hpp"

#include <atomic>
#include <cstdint>

#include "coro/fork.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {
namespace {

// One word, as a lock might be held by another thread when somebody forks.
struct state {
  std::uint32_t forks;
  std::uint32_t count;
};
constinit std::atomic<state> connections{state{0, 0}};

}  // namespace

bool open_connections::add() noexcept {
  state before = connections.load();
  for (;;) {
    std::uint32_t forks = rondo::detail::fork_count();
    if (before.count > 0 && before.forks != forks) return false;
    if (connections.compare_exchange_weak(before, state{forks, before.count + 1})) return true;
  }
}

void open_connections::remove() noexcept {
  state before = connections.load();
  while (!connections.compare_exchange_weak(before, state{before.forks, before.count - 1})) {
  }
}

}}}}  // namespace rondo::v0::sqlite::detail
