// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/body.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo::inline v0 {

namespace detail {

template <class B, class F, class C>
class finally_operation final : public composite, private timer {
  using value_type = typename body<B>::value_type;
  using function = std::remove_reference_t<F>;

 public:
  finally_operation(B&& b, F&& cleanup, std::int64_t limit)
      : body_(std::move(b)), cleanup_(std::forward<F>(cleanup)), limit_(limit) {}
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
        if (limit_ != timer_queue::never) {
          loop& l = loop::of(*waiter());
          expire = [](timer& t) noexcept {
            static_cast<finally_operation&>(t).cleanup_child_->request_cancel();
          };
          l.timers().arm(*this, delay(std::chrono::nanoseconds(limit_)).after(l.now_ns()));
        }
        return;
      } catch (...) {
        cleanup_error_ = std::current_exception();
      }
    } else {
      loop::of(*waiter()).timers().disarm(*this);
      cleanup_error_ = cleanup_child_->result.exception();
    }
    if (body_.result.cancelled() && waiter()->cancel_requested()) {
      if (cleanup_error_) report_cleanup();
      complete_stopped();
    } else {
      complete();
    }
  }
  value_type result() {
    if (cleanup_error_) {
      // As in Python, a failing finally block replaces what the body threw.
      if (body_.result.has_error()) {
        detail::report({problem::exception_not_retrieved,
                        "the body before a failed cleanup failed too: " +
                            rondo::describe(body_.result.exception()),
                        body_.result.exception()});
      }
      std::rethrow_exception(cleanup_error_);
    }
    return std::move(body_.result).get();
  }
  const char* describe() const noexcept override { return "finally"; }

 private:
  void report_cleanup() noexcept {
    detail::report_made([&] {
      return diagnostic{problem::exception_not_retrieved,
                        "the cleanup of a cancelled task failed: " +
                            rondo::describe(cleanup_error_),
                        cleanup_error_};
    });
  }

  child<B> body_;
  F cleanup_;
  std::optional<child<C>> cleanup_child_;
  std::exception_ptr cleanup_error_;
  std::int64_t limit_;
};

}  // namespace detail

/// Runs `body`, then in any case `cleanup()`, a coroutine: also when the body
/// failed or the task is being cancelled. `try`/`finally` with an await in the
/// finally block. (Destructors are the finally that needs no await.)
///
///     co_await rondo::finally(transfer(), [&] { return connection.rollback(); });
///
/// The cleanup is shielded; with `limit`, it is cancelled after that time. Begun
/// by a cancelled task, neither runs. An exception of the cleanup is thrown in
/// place of the body's.
template <class A, class F>
  requires(detail::awaitable<A> && detail::awaitable<std::invoke_result_t<F&>>)
auto finally(A&& body, F&& cleanup,
             std::optional<delay> limit = std::nullopt) {
  RONDO_CHECK_CLOSURE(F);
  using C = detail::body_type<std::invoke_result_t<F&>>;
  return detail::finally_operation<detail::body_type<A>, F, C>(
      detail::make_body(std::forward<A>(body)), std::forward<F>(cleanup),
      limit ? limit->count() : detail::timer_queue::never);
}

}  // namespace rondo::inline v0
