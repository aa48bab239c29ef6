// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: a rondo::task can be awaited only inside a coroutine that returns rondo::task
#include <coroutine>

#include <rondo/rondo.hpp>

struct foreign {
  struct promise_type {
    foreign get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
};

rondo::task<int> number() { co_return 1; }

foreign body() {
#ifdef BAD
  co_await number();
#endif
  co_return;
}
