// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/loop/sleep.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace db { namespace detail {

/// Whether a transaction that failed with this is worth another try: the database has chosen
/// it to give way to another one (SQLSTATE 40001, 40P01).
bool gave_way(const std::exception_ptr& failure) noexcept;
/// How long to wait before the next try, so that those who collided do not do so again: a
/// random time, longer with each try.
delay pause_before_try(int next);

template <class F, class Transaction>
using body_result = awaited_t<std::invoke_result_t<F&, Transaction&>>;

/// What `transaction` does, for every database: begins one, runs body(transaction) and
/// commits; rolls back and throws what the body or the commit threw, or tries again. When the
/// task is cancelled, the destructor of the transaction sees to its end.
///
/// Self has task<Transaction> begin(Options); a Transaction task<> commit(), task<> rollback(),
/// which throws nothing.
template <class Transaction, class Self, class Options, class F>
task<body_result<F, Transaction>> run_transaction(Self& self, Options options, int tries, F body) {
  using R = body_result<F, Transaction>;
  for (int attempt = 1;; ++attempt) {
    Transaction transaction = co_await self.begin(options);
    std::exception_ptr failure;
    try {
      if constexpr (std::is_void_v<R>) {
        co_await body(transaction);
        co_await transaction.commit();
        co_return;
      } else {
        R value = co_await body(transaction);
        co_await transaction.commit();
        co_return static_cast<R&&>(value);
      }
    } catch (...) {
      failure = std::current_exception();
    }
    co_await transaction.rollback();
    if (attempt >= tries || !gave_way(failure)) std::rethrow_exception(std::move(failure));
    co_await sleep(pause_before_try(attempt + 1));
  }
}

}}}}  // namespace rondo::v0::db::detail
