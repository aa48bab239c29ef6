// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include <rondo/coro/detail/body.hpp>
#include <rondo/loop/detail/timer_queue.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// A cleanup's time limit, and what is said when it was cut off by it.
class finally_base : public composite, private timer {
 public:
  const char* describe() const noexcept override { return "finally"; }

 protected:
  explicit finally_base(std::int64_t limit) noexcept : limit_(limit) {}
  finally_base(finally_base&&) = default;
  ~finally_base() = default;

  void begin_limit(node& cleanup) noexcept;
  void end_limit() noexcept;
  void report_cut_off() noexcept;
  /// Of a cleanup whose task cannot be told, because it is being unwound.
  static void report_failed(const std::exception_ptr& error) noexcept;
  /// As in Python, a failing finally block replaces what the body threw.
  static void report_replaced(const std::exception_ptr& error) noexcept;

 private:
  std::string text(const std::string& cleanup) const;
  node* cleanup_ = nullptr;
  std::int64_t limit_;
  bool cut_off_ = false;
};

template <class B, class F, class C>
class [[nodiscard]] finally_operation final : public finally_base {
  using value_type = typename body<B>::value_type;

 public:
  finally_operation(B&& b, F&& cleanup, std::int64_t limit)
      : finally_base(limit), body_(std::move(b)), cleanup_(std::forward<F>(cleanup)) {}
  finally_operation(finally_operation&&) = default;

  bool begin() noexcept override {
    body_.start_below(*waiter());
    return false;
  }
  void child_done(node& done) noexcept override {
    if (&done == &body_) {
      try {
        running_as task(*waiter());
        cleanup_child_.emplace(cleanup_());
        cleanup_child_->set_shielded();
        cleanup_child_->start_below(*waiter());
        begin_limit(*cleanup_child_);
        return;
      } catch (...) {
        cleanup_error_ = std::current_exception();
      }
    } else {
      end_limit();
      cleanup_error_ = cleanup_child_->result.exception();
      if (cleanup_child_->result.cancelled()) report_cut_off();
    }
    bool cut_short = body_.result.cancelled();
    if (cut_short && waiter()->cancel_requested() && cleanup_error_) report_failed(cleanup_error_);
    complete_or_stop(cut_short);
  }
  value_type result() {
    if (cleanup_error_) {
      if (body_.result.has_error()) report_replaced(body_.result.exception());
      std::rethrow_exception(cleanup_error_);
    }
    return std::move(body_.result).get();
  }

 private:
  child<B> body_;
  F cleanup_;
  std::optional<child<C>> cleanup_child_;
  std::exception_ptr cleanup_error_;
};

/// A cleanup that was given as a task or an operation.
template <class B>
class given_cleanup {
 public:
  explicit given_cleanup(B&& b) : body_(std::move(b)) {}
  RONDO_CORO_WRAPPER B operator()() { return std::move(body_); }

 private:
  B body_;
};
template <class F>
inline constexpr bool is_given_cleanup = false;
template <class B>
inline constexpr bool is_given_cleanup<given_cleanup<B>> = true;

}}}  // namespace rondo::v0::detail
