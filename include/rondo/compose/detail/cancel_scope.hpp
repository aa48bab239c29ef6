// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <rondo/coro/detail/body.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/detail/list.hpp>
#include <rondo/loop/detail/timer_queue.hpp>

namespace rondo { inline namespace v0 {

class loop;

namespace detail {

class scope_operation_base;

/// The state behind a cancel_scope: a deadline, and what runs in it.
class scope_core : public timer {
 public:
  scope_core() noexcept = default;
  scope_core(const scope_core&) = delete;
  scope_core& operator=(const scope_core&) = delete;
  ~scope_core();

  void require_own_thread(const char* caller) const;
  void cancel() noexcept;
  void set_deadline(std::int64_t when) noexcept;
  std::int64_t deadline_ns() const noexcept { return deadline_; }
  bool cancelled() const noexcept { return cancelled_; }
  bool timed_out() const noexcept { return timed_out_; }

  void enter(scope_operation_base& op) noexcept;
  void leave(scope_operation_base& op) noexcept;

 private:
  static void expired(timer& t) noexcept;
  void arm() noexcept;

  list<scope_operation_base> inside_;  // what runs in it
  loop* loop_ = nullptr;               // while something does
  std::int64_t deadline_ = timer_queue::never;
  bool cancelled_ = false;
  bool timed_out_ = false;
};

class scope_operation_base : public composite, public list_link<scope_operation_base> {
 public:
  virtual void cancel_child() noexcept = 0;
  const char* describe() const noexcept override { return "cancel_scope"; }

 protected:
  scope_operation_base() = default;
  scope_operation_base(scope_operation_base&&) = default;
  ~scope_operation_base() = default;
};

/// Runs one child inside of a scope that lives elsewhere.
template <class B>
class [[nodiscard]] scope_operation final : public scope_operation_base {
  using value_type = typename body<B>::value_type;

 public:
  scope_operation(B&& b, scope_core& scope) : child_(std::move(b)), scope_(scope) {}
  scope_operation(scope_operation&&) = default;

  bool begin() noexcept override {
    child_.start_below(*waiter());
    scope_.enter(*this);
    return false;
  }
  void cancel_child() noexcept override { child_.request_cancel(); }
  void child_done(node&) noexcept override {
    scope_.leave(*this);
    complete_or_stop(child_.result.cancelled());
  }
  std::optional<element_t<value_type>> result() {
    if (child_.result.cancelled() && scope_.cancelled()) return std::nullopt;
    return std::optional<element_t<value_type>>(std::move(child_.result).value());
  }

 private:
  child<B> child_;
  scope_core& scope_;
};

}  // namespace detail

}}  // namespace rondo::v0
