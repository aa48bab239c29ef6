// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <initializer_list>
#include <type_traits>
#include <utility>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/detail/promise.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/loop/detail/io_operation.hpp>

namespace rondo { inline namespace v0 {

/// Signals as things to wait for, instead of handlers that may do almost nothing:
///
///     rondo::signal_stream hangups({SIGHUP});
///     for (;;) {
///       co_await hangups.next();
///       reload();
///     }
///
/// While it lives, these signals are blocked in this thread and come out of a
/// signalfd; a SIG_IGN is lifted. Then mask and disposition are as before, and a
/// signal that came and that nobody took does what it did before. One stream a
/// signal in a process.
///
/// The kernel gives a signal for the process to any thread that does not block it,
/// where it does what its disposition says: kills, mostly. So it must be blocked
/// in *every* thread. Threads made by this one afterwards inherit the mask, and
/// those of Rondo's own pools and of run_workers block all signals; threads that
/// you started before keep theirs. Make the stream first. Programs started by fork
/// and exec inherit the mask too.
///
/// A stream for SIGINT takes Ctrl-C from `run` while it lives: what it does is the
/// program's own business then.
///
/// Equal signals that come before the first of them was taken are one, as the
/// kernel keeps them. Belongs to the thread that made it, and must
/// outlive whoever waits for it.
class signal_stream {
 public:
  /// Throws usage_error for a signal that is no such thing, that another stream or
  /// handler has, or that cannot be waited for (SIGKILL, SIGSTOP, and those for a
  /// thread's own faults, as SIGSEGV); std::system_error when there is no fd.
  signal_stream(std::initializer_list<int> signals);
  signal_stream(const signal_stream&) = delete;
  signal_stream& operator=(const signal_stream&) = delete;
  ~signal_stream();

  class [[nodiscard]] next_operation final : public detail::io_operation {
   public:
    explicit next_operation(int signal_fd) noexcept;
    next_operation(next_operation&&) = default;
    bool begin() noexcept override;
    void kernel_done(std::int64_t result) noexcept override;
    int result() const;
    const char* describe() const noexcept override { return "signal"; }

   private:
    bool take() noexcept;
    bool take_or_wait() noexcept;
    int signal_ = 0;
    int error_ = 0;
  };

  /// Waits for the next signal and gives its number. Cancelling it takes effect at
  /// once and takes no signal; one already taken is delivered. Throws
  /// std::system_error.
  awaitable<int> auto next() noexcept { return next_operation(fd_); }

  /// Readable when next() would not wait.
  int fd() const noexcept { return fd_; }

 private:
  int fd_ = -1;
  sigset_t signals_;
  sigset_t blocked_before_;
  sigset_t ignored_before_;
};

namespace detail {
void add_signal_handler(int signal, unique_function<void()> f);
}

/// Calls f() in a turn of this thread's loop, with the context variables of now,
/// whenever the signal comes: `loop.add_signal_handler`. f may do anything that
/// code of a loop may do; an exception of it goes to the exception handler.
/// Replaces the signal's handler of before. What signal_stream says about masks,
/// threads and errors holds here too. Gone when the loop closes.
template <class F>
  requires std::is_invocable_v<std::decay_t<F>&>
void add_signal_handler(int signal, F&& f) {
  detail::add_signal_handler(signal, detail::unique_function<void()>(std::forward<F>(f)));
}

/// Takes a handler back, from itself too. False if there was none.
bool remove_signal_handler(int signal);

}}  // namespace rondo::v0
