// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>
#include <cerrno>
#include <csignal>
#include <ctime>

namespace rondo { inline namespace v0 { namespace detail {

/// A write to a pipe that nobody reads raises SIGPIPE, which ends a process that
/// has not asked for the signal; the error EPIPE says the same. Keeps it from
/// being delivered while it lives.
class no_sigpipe {
 public:
  no_sigpipe() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE);
    if (!was_pending_) ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  no_sigpipe(const no_sigpipe&) = delete;
  ~no_sigpipe() {
    if (was_pending_) return;
    int error = errno;
    timespec at_once{};
    while (::sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
  }

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_;
};

}}}  // namespace rondo::v0::detail
