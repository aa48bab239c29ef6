// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/body.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 {

namespace detail {

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
  node* cleanup_ = nullptr;
  std::int64_t limit_;
  // Where the cleanup was when its time was up; its frames are gone when that
  // is reported.
  bool cut_off_ = false;
  const char* cleanup_function_ = nullptr;
  const char* waited_for_ = nullptr;
  const char* waiting_function_ = nullptr;
  code_place waiting_at_;
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
    if (body_.result.cancelled() && waiter()->cancel_requested()) {
      if (cleanup_error_) report_failed(cleanup_error_);
      complete_stopped();
    } else {
      complete();
    }
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

}  // namespace detail

/// Runs `body`, then in any case `cleanup`, a task, an operation or a function that
/// makes one: also when the body failed or the task is being cancelled.
/// `try`/`finally` with an await in the finally block. (Destructors are the finally
/// that needs no await.)
///
///     co_await rondo::finally(transfer(), connection.rollback());
///
/// A function is called when its time has come, so it sees what the body has done.
/// The cleanup is shielded; with `limit`, it is cancelled after that time, which
/// is reported to the loop's exception handler (problem::cleanup_cut_off). Begun
/// by a cancelled task, neither runs. An exception of the cleanup is thrown in
/// place of the body's.
template <class A, class F>
  requires(detail::awaitable<A> && detail::awaitable<std::invoke_result_t<F&>>)
auto finally(A&& body, F&& cleanup, std::optional<delay> limit = std::nullopt) {
  if constexpr (!detail::is_given_cleanup<F>) RONDO_CHECK_CLOSURE(F);
  using C = detail::body_type<std::invoke_result_t<F&>>;
  return detail::finally_operation<detail::body_type<A>, F, C>(
      detail::make_body(std::forward<A>(body)), std::forward<F>(cleanup),
      limit && !limit->endless() ? limit->count() : detail::timer_queue::never);
}

template <class A, class C>
  requires(detail::awaitable<A> && detail::awaitable<C>)
auto finally(A&& body, C&& cleanup, std::optional<delay> limit = std::nullopt) {
  using given = detail::given_cleanup<detail::body_type<C>>;
  return finally(std::forward<A>(body), given(detail::make_body(std::forward<C>(cleanup))), limit);
}

}}  // namespace rondo::v0
