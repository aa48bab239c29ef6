// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/site/serve.hpp>

#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include <rondo/compose/wait.hpp>
#include <rondo/coro/create_task.hpp>
#include <rondo/exec/detail/worker_threads.hpp>
#include <rondo/exec/run_workers.hpp>
#include <rondo/io/signals.hpp>
#include <rondo/sync/future.hpp>
#include "coro/line_writer.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

/// Ctrl-C and SIGTERM are blocked in every thread while it lives, so that a
/// signal_stream gets them.
class ending_signals_blocked {
 public:
  ending_signals_blocked() {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, &before_);
  }
  ending_signals_blocked(const ending_signals_blocked&) = delete;
  ending_signals_blocked& operator=(const ending_signals_blocked&) = delete;
  ~ending_signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

[[noreturn]] void die_of(int signal) {
  std::signal(signal, SIG_DFL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  std::raise(signal);
  std::_Exit(128 + signal);  // as PID 1 the kernel spares it
}

/// What the workers share.
class service {
 public:
  service(handler_factory& factory, const serve_options& options, std::size_t workers)
      : factory_(factory),
        options_(options),
        port_(first_port_.get_future()),
        at_work_(workers),
        none_at_work_(last_has_ended_.get_future()) {}

  task<> work(std::size_t index);

 private:
  task<http::server> start(std::uint16_t port);
  task<> end_after_signal();
  void announce(const http::server& s) const;
  /// Kept once the service ends. Thread safe, as the next.
  future<> end_of_service();
  void end_all();
  void worker_has_ended();

  handler_factory& factory_;
  const serve_options& options_;
  promise<std::uint16_t> first_port_;
  future<std::uint16_t> port_;  // that the first worker has got: all listen on it
  std::mutex mutex_;
  std::vector<promise<>> waiting_;
  bool ending_ = false;
  std::size_t at_work_;
  promise<> last_has_ended_;
  future<> none_at_work_;
};

future<> service::end_of_service() {
  std::lock_guard lock(mutex_);
  promise<>& told = waiting_.emplace_back();
  future<> end = told.get_future();
  if (ending_) told.set_value();
  return end;
}

void service::end_all() {
  std::lock_guard lock(mutex_);
  if (std::exchange(ending_, true)) return;
  for (promise<>& told : waiting_) told.set_value();
}

void service::worker_has_ended() {
  std::lock_guard lock(mutex_);
  if (--at_work_ == 0) last_has_ended_.set_value();
}

task<http::server> service::start(std::uint16_t port) {
  server_options options = options_.server;
  options.reuse_port = true;
  handler h = factory_();
  std::string host(options_.host);
  if (options_.certificate_file.empty())
    co_return co_await detail::start_server(std::move(h), std::move(host), port, options);
  tls_context context =
      tls_context::server(std::string(options_.certificate_file), std::string(options_.key_file));
  co_return co_await detail::start_tls_server(std::move(h), std::move(host), port,
                                              std::move(context), options);
}

void service::announce(const http::server& s) const {
  if (options_.quiet) return;
  const char* scheme = options_.certificate_file.empty() ? "http" : "https";
  rondo::detail::write_report("Serving on " + (scheme + ("://" + s.address().to_string())) +
                              " (Ctrl-C ends)\n");
}

task<> service::end_after_signal() {
  signal_stream signals({SIGINT, SIGTERM});
  co_await signals.next();
  end_all();
  int again = co_await signals.next();
  die_of(again);
}

task<> service::work(std::size_t index) {
  future<> end = end_of_service();
  std::uint16_t port = options_.port;
  if (index > 0) port = co_await port_;
  http::server server = co_await start(port);
  server.set_access_log(log_to(STDOUT_FILENO, options_.log));
  task_handle<> watching;
  if (index == 0) {
    first_port_.set_value(server.port());
    announce(server);
    watching = create_task(end_after_signal(), "signals");
  }
  auto until_then = [&]() -> task<> { co_await end; };
  co_await with_server(server, until_then, options_.grace);
  worker_has_ended();
  if (!watching) co_return;
  co_await none_at_work_;  // a second signal must end the others' draining, too
  watching.cancel();
  co_await wait(watching);
}

}  // namespace

void serve(handler_factory factory, const serve_options& options) {
  ending_signals_blocked in_all_threads;
  std::size_t workers =
      options.workers ? options.workers : rondo::detail::worker_threads::usable_cores();
  service shared(factory, options, workers);
  auto worker = [&](std::size_t index) -> task<> { co_await shared.work(index); };
  run_workers(workers, worker, {.interrupt = on_interrupt::leave_alone});
}

}}}  // namespace rondo::v0::http::detail
