// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "io/fd_watcher.hpp"

#include <poll.h>
#include <cerrno>

#include "loop/backend.hpp"

namespace rondo { inline namespace v0 { namespace detail {

fd_watcher* fd_watcher::open(loop& l, int fd, callback on_ready) {
  return new fd_watcher(l, fd, std::move(on_ready));
}

fd_watcher::fd_watcher(loop& l, int fd_number, callback on_ready)
    : loop_(l), on_ready_(std::move(on_ready)) {
  code = opcode::poll;
  fd = fd_number;
  arrival_.watcher = this;
  arrival_.fire = [](entry& e) noexcept { static_cast<arrival&>(e).watcher->answered(); };
}

void fd_watcher::arm() noexcept {
  if (state_ != state::idle || wanted_ == 0) return;
  flags = wanted_;
  state_ = state::armed;
  if (loop_.kernel().start(*this)) kernel_done(outcome);
}

void fd_watcher::watch(unsigned events) noexcept {
  if (events == wanted_) return;
  wanted_ = events;
  if (state_ == state::armed && (events & ~flags || events == 0)) {
    // The poll in flight asks for something else: end it, its answer arms anew.
    if (loop_.kernel().cancel(*this)) state_ = state::idle;
  }
  arm();
}

void fd_watcher::close() noexcept {
  closed_ = true;
  bool gone = state_ == state::idle || (state_ == state::armed && loop_.kernel().cancel(*this));
  if (gone) delete this;  // else answered() does it
}

// The library is not called from here: it may be calling us, or the backend may
// be in the middle of its events.
void fd_watcher::kernel_done(std::int64_t result) noexcept {
  state_ = state::answered;
  outcome = result;
  loop_.scheduler().post(arrival_);
}

void fd_watcher::answered() noexcept {
  if (!closed_ && outcome != -ECANCELED) {
    // A poll that failed is told as an error, or the library would wait for ever.
    unsigned ready = outcome < 0 ? POLLERR | POLLNVAL : static_cast<unsigned>(outcome);
    if (ready & (wanted_ | POLLERR | POLLHUP | POLLNVAL)) on_ready_(ready);
  }
  state_ = state::idle;
  if (closed_) {
    delete this;
  } else {
    arm();
  }
}

}}}  // namespace rondo::v0::detail
