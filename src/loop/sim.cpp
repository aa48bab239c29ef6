// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <semaphore.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <ctime>

#include <rondo/loop/detail/io_operation.hpp>
#include "loop/backend.hpp"
#include "loop/syscall.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

/// A socket whose other end this process made: socketpair's. Nobody outside of it brings
/// data, so that virtual time need not wait for the real one.
bool is_ours(int fd) noexcept {
  int domain = 0;
  int listens = 0;
  socklen_t size = sizeof domain;
  ucred peer{};
  socklen_t peer_size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX &&
         ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && !listens &&
         ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size) == 0 &&
         peer.pid == ::getpid();
}

/// Virtual time: waiting until a deadline makes it that time. Of I/O there is what passes
/// between the two ends of a socketpair, which takes no time; the rest fails with ENOTSUP.
class sim_backend final : public backend {
 public:
  sim_backend() { ::sem_init(&wakes_, 0, 0); }
  ~sim_backend() override { ::sem_destroy(&wakes_); }

  backend_kind kind() const noexcept override { return backend_kind::sim; }

  bool start(io_operation& op) noexcept override {
    bool writes = is_write(op);
    if (op.code == opcode::nop) {
      op.outcome = 0;
    } else if (op.code == opcode::recv_pooled) {
      op.outcome = is_ours(op.fd) ? -ENOBUFS : -ENOTSUP;
    } else if (!(writes || op.code == opcode::recv || op.code == opcode::recvmsg ||
                 op.code == opcode::poll) ||
               !is_ours(op.fd)) {
      op.outcome = -ENOTSUP;
    } else if (must_queue(op, writes) || (op.outcome = do_syscall(op)) == -EAGAIN) {
      pending_.push_back(op);
      return false;
    }
    return true;
  }
  bool cancel(io_operation& op) noexcept override {
    for (const io_operation& o : answered_)
      if (&o == &op) return false;
    op.unlink();
    return true;
  }

  void poll(std::int64_t deadline, bool threads_at_work) noexcept override {
    bool woken = false;
    while (::sem_trywait(&wakes_) == 0) woken = true;
    if (unsigned now = in_flight(); now > 0) {
      // What these begin is answered by a later poll.
      while (now-- > 0 && !answered_.empty()) {
        io_operation* op = answered_.pop_front();
        op->kernel_done(op->outcome);
      }
      return;
    }
    if (woken || deadline <= now_) return;
    if (deadline == INT64_MAX) {  // somebody real will wake us
      ::sem_wait(&wakes_);
    } else if (!threads_at_work) {
      now_ = deadline;
    } else {  // while a thread works, time goes at its real pace
      std::int64_t step = std::min(deadline - now_, std::int64_t{3'600'000'000'000});
      std::int64_t until = monotonic_now() + step;
      timespec limit{until / 1'000'000'000, until % 1'000'000'000};
      if (::sem_clockwait(&wakes_, CLOCK_MONOTONIC, &limit) != 0 && errno == ETIMEDOUT)
        now_ += step;
    }
  }
  bool wants_poll() noexcept override { return in_flight() > 0; }

  void wake() noexcept override { ::sem_post(&wakes_); }
  /// Those that can be answered: while nobody writes, a read is nothing to wait for, and
  /// time goes on or there is a deadlock. So it tries, and keeps the answers for poll.
  unsigned in_flight() const noexcept override {
    unsigned n = 0;
    for (io_operation& op : pending_) {
      op.outcome = do_syscall(op);
      if (op.outcome != -EAGAIN) {
        op.unlink();
        answered_.push_back(op);
      }
    }
    for ([[maybe_unused]] const io_operation& op : answered_) ++n;
    return n;
  }
  std::int64_t now() noexcept override { return now_; }

 private:
  static bool is_write(const io_operation& op) noexcept {
    return op.code == opcode::send || op.code == opcode::sendmsg;
  }
  /// Never overtakes what waits on the same fd already.
  bool must_queue(const io_operation& op, bool writes) const noexcept {
    if (op.code == opcode::poll) return false;
    for (const io_operation& o : pending_)
      if (o.fd == op.fd && is_write(o) == writes) return true;
    return false;
  }

  mutable list<io_operation> pending_;
  mutable list<io_operation> answered_;  // outcome is set
  sem_t wakes_;  // may be posted by a signal handler; a condition variable may not
  std::int64_t now_ = 1'000'000'000;  // nothing has ever happened before
};

}  // namespace

backend* make_sim_backend() { return new sim_backend; }

}}}  // namespace rondo::v0::detail
