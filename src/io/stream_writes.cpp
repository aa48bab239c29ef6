// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/detail/stream_writes.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <iterator>

#include "coro/no_sigpipe.hpp"

namespace rondo { inline namespace v0 { namespace detail {

bool write_operation::work() noexcept {
  for (unsigned round = 0;; ++round) {
    if (round == rounds) {
      begin_again_next_turn();
      return false;
    }
    advance(0);
    stream_filter* filter = core_->filter.get();
    std::string_view bytes = data_;
    if (filter) {
      // What a cancelled write has left goes first.
      if (filter->output().empty() && !data_.empty()) {
        std::int64_t n = filter->encode(data_);
        if (n < 0) {
          outcome = n;
          return true;
        }
        advance(static_cast<std::size_t>(n));
      }
      bytes = filter->output();
    }
    if (bytes.empty()) {
      outcome = 0;
      return true;
    }
    if (!send(bytes)) return false;
    if (answered(outcome)) return true;
  }
}

// True: the answer is in outcome.
bool write_operation::send(std::string_view bytes) noexcept {
  if (core_->type == stream_core::kind::socket) {
    prepare_send(bytes);
    return request();
  }
  constexpr std::size_t most = 1024 * 1024;  // a file takes all, and holds the loop meanwhile
  ssize_t n;
  do {
    no_sigpipe guard;  // sockets have MSG_NOSIGNAL for that
    n = ::write(fd, bytes.data(), std::min(bytes.size(), most));
  } while (n < 0 && errno == EINTR);
  outcome = n < 0 ? -errno : n;
  code = opcode::write;
  if (outcome != -EAGAIN) return true;
  code = opcode::poll;
  flags = POLLOUT;
  return request();
}

void write_operation::prepare_send(std::string_view bytes) noexcept {
  code = opcode::send;
  flags = MSG_WAITALL;  // io_uring then goes on by itself after a part
  buffer = const_cast<char*>(bytes.data());
  length = bytes.size();
}

bool write_operation::answered(std::int64_t result) noexcept {
  if (result < 0) {
    outcome = result;
    return true;
  }
  if (code == opcode::poll) return false;  // there is room now
  auto n = static_cast<std::size_t>(result);
  if (core_->filter) {
    core_->filter->sent(n);
  } else {
    advance(n);
  }
  if (!data_.empty() || (core_->filter && !core_->filter->output().empty())) return false;
  outcome = 0;
  return true;
}

void write_parts_operation::prepare_send(std::string_view bytes) noexcept {
  if (core_->filter) {
    write_operation::prepare_send(bytes);
    return;
  }
  std::size_t n = 0;
  auto add = [&](std::string_view part) {
    vector_[n++] = {const_cast<char*>(part.data()), part.size()};
  };
  add(bytes);
  for (std::string_view part : parts_) {
    if (n == std::size(vector_)) break;
    if (!part.empty()) add(part);
  }
  message_ = {};
  message_.msg_iov = vector_;
  message_.msg_iovlen = n;
  code = opcode::sendmsg;
  flags = MSG_WAITALL;
  buffer = &message_;
}

void write_parts_operation::advance(std::size_t sent) noexcept {
  while (sent > data_.size() || data_.empty()) {
    sent -= data_.size();
    data_ = {};
    if (parts_.empty()) return;
    data_ = parts_.front();
    parts_ = parts_.subspan(1);
  }
  data_.remove_prefix(sent);
  if (data_.empty() && !parts_.empty()) advance(0);
}

void write_operation::result() {
  end at_end(*this);
  check("write to");
}

}}}  // namespace rondo::v0::detail
