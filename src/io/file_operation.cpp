// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "io/file_operation.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/loop/loop.hpp>
#include "coro/no_sigpipe.hpp"
#include "loop/backend.hpp"
#include "loop/syscall.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

/// What one step may copy on the loop's thread: about 20 µs.
constexpr std::size_t cached_most = 128 * 1024;
/// What the ring or a thread is asked for at once: the ring copies on the loop's
/// thread too, and a cancellation takes effect between two of them.
constexpr std::size_t request_most = 1024 * 1024;
/// A pipe that polls as writable takes at least this without blocking.
constexpr std::size_t pipe_page = 4096;

bool ready_now(int fd, short events) noexcept {
  pollfd p{fd, events, 0};
  return ::poll(&p, 1, 0) != 0;  // an error shows in the call that follows
}

}  // namespace

bool file_operation::begin() noexcept {
  loop& l = loop::of(*waiter());
  if (l.kernel().serves_files()) return io_operation::begin();
  end_.hold(*this, outside::by::thread, [](operation& op) noexcept {
    auto& self = static_cast<file_operation&>(op);
    self.kernel_done(self.answer_);
  });
  run = [](job& j) noexcept {
    auto& op = static_cast<file_operation&>(j);
    op.answer_ = do_syscall(op);
  };
  finish = [](job& j) noexcept { static_cast<file_operation&>(j).end_.arrive(); };
  try {
    worker_threads::shared().submit(*this);
    return false;
  } catch (const std::system_error& e) {
    outcome = -e.code().value();
  } catch (const std::bad_alloc&) {
    outcome = -ENOMEM;
  }
  end_.withdraw();
  return true;
}

bool file_operation::cancel() noexcept {
  if (!end_.held()) return io_operation::cancel();
  if (!worker_threads::shared().withdraw(*this)) return false;
  end_.withdraw();
  return true;
}

bool file_request::begin() noexcept {
  // RESOLVE_CACHED looks only at names in memory, and refuses with EAGAIN what
  // would need the disk. Files that it would make are not for it.
  if (code == opcode::openat && !(flags & (O_CREAT | O_TRUNC)) && flags & O_NONBLOCK) {
    static constinit bool known = true;  // a kernel before 5.12, or a filter of system calls
    if (__atomic_load_n(&known, __ATOMIC_RELAXED)) {
      open_how how{};
      how.flags = flags;
      how.resolve = RESOLVE_CACHED;
      long opened = ::syscall(SYS_openat2, fd, buffer, &how, sizeof how);
      if (opened >= 0) {
        outcome = opened;
        return true;
      }
      if (errno == ENOSYS || errno == EINVAL || errno == EPERM) {
        if (errno != EPERM) __atomic_store_n(&known, false, __ATOMIC_RELAXED);
      } else if (errno != EAGAIN) {
        outcome = -errno;
        return true;
      }
    }
  }
  return file_operation::begin();
}

file_transfer::file_transfer(const file_ref& f, opcode read_or_write, void* data, std::size_t size,
                             std::int64_t at) noexcept
    : file_(f.get()), what_(read_or_write) {
  code = read_or_write;
  fd = file_ ? file_->fd : -1;
  buffer = data;
  length = size;
  offset = at;
}

file_transfer::~file_transfer() {
  list_link<file_transfer>& place = *this;
  if (!place.listed()) return;
  place.unlink();
  --file_->users_;
  file_->close_if_idle();
}

bool file_transfer::begin() noexcept {
  if (!file_ || file_->closed) {
    outcome = -EBADF;
    return true;
  }
  ++file_->users_;
  file_->transfers_.push_front(*this);
  if (file_->ready_or_not()) return begin_when_ready();
  if (what_ == opcode::read && file_->reads_cached && read_cached()) return true;
  if (length > request_most) length = request_most;
  if (loop::of(*waiter()).kernel().serves_files()) prepare_for_ring();
  return file_operation::begin();
}

void file_transfer::abort() noexcept {
  if (!waiting()) return;  // it has ended, or finds the file closed when it begins
  if (!cancel()) return;   // kernel_done follows
  outcome = -ECANCELED;
  complete();
}

void file_transfer::prepare_for_ring() noexcept {
  // It takes O_NONBLOCK at its word for files that it cannot read without
  // blocking, and gives EAGAIN.
  if (file_->nonblocking) {
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    file_->nonblocking = false;
  }
  // The kernel (seen in 6.18) forgets to move the file's position when a part was
  // transferred before an error: the next request would go to the same place
  // again, and a full disk would look like success. So we move it.
  if (offset >= 0 || (file_->append && what_ == opcode::write)) return;
  offset = ::lseek(fd, 0, SEEK_CUR);
  moves_position_ = offset >= 0;
}

bool file_transfer::read_cached() noexcept {
  iovec into{buffer, length < cached_most ? length : cached_most};
  ssize_t n = ::preadv2(fd, &into, 1, offset, RWF_NOWAIT);
  if (n >= 0) {
    outcome = n;
    return true;
  }
  if (errno == EAGAIN) return false;
  if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) {
    file_->reads_cached = false;
    return false;
  }
  outcome = -errno;
  return true;
}

// A FIFO that no writer has opened yet reads as if at its end; polled, it is not
// ready until one has come.
bool file_transfer::begin_when_ready() noexcept {
  bool poll_first =
      !file_->nonblocking || (file_->what == file_core::kind::fifo && what_ == opcode::read);
  if (!poll_first || ready_now(fd, what_ == opcode::read ? POLLIN : POLLOUT)) {
    outcome = transfer_now();
    if (outcome != -EAGAIN) return true;
  }
  return wait_until_ready();
}

bool file_transfer::wait_until_ready() noexcept {
  // Others may take what was ready; a device that is never ready in truth may not
  // hold the loop.
  constexpr int attempts = 16;
  for (int i = 0; i < attempts; ++i) {
    code = opcode::poll;
    flags = what_ == opcode::read ? POLLIN : POLLOUT;
    waits_for_readiness_ = true;
    if (!io_operation::begin()) return false;
    waits_for_readiness_ = false;
    if (outcome < 0) return true;
    outcome = transfer_now();
    if (outcome != -EAGAIN) return true;
  }
  return true;
}

std::int64_t file_transfer::transfer_now() noexcept {
  code = what_;
  flags = 0;
  std::size_t most = file_->nonblocking ? cached_most : pipe_page;
  std::size_t wanted = length;
  if (length > most) length = most;
  std::int64_t result;
  if (what_ == opcode::write) {
    no_sigpipe guard;
    result = do_syscall(*this);
  } else {
    result = do_syscall(*this);
  }
  length = wanted;
  return result;
}

void file_transfer::kernel_done(std::int64_t result) noexcept {
  if (waits_for_readiness_) {
    waits_for_readiness_ = false;
    if (result >= 0) result = transfer_now();
  }
  // Not ready after all; or, from a thread, a file of the kernel's own (in /sys)
  // that waits for an event.
  if (result == -EAGAIN && (file_->ready_or_not() || file_->nonblocking)) {
    if (waiter()->cancel_requested() || file_->closed) {
      result = -ECANCELED;
    } else {
      if (!wait_until_ready()) return;
      result = outcome;
    }
  }
  if (moves_position_ && result > 0) ::lseek(fd, offset + result, SEEK_SET);
  io_operation::kernel_done(result);
}

}}}  // namespace rondo::v0::detail
