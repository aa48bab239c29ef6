// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/outside.hpp>
#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/outcome.hpp>
#include <rondo/detail/counted.hpp>

namespace rondo { inline namespace v0 { namespace detail {

[[noreturn]] void throw_empty_future();
[[noreturn]] void throw_empty_promise();

/// What a promise and its futures share, without the value. Thread safe.
class future_core {
 public:
  future_core();
  future_core(const future_core&) = delete;
  future_core& operator=(const future_core&) = delete;

  bool settled() const noexcept;
  /// True: settled already. False: op will be told on its own loop's thread.
  bool wait(outside_waiter& w, operation& op) noexcept;
  /// True: the waiter is forgotten. False: it is being told.
  bool forget(outside_waiter& w) noexcept;
  /// Runs `store(argument)` once, under the lock, and wakes all waiters. False if
  /// it was settled before.
  bool settle(void (*store)(void*), void* argument);

 protected:
  ~future_core();

 private:
  struct state;
  state* state_;
};

/// Reports an exception that a future would have given, had anybody asked.
void report_unretrieved(const std::exception_ptr& error) noexcept;

template <class T>
class future_state final : public future_core,
                           public counted<future_state<T>, held_on::many_threads> {
 public:
  /// Gives a reference back. If it was the last, nobody can ask for the exception
  /// any more that was set and not retrieved: gives that, or null.
  std::exception_ptr release_and_take_lost() noexcept { return this->drop() ? end() : nullptr; }
  void last_reference_gone() noexcept {
    if (std::exception_ptr lost = end()) report_unretrieved(lost);
  }

  outcome<T> result;
  bool exception_was_set = false;  ///< by the promise's owner
  bool retrieved = false;          ///< changed atomically: by the loops of all who await it

 private:
  std::exception_ptr end() noexcept {
    std::exception_ptr lost;
    if (exception_was_set && !__atomic_load_n(&retrieved, __ATOMIC_RELAXED))
      lost = result.exception();
    delete this;
    return lost;
  }
};

template <class T>
class [[nodiscard]] future_operation final : public operation, private outside_waiter {
 public:
  explicit future_operation(future_state<T>& s) noexcept : state_(&s) {}
  future_operation(future_operation&&) noexcept = default;

  bool begin() noexcept override { return state_->wait(*this, *this); }
  bool cancel() noexcept override { return state_->forget(*this); }
  T result() {
    __atomic_store_n(&state_->retrieved, true, __ATOMIC_RELAXED);
    if constexpr (std::is_void_v<T>) {
      static_cast<void>(state_->result.value());
    } else if constexpr (std::is_copy_constructible_v<T> || std::is_reference_v<T>) {
      return state_->result.value();
    } else {
      return std::move(state_->result).value();
    }
  }
  const char* describe() const noexcept override { return "future"; }

 private:
  ref<future_state<T>> state_;
};

}}}  // namespace rondo::v0::detail
