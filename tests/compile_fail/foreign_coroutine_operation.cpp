// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: a Rondo operation can be awaited only inside a coroutine that returns rondo::task
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

foreign body() {
#ifdef BAD
  co_await rondo::sleep(std::chrono::seconds(1));
#endif
  co_return;
}
