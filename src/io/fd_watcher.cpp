// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/detail/fd_watcher.hpp>

#include <cerrno>
#include <poll.h>

#include <rondo/loop/detail/backend.hpp>

namespace rondo::inline v0::detail {

fd_watcher* fd_watcher::open(loop& l, int fd, callback on_ready) {
  return new fd_watcher(l, fd, std::move(on_ready));
}

fd_watcher::fd_watcher(loop& l, int fd_number, callback on_ready)
    : loop_(l), on_ready_(std::move(on_ready)) {
  code = opcode::poll;
  fd = fd_number;
}

void fd_watcher::arm() noexcept {
  if (armed_ || calling_ || closed_ || wanted_ == 0) return;
  flags = wanted_;
  armed_ = true;
  // An answer at once must not call back from here: the library is calling us.
  if (loop_.kernel().start(*this)) {
    std::int64_t ready = outcome;
    loop_.call_soon([this, ready] { kernel_done(ready); });
  }
}

void fd_watcher::watch(unsigned events) noexcept {
  if (events == wanted_) return;
  wanted_ = events;
  if (!armed_) {
    arm();
  } else if (events & ~flags || events == 0) {
    // The poll in flight asks for something else: end it, its answer arms anew.
    if (loop_.kernel().cancel(*this)) {
      armed_ = false;
      arm();
    }
  }
}

void fd_watcher::close() noexcept {
  closed_ = true;
  if (calling_) return;  // kernel_done deletes
  if (!armed_ || loop_.kernel().cancel(*this)) delete this;
}

void fd_watcher::kernel_done(std::int64_t result) noexcept {
  armed_ = false;
  if (!closed_ && result != -ECANCELED) {
    // A poll that failed is told as an error, or the library would wait for ever.
    unsigned ready = result < 0 ? POLLERR : static_cast<unsigned>(result);
    calling_ = true;
    if (ready & (wanted_ | POLLERR | POLLHUP)) on_ready_(ready);
    calling_ = false;
  }
  if (closed_) {
    delete this;
  } else {
    arm();
  }
}

}  // namespace rondo::inline v0::detail
