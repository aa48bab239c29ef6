// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/signals.hpp>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <rondo/coro/context_var.hpp>
#include <rondo/coro/detail/context.hpp>
#include <rondo/coro/diagnostic.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/loop/loop.hpp>
#include "coro/report_lost.hpp"
#include "detail/errno_error.hpp"
#include "io/fd_watcher.hpp"
#include "loop/backend.hpp"

namespace rondo { inline namespace v0 {

namespace {

std::string name_of(int signal) {
  const char* name = signal > 0 && signal < NSIG ? sigabbrev_np(signal) : nullptr;
  return name ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

void check_waitable(int signal) {
  if (signal <= 0 || signal >= NSIG)
    throw usage_error("signal_stream: there is no " + name_of(signal));
  for (int unfit : {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
    if (signal == unfit)
      throw usage_error("signal_stream: " + name_of(signal) + " cannot be waited for");
}

// Two readers of one signal would each get some, and the first to end would
// unblock it under the other.
std::atomic<bool> taken[NSIG];

bool is_ignored(int signal) {
  struct sigaction now{};
  return ::sigaction(signal, nullptr, &now) == 0 && !(now.sa_flags & SA_SIGINFO) &&
         now.sa_handler == SIG_IGN;
}

template <class F>
void for_each(const sigset_t& signals, F f) {
  for (int s = 1; s < NSIG; ++s)
    if (sigismember(&signals, s) == 1) f(s);
}

/// One signal, or 0, or -errno.
int read_signal(int fd) noexcept {
  signalfd_siginfo info;
  ssize_t n;
  do {
    n = ::read(fd, &info, sizeof info);
  } while (n < 0 && errno == EINTR);
  if (n == static_cast<ssize_t>(sizeof info)) return static_cast<int>(info.ssi_signo);
  if (n < 0 && errno != EAGAIN) return -errno;
  return n == 0 ? -EIO : 0;
}

}  // namespace

signal_stream::signal_stream(std::initializer_list<int> signals) {
  sigemptyset(&signals_);
  sigemptyset(&ignored_before_);
  for (int s : signals) check_waitable(s);
  sigset_t claimed;
  sigemptyset(&claimed);
  auto give_back = [&] { for_each(claimed, [](int s) { taken[s] = false; }); };
  for (int s : signals) {
    sigaddset(&signals_, s);
    if (sigismember(&claimed, s) == 1) continue;
    if (taken[s].exchange(true)) {
      give_back();
      throw usage_error("signal_stream: " + name_of(s) +
                        " has a signal_stream or a handler already");
    }
    sigaddset(&claimed, s);
  }
  fd_ = ::signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd_ < 0) {
    int error = errno;
    give_back();
    throw detail::errno_error(error, "signalfd");
  }
  ::pthread_sigmask(SIG_BLOCK, &signals_, &blocked_before_);
  for_each(signals_, [&](int s) {
    if (!is_ignored(s)) return;
    sigaddset(&ignored_before_, s);
    std::signal(s, SIG_DFL);
  });
}

signal_stream::~signal_stream() {
  if (detail::this_thread_scheduler) loop::current().kernel().forget(fd_);
  ::close(fd_);
  for_each(ignored_before_, [](int s) { std::signal(s, SIG_IGN); });
  // Only what this blocked: another stream may have blocked others meanwhile.
  sigset_t unblock;
  sigemptyset(&unblock);
  for_each(signals_, [&](int s) {
    taken[s] = false;
    if (sigismember(&blocked_before_, s) == 0) sigaddset(&unblock, s);
  });
  ::pthread_sigmask(SIG_UNBLOCK, &unblock, nullptr);
}

signal_stream::next_operation::next_operation(int signal_fd) noexcept {
  code = detail::opcode::poll;
  fd = signal_fd;
  flags = POLLIN;
}

bool signal_stream::next_operation::take() noexcept {
  int n = read_signal(fd);
  if (n < 0) error_ = -n;
  if (n > 0) signal_ = n;
  return n != 0;
}

// The poll takes nothing, so it can be cancelled at any time. Another task may
// have been quicker when it says that there is something.
bool signal_stream::next_operation::take_or_wait() noexcept {
  while (!take()) {
    if (!io_operation::begin()) return false;
    if (outcome < 0) {
      error_ = static_cast<int>(-outcome);
      return true;
    }
  }
  return true;
}

bool signal_stream::next_operation::begin() noexcept { return take_or_wait(); }

void signal_stream::next_operation::kernel_done(std::int64_t result) noexcept {
  if (waiter()->cancel_requested()) {
    // Completion wins, if there is one; else this is the end.
    if (result >= 0 && take()) {
      complete();
    } else {
      complete_stopped();
    }
    return;
  }
  if (result < 0) {
    error_ = static_cast<int>(-result);
    complete();
  } else if (take_or_wait()) {
    complete();
  }
}

int signal_stream::next_operation::result() const {
  if (error_) throw detail::errno_error(error_, "signal_stream");
  return signal_;
}

namespace {

/// One add_signal_handler. Shared, so that f may remove itself.
class handler : public std::enable_shared_from_this<handler> {
 public:
  handler(loop& l, int number, detail::unique_function<void()> f)
      : signal_(number),
        stream_(std::in_place, {number}),
        function_(std::move(f)),
        context_(detail::retain(detail::current_context())),
        watcher_(detail::fd_watcher::open(l, stream_->fd(), [this](unsigned) { ready(); })) {
    watcher_->watch(POLLIN);
  }
  handler(const handler&) = delete;
  handler& operator=(const handler&) = delete;
  ~handler() {
    remove();
    detail::release(context_);
  }

  int signal() const noexcept { return signal_; }
  /// No call from now on; the signal is free again.
  void remove() noexcept {
    if (!watcher_) return;
    std::exchange(watcher_, nullptr)->close();
    stream_.reset();
  }
  void replace(detail::unique_function<void()> f) {
    function_ = std::move(f);
    detail::release(std::exchange(context_, detail::retain(detail::current_context())));
  }

 private:
  void ready() noexcept {
    auto alive = shared_from_this();
    int n = 1;
    while (watcher_ && (n = read_signal(stream_->fd())) > 0) call();
    if (n < 0) {
      remove();
      detail::report_made([&] {
        return diagnostic{problem::exception_not_retrieved,
                          "the handler of " + name_of(signal_) +
                              " gets no signal any more: " + std::generic_category().message(-n),
                          nullptr};
      });
    }
  }
  void call() noexcept {
    // Called, they may be replaced.
    auto f = std::move(function_);
    detail::context* mine = detail::retain(context_);
    detail::context*& present = detail::current_context();
    std::swap(present, mine);
    try {
      f();
    } catch (...) {
      detail::report_lost(std::current_exception(),
                          [&] { return "the handler of " + name_of(signal_) + " threw"; });
    }
    std::swap(present, mine);
    detail::release(mine);
    if (!function_) function_ = std::move(f);
  }

  int signal_;
  std::optional<signal_stream> stream_;
  detail::unique_function<void()> function_;
  detail::context* context_;
  detail::fd_watcher* watcher_;
};

/// Those of one loop.
class handlers {
 public:
  explicit handlers(loop& l) noexcept : loop_(l) {}

  void add(int signal, detail::unique_function<void()> f) {
    for (auto& h : all_)
      if (h->signal() == signal) return h->replace(std::move(f));
    all_.reserve(all_.size() + 1);
    all_.push_back(std::make_shared<handler>(loop_, signal, std::move(f)));
  }
  bool remove(int signal) noexcept {
    for (auto h = all_.begin(); h != all_.end(); ++h) {
      if ((*h)->signal() != signal) continue;
      (*h)->remove();
      all_.erase(h);
      return true;
    }
    return false;
  }

 private:
  loop& loop_;
  std::vector<std::shared_ptr<handler>> all_;
};

}  // namespace

void detail::add_signal_handler(int signal, unique_function<void()> f) {
  loop::current().local<handlers>().add(signal, std::move(f));
}

bool remove_signal_handler(int signal) { return loop::current().local<handlers>().remove(signal); }

}}  // namespace rondo::v0
