// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <initializer_list>

namespace rondo { inline namespace v0 { namespace detail {

/// While it lives this thread takes no signal, and neither do the threads that it
/// starts, for good: signals belong to the threads of the program, and those that
/// a signal_stream reads must be blocked in every thread. What a thread does to
/// itself (SIGSEGV and the like) is not blocked, so that handlers for it work.
class signals_blocked {
 public:
  signals_blocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    for (int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
      sigdelset(&all, own);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;
  ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}}}  // namespace rondo::v0::detail
