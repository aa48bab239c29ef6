// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <deque>
#include <memory>
#include <new>
#include <utility>

#include <rondo/loop/detail/io_operation.hpp>
#include <rondo/loop/detail/unique_fd.hpp>
#include "detail/errno_error.hpp"
#include "loop/backend.hpp"

#include "loop/syscall.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

/// epoll: an operation is first tried; only when it would block does it wait for
/// its fd. Our own sockets are registered once, edge-triggered; fds of others
/// (opcode::poll) one-shot, because their owner may close them behind our back.
class epoll_backend final : public backend {
 public:
  epoll_backend() {
    if (!epoll_) throw errno_error(errno, "epoll_create1");
    wake_ = unique_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_) throw errno_error(errno, "eventfd");
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = wake_tag;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
  }

  backend_kind kind() const noexcept override { return backend_kind::epoll; }

  bool start(io_operation& op) noexcept override {
    // Never overtake operations that wait on the same fd already.
    bool must_queue = false;
    if (static_cast<std::size_t>(op.fd) < fds_.size() && waits(op))
      must_queue = !queue_of(fds_[static_cast<std::size_t>(op.fd)], op).empty();
    if (!must_queue) {
      op.outcome = attempt(op);
      if (op.outcome != -EAGAIN || !waits(op)) return true;
    }
    int error = enqueue(op);
    if (error == 0) return false;
    op.outcome = -error;
    return true;
  }

  bool cancel(io_operation& op) noexcept override {
    op.unlink();
    --in_flight_;
    return true;
  }

  void poll(std::int64_t deadline, bool) noexcept override {
    timespec wait{};
    timespec* limit = &wait;
    if (deadline == INT64_MAX) {
      limit = nullptr;
    } else if (deadline > 0) {
      std::int64_t left = wait_for_deadline(deadline);
      wait.tv_sec = left / 1'000'000'000;
      wait.tv_nsec = left % 1'000'000'000;
    }
    epoll_event events[256];
    int n = pwait(events, 256, limit);
    for (int i = 0; i < n; ++i) handle(events[i]);
  }

  bool wants_poll() noexcept override { return false; }

  void wake() noexcept override {
    std::uint64_t one = 1;
    [[maybe_unused]] auto n = ::write(wake_.get(), &one, sizeof one);
  }
  unsigned in_flight() const noexcept override { return in_flight_; }
  std::int64_t now() noexcept override { return monotonic_now(); }
  int fd() noexcept override { return epoll_.get(); }

  void forget(int fd) noexcept override {
    auto i = static_cast<std::size_t>(fd);
    if (i >= fds_.size()) return;
    if (fds_[i].known) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    fds_[i].known = fds_[i].edge = false;
    ++fds_[i].generation;  // events on their way belong to the old socket
    end_all(fds_[i], nullptr);
  }

 private:
  static constexpr std::uint64_t wake_tag = ~std::uint64_t{0};
  static constexpr std::size_t pool_size = 64 * 1024;

  using waiting = list<io_operation>;
  struct fd_state {
    waiting readers;
    waiting writers;
    waiting pollers;
    std::uint32_t generation = 0;
    bool known = false;  // registered in some way, unless its owner closed it
    bool edge = false;   // registered for good; else one-shot, perhaps spent
  };

  static bool waits(const io_operation& op) noexcept {
    switch (op.code) {
      case opcode::nop:
      case opcode::fsync:
      case opcode::openat:
      case opcode::close:
      case opcode::renameat:
      case opcode::unlinkat:
        return false;
      default:
        return op.fd >= 0;
    }
  }
  static waiting& queue_of(fd_state& s, const io_operation& op) noexcept {
    switch (op.code) {
      case opcode::poll:
        return s.pollers;
      case opcode::connect:
      case opcode::send:
      case opcode::sendmsg:
      case opcode::write:
        return s.writers;
      default:
        return s.readers;
    }
  }

  std::int64_t attempt(io_operation& op) noexcept {
    if (op.code == opcode::recv_pooled) {
      if (!pool_) pool_.reset(new (std::nothrow) char[pool_size]);
      if (!pool_) return -ENOBUFS;
      op.buffer = pool_.get();
      op.length = pool_size;
    }
    return do_syscall(op);
  }

  int enqueue(io_operation& op) noexcept {
    auto i = static_cast<std::size_t>(op.fd);
    if (i >= fds_.size()) {
      try {
        fds_.resize(i + i / 2 + 16);
      } catch (const std::bad_alloc&) {
        return ENOMEM;
      }
    }
    fd_state& s = fds_[i];
    queue_of(s, op).push_back(op);
    if (int error = observe(op.fd, s, &op)) {
      op.unlink();
      return error;
    }
    ++in_flight_;
    return 0;
  }

  /// Ends what waits for a file that is not there any more, under the number of
  /// another or of none: nobody would ever wake it, or the wrong one.
  void end_all(fd_state& s, const io_operation* but) noexcept {
    for (waiting* l : {&s.readers, &s.writers, &s.pollers}) {
      for (io_operation& op : *l) {
        if (&op == but) continue;
        op.unlink();
        --in_flight_;
        op.kernel_done(-EBADF);
      }
    }
  }

  int observe(int fd, fd_state& s, const io_operation* newest) noexcept {
    epoll_event event{};
    if (!s.pollers.empty()) {
      // An fd has one registration: while somebody polls it, readers and writers
      // share the one-shot.
      for (const io_operation& p : s.pollers) event.events |= p.flags;
      if (!s.readers.empty()) event.events |= EPOLLIN | EPOLLRDHUP;
      if (!s.writers.empty()) event.events |= EPOLLOUT;
      event.events |= EPOLLONESHOT;
    } else if (s.edge) {
      return 0;
    } else {
      event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    }
    ++s.generation;  // an event on its way tells of what the fd was before
    event.data.u64 = static_cast<std::uint32_t>(fd) | std::uint64_t{s.generation} << 32;
    s.edge = false;
    int error = control(s.known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, event);
    if (error == ENOENT) {  // its owner has closed it, and the number is another file's
      end_all(s, newest);
      error = control(EPOLL_CTL_ADD, fd, event);
    }
    if (error == EEXIST) error = control(EPOLL_CTL_MOD, fd, event);
    s.known = error == 0;
    s.edge = s.known && s.pollers.empty();
    return error;
  }
  int control(int what, int fd, epoll_event& event) noexcept {
    return ::epoll_ctl(epoll_.get(), what, fd, &event) == 0 ? 0 : errno;
  }

  void handle(const epoll_event& event) noexcept {
    // Edge-triggered, every wake is an event; its count need not be read.
    if (event.data.u64 == wake_tag) return;
    auto fd = static_cast<std::uint32_t>(event.data.u64);
    if (fd >= fds_.size() || fds_[fd].generation != event.data.u64 >> 32) return;
    fd_state& s = fds_[fd];
    bool over = event.events & (EPOLLERR | EPOLLHUP);
    if (over || event.events & (EPOLLIN | EPOLLRDHUP)) retry(s.readers);
    if (over || event.events & EPOLLOUT) retry(s.writers);
    for (io_operation& p : s.pollers) {
      std::uint32_t ready = event.events & (p.flags | POLLERR | POLLHUP);
      if (!ready) continue;
      p.unlink();
      --in_flight_;
      p.kernel_done(ready);
    }
    // A one-shot is spent now.
    if (!s.edge && (!s.readers.empty() || !s.writers.empty() || !s.pollers.empty()))
      observe(static_cast<int>(fd), s, nullptr);
  }

  void retry(waiting& l) noexcept {
    while (io_operation* op = l.front()) {
      std::int64_t r;
      if (op->code == opcode::connect) {  // the first attempt goes on: how did it end?
        int error = 0;
        socklen_t size = sizeof error;
        r = ::getsockopt(op->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 ? -errno : -error;
        sockaddr_storage peer;
        socklen_t peer_size = sizeof peer;
        if (r == 0 && ::getpeername(op->fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0)
          return;  // not yet
      } else {
        r = attempt(*op);
      }
      if (r == -EAGAIN) return;
      op->unlink();
      --in_flight_;
      op->kernel_done(r);
    }
  }

  // epoll_pwait2 has nanoseconds (Linux 5.11); epoll_wait would round a timer up
  // by as much as a millisecond.
  int pwait(epoll_event* events, int size, const timespec* limit) noexcept {
    if (has_pwait2_) {
      int n = ::epoll_pwait2(epoll_.get(), events, size, limit, nullptr);
      if (n >= 0 || errno != ENOSYS) return n;
      has_pwait2_ = false;
    }
    int ms = -1;
    if (limit) {
      std::int64_t all =
          std::int64_t{limit->tv_sec} * 1000 + (limit->tv_nsec + 999'999) / 1'000'000;
      ms = all > INT32_MAX ? INT32_MAX : static_cast<int>(all);
    }
    return ::epoll_wait(epoll_.get(), events, size, ms);
  }

  unique_fd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  unique_fd wake_;
  bool has_pwait2_ = true;
  unsigned in_flight_ = 0;
  std::unique_ptr<char[]> pool_;  // what recv_pooled receives into
  std::deque<fd_state> fds_;      // references stay valid while it grows
};

}  // namespace

backend* make_epoll_backend() { return new epoll_backend; }

}}}  // namespace rondo::v0::detail
