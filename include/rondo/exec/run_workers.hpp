// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>

#include <rondo/coro/task.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/loop/run.hpp>

namespace rondo { inline namespace v0 {

struct workers_options {
  backend_kind backend = backend_kind::automatic;
  /// Finds blocked loops; also on with RONDO_DEBUG=1 and in debug builds.
  bool debug = false;
  on_interrupt interrupt = on_interrupt::die;
  /// Treat SIGTERM like SIGINT.
  bool terminate = false;
  /// Each worker stays on one core of those that the process may use.
  bool pin = false;
};
static_assert(std::is_trivially_destructible_v<workers_options>);

namespace detail {

using worker_function = unique_function<task<>(std::size_t)>;
void run_workers(std::size_t n, worker_function factory, const workers_options& options);

template <class F>
class worker_factory {
 public:
  explicit worker_factory(F& f) noexcept : function_(f) {}
  RONDO_CORO_WRAPPER task<> operator()(std::size_t index) { return function_(index); }

 private:
  F& function_;
};

}  // namespace detail

/// Uses many cores: runs `factory(index)`, a task<>, on n threads (0: one for each
/// core that the process may use), each with a loop of its own, and blocks until
/// all have ended. The workers share nothing but what the factory gives them;
/// factory is called on each of the threads, at the same time.
///
///     rondo::run_workers(0, [](std::size_t) -> rondo::task<> {
///       auto server = co_await rondo::start_server(serve, "0.0.0.0", 80, {.reuse_port = true});
///       co_await server.serve_forever();
///     });
///
/// The first exception cancels the other workers and is thrown when all have
/// ended, with its own type; further ones go to standard error. Ctrl-C and, if
/// asked for, SIGTERM do what they do to `run`: every worker's main is cancelled
/// and unwound, then the process dies of the signal; a second one kills at once.
/// Only on the main thread. The threads themselves block all signals.
///
/// Throws usage_error when a loop runs on this thread already,
/// std::system_error when a thread or its loop cannot be had.
template <class F>
  requires std::is_invocable_r_v<task<>, F&, std::size_t>
void run_workers(std::size_t n, F&& factory, workers_options options = {}) {
  detail::run_workers(n, detail::worker_factory<std::remove_reference_t<F>>(factory), options);
}

}}  // namespace rondo::v0
