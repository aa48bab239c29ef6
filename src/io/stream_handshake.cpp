// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "io/stream_handshake.hpp"

#include <sys/socket.h>
#include <cerrno>
#include <string>

namespace rondo { inline namespace v0 { namespace detail {

std::int64_t handshake_operation::refusal() const noexcept {
  if (!core_ || core_->closed) return -EBADF;
  if (core_->output_claimed) return -EALREADY;
  for (stream_operation* busy : {core_->active_reader(), core_->active_writer()})
    if (busy && busy != this) return -EALREADY;
  return 0;
}

bool handshake_operation::work() noexcept {
  core_->writer = this;
  for (unsigned round = 0; !ended(); ++round) {
    if (round == rounds) {
      begin_again_next_turn();
      return false;
    }
    std::string_view out = core_->filter->output();
    if (!out.empty()) {
      code = opcode::send;
      flags = MSG_WAITALL;
      buffer = const_cast<char*>(out.data());
      length = out.size();
    } else if (!core_->prepare_receive(*this, 0)) {
      outcome = -ENOMEM;
      return true;
    }
    if (!request()) return false;
    if (answered(outcome)) return true;
  }
  return true;
}

bool handshake_operation::answered(std::int64_t result) noexcept {
  if (code != opcode::send) {
    outcome = core_->take_received(*this, result);
    return outcome < 0 || ended();
  }
  outcome = result;
  if (result >= 0) {
    core_->filter->sent(static_cast<std::size_t>(result));
    return ended();
  }
  // A peer that is content may close at once, before it has our last words; what
  // it sent until then can be read.
  if (core_->filter->established() && result != -ECANCELED) outcome = 0;
  return true;
}

bool handshake_operation::ended() noexcept {
  outcome = core_->input_error;
  return outcome < 0 || (core_->filter->established() && core_->filter->output().empty());
}

void handshake_operation::leave() noexcept {
  stream_operation::leave();
  if (core_ && core_->writer == this) core_->writer = nullptr;
}

void handshake_operation::result() {
  end at_end(*this);
  std::string operation = std::string(core_ ? core_->filter->kind() : "tls") + " handshake with";
  check(operation.c_str());
}

}}}  // namespace rondo::v0::detail
