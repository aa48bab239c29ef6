// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/body.hpp>
#include <rondo/coro/detail/frame_pool.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Keeps a function that has made a task, its arguments, and what they were converted
/// to for it: the frame of a coroutine that has made the call and goes no further. So
/// the task may refer to all of it, and none of it stands between the task and who
/// runs that: names and lines are the user's.
template <class T>
class owned_call {
 public:
  using value_type = T;

  struct promise_type {
    task<T> made;
    std::exception_ptr error;

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* p, std::size_t size) noexcept { free_frame(p, size); }

    owned_call get_return_object() noexcept {
      return owned_call(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_always await_transform(task<T>&& t) noexcept {
      made = std::move(t);
      return {};
    }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() noexcept { error = std::current_exception(); }
  };

  owned_call(owned_call&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  owned_call& operator=(owned_call&&) = delete;
  ~owned_call() { end(); }

  /// The task. Throws what the function has thrown instead of making one.
  RONDO_CORO_WRAPPER task<T> take() {
    promise_type& p = handle_.promise();
    if (p.error) std::rethrow_exception(std::exchange(p.error, nullptr));
    return std::move(p.made);
  }
  void end() noexcept {
    if (handle_) std::exchange(handle_, {}).destroy();
  }
  const void* frame() const noexcept { return handle_.address(); }

 private:
  explicit owned_call(std::coroutine_handle<promise_type> h) noexcept : handle_(h) {}
  std::coroutine_handle<promise_type> handle_;
};

template <class F, class... Args>
using called_value_t = typename std::invoke_result_t<F&, Args...>::value_type;

template <class F, class... Args>
owned_call<called_value_t<F, Args...>> call_and_keep(F f, Args... args) {
  co_await f(std::move(args)...);
}

template <class F, class... Args>
auto own_call(F&& f, Args&&... args) {
  return call_and_keep<std::decay_t<F>, std::decay_t<Args>...>(std::forward<F>(f),
                                                               std::forward<Args>(args)...);
}

/// The body of a node that runs such a task.
template <class T>
class body<owned_call<T>> {
 public:
  using value_type = T;

  body(owned_call<T>&& c, node& n) : call_(std::move(c)), coroutine_(call_.take(), n) {}
  body(const body&) = delete;
  body& operator=(const body&) = delete;

  void finish(node& n, bool stopped, outcome<T>& out) noexcept {
    coroutine_.finish(n, stopped, out);
    running_as its_task(n);
    call_.end();
  }
  const void* kept_frame() const noexcept { return call_.frame(); }

 private:
  owned_call<T> call_;
  body<task<T>> coroutine_;
};

}}}  // namespace rondo::v0::detail
