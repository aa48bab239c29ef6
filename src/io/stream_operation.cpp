// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/detail/stream_operation.hpp>

#include <cerrno>

#include <rondo/io/errors.hpp>
#include <rondo/loop/loop.hpp>
#include "loop/backend.hpp"

namespace rondo { inline namespace v0 { namespace detail {

std::int64_t stream_operation::refusal() const noexcept {
  if (!core_) return -EBADF;
  if (!core_->home.here()) return -EXDEV;
  if (core_->closed) return -EBADF;
  if (role_ == role::writer) {
    if (core_->output_ended) return -EPIPE;
    if (core_->output_claimed && !by_claim_) return -EALREADY;
  }
  // It is this one when it goes on after a pause.
  stream_operation* busy = role_ == role::reader ? core_->reader : core_->writer;
  if (busy && busy != this && busy->in_flight()) return -EALREADY;
  if (core_->filter && !core_->filter->established()) return -ENOTCONN;
  return 0;
}

bool stream_operation::begin() noexcept {
  outcome = refusal();
  if (outcome < 0) return true;
  // One that was stopped in a pause is still there if its task's handle lives.
  if (stream_operation* stopped = slot(); stopped && stopped != this) stopped->let_go();
  slot() = this;
  fd = core_->fd;
  return work();
}

bool stream_operation::cancel() noexcept {
  if (!io_operation::cancel()) return false;
  let_go();
  return true;
}

void stream_operation::kernel_done(std::int64_t result) noexcept {
  bool done = answered(result);
  // Between two requests stopping loses nothing.
  if (waiter()->cancel_requested() && (!done || outcome == -ECANCELED)) {
    let_go();
    complete_stopped();
  } else if (!done && core_->closed) {
    // A pipe would not end what is begun now, and nobody else will.
    outcome = -ECONNABORTED;
    complete();
  } else if (done || work()) {
    complete();
  }
}

void stream_operation::abort() noexcept {
  if (!in_flight()) return let_go();  // stopped in a pause, and its task's handle lives
  if (!waiting()) return;  // it has completed, or finds the stream closed when it goes on
  if (loop::of(*waiter()).kernel().cancel(*this)) {
    outcome = -ECONNABORTED;
    complete();
  }
}

void stream_operation::check(const char* operation) const {
  if (outcome >= 0) return;
  if (!core_) throw usage_error(std::string("stream::") + describe() + ": the stream is not open");
  if (outcome == -EXDEV) core_->require_home(describe());
  if (outcome == -EALREADY)
    throw usage_error(std::string("stream::") + describe() + " " + core_->subject() +
                      ": another task is at it; one reader and one writer at a time");
  core_->fail(operation, outcome == -ECANCELED ? -ECONNABORTED : outcome);
}

}}}  // namespace rondo::v0::detail
