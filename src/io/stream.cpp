// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/stream.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <new>
#include <sys/socket.h>

#include <rondo/io/detail/socket.hpp>
#include <rondo/io/resolve.hpp>

namespace rondo::inline v0 {

namespace detail {

stream_core::stream_core(int fd_number, endpoint peer_address) noexcept
    : fd(fd_number), peer(peer_address) {
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

stream_core::~stream_core() {
  close_socket(fd);
  ::operator delete(data_);
}

void stream_core::shut_down() noexcept {
  closed = true;
  if (reading || writing) ::shutdown(fd, SHUT_RDWR);
}

std::system_error stream_core::failure(const char* operation, std::int64_t error) const {
  return std::system_error(static_cast<int>(-error), std::generic_category(),
                           std::string(operation) + " " + peer.to_string());
}

void stream_core::consume(std::size_t n) noexcept {
  begin_ += n;
  if (begin_ == end_) begin_ = end_ = 0;
}

std::span<char> stream_core::room(std::size_t n) noexcept {
  if (capacity_ - end_ < n) {
    if (begin_ > 0 && capacity_ - (end_ - begin_) >= n) {
      std::memmove(data_, data_ + begin_, end_ - begin_);
    } else {
      std::size_t grown = std::max(capacity_ * 2, end_ - begin_ + n);
      auto* bigger = static_cast<char*>(::operator new(grown, std::nothrow));
      if (!bigger) return {};
      if (end_ > begin_) std::memcpy(bigger, data_ + begin_, end_ - begin_);
      ::operator delete(std::exchange(data_, bigger));
      capacity_ = grown;
    }
    end_ -= std::exchange(begin_, 0);
  }
  return {data_ + end_, capacity_ - end_};
}

bool stream_operation::enter(bool stream_core::* which) noexcept {
  if (!core_ || core_->closed) {
    outcome = -EBADF;
    return false;
  }
  bool& busy = core_->*which;
  if (busy) {
    outcome = -EALREADY;
    return false;
  }
  busy = true;
  busy_ = &busy;
  fd = core_->fd;
  return true;
}

void stream_operation::check(const char* operation) const {
  if (outcome >= 0) return;
  if (!core_) throw usage_error(std::string(operation) + ": the stream is not open");
  if (outcome == -EALREADY)
    throw usage_error(std::string(operation) + " " + core_->peer.to_string() +
                      ": another task is at it; one reader and one writer at a time");
  throw core_->failure(operation, outcome);
}

bool read_some_operation::begin() noexcept {
  if (!enter(&stream_core::reading)) return true;
  std::string_view there = core_->buffered();
  if (!there.empty() || into_.empty() || core_->at_eof) {
    std::size_t n = std::min(there.size(), into_.size());
    if (n) std::memcpy(into_.data(), there.data(), n);
    core_->consume(n);
    outcome = static_cast<std::int64_t>(n);
    return true;
  }
  code = opcode::recv;
  buffer = into_.data();
  length = into_.size();
  return io_operation::begin();
}

std::size_t read_some_operation::result() {
  leave();
  if (outcome == 0 && core_ && core_->closed) outcome = -ECONNABORTED;
  check("read from");
  if (outcome == 0 && !into_.empty()) core_->at_eof = true;
  return static_cast<std::size_t>(outcome);
}

bool buffered_read_operation::begin() noexcept {
  if (!enter(&stream_core::reading)) return true;
  scanned_ = 0;
  return satisfied() || receive();
}

// Whether to stop receiving: enough is there, or no more will help.
bool buffered_read_operation::satisfied() noexcept {
  std::string_view there = core_->buffered();
  switch (goal_) {
    case goal::some:
      if (wanted_ == 0 || !there.empty()) {
        wanted_ = std::min(wanted_, there.size());
        return true;
      }
      break;
    case goal::exactly:
      if (there.size() >= wanted_) return true;
      break;
    case goal::until:
    case goal::line: {
      // A separator may have begun in what was scanned before.
      std::size_t from = scanned_ >= separator_.size() ? scanned_ - separator_.size() + 1 : 0;
      std::size_t at = there.find(separator_, from);
      if (at != there.npos && at + separator_.size() <= core_->limit) {
        wanted_ = at + separator_.size();
        return true;
      }
      scanned_ = there.size();
      if (there.size() >= core_->limit || at != there.npos) {
        overrun_ = true;
        return true;
      }
      break;
    }
    case goal::all:
      if (there.size() > wanted_) {
        overrun_ = true;
        return true;
      }
      break;
  }
  return core_->at_eof;
}

// Receives until satisfied; false when the kernel will answer later.
bool buffered_read_operation::receive() noexcept {
  for (;;) {
    std::size_t missing = goal_ == goal::exactly ? wanted_ - core_->buffered().size() : 0;
    constexpr std::size_t least = 4096;
    constexpr std::size_t most = 1024 * 1024;  // a peer's wish alone reserves no memory
    std::span<char> room = core_->room(std::clamp(missing, least, most));
    if (room.empty()) {
      outcome = -ENOMEM;
      return true;
    }
    code = opcode::recv;
    buffer = room.data();
    length = room.size();
    if (!io_operation::begin()) return false;
    if (outcome < 0) return true;
    core_->received(static_cast<std::size_t>(outcome));
    if (outcome == 0) core_->at_eof = true;
    if (satisfied()) return true;
  }
}

void buffered_read_operation::kernel_done(std::int64_t result) noexcept {
  if (result == 0 && core_->closed) result = -ECONNABORTED;  // our own close, not the peer's end
  if (result >= 0) {
    core_->received(static_cast<std::size_t>(result));
    if (result == 0) core_->at_eof = true;
    // The receive is done whatever came of it, so a cancellation can take effect
    // here without loss; completion wins if this was the last one needed.
    if (!satisfied()) {
      if (waiter()->cancel_requested()) {
        complete_stopped();
        return;
      }
      if (!receive()) return;
      result = outcome;
    }
  }
  io_operation::kernel_done(result);
}

std::string buffered_read_operation::result() {
  leave();
  check("read from");
  std::string_view there = core_->buffered();
  if (overrun_) {
    throw limit_overrun_error("read from " + core_->peer.to_string() +
                              (goal_ == goal::all ? ": more than " + std::to_string(wanted_)
                                                  : ": no separator within " +
                                                        std::to_string(core_->limit)) +
                              " bytes");
  }
  bool complete = goal_ == goal::exactly ? there.size() >= wanted_
                  : goal_ == goal::until || goal_ == goal::line
                      ? wanted_ > 0
                      : true;
  if (goal_ == goal::all || !complete) {
    std::string rest(there);
    core_->consume(there.size());
    if (complete || goal_ == goal::line) return rest;
    throw incomplete_read_error("read from " + core_->peer.to_string() +
                                    ": the stream ended after " + std::to_string(rest.size()) +
                                    " bytes" +
                                    (goal_ == goal::exactly
                                         ? " of " + std::to_string(wanted_)
                                         : std::string(", before the separator")),
                                rest);
  }
  std::string wanted(there.substr(0, wanted_));
  core_->consume(wanted.size());
  return wanted;
}

const char* buffered_read_operation::describe() const noexcept {
  switch (goal_) {
    case goal::some:
      return "read";
    case goal::exactly:
      return "read_exactly";
    case goal::until:
      return "read_until";
    case goal::line:
      return "read_line";
    case goal::all:
      return "read_all";
  }
  return "read";
}

bool write_operation::begin() noexcept {
  if (!enter(&stream_core::writing)) return true;
  return send();
}

// Sends until all is sent; false when the kernel will answer later.
bool write_operation::send() noexcept {
  while (!data_.empty()) {
    code = opcode::send;
    flags = MSG_WAITALL;  // io_uring then goes on by itself after a part
    buffer = const_cast<char*>(data_.data());
    length = data_.size();
    if (!io_operation::begin()) return false;
    if (outcome < 0) return true;
    data_.remove_prefix(static_cast<std::size_t>(outcome));
  }
  outcome = 0;
  return true;
}

void write_operation::kernel_done(std::int64_t result) noexcept {
  if (result >= 0) {
    data_.remove_prefix(static_cast<std::size_t>(result));
    if (!data_.empty()) {
      if (waiter()->cancel_requested()) {
        complete_stopped();
        return;
      }
      if (!send()) return;
      result = outcome;
    }
  }
  io_operation::kernel_done(result);
}

void write_operation::result() {
  leave();
  check("write to");
}

}  // namespace detail

async_generator<std::string> stream::lines() {
  for (;;) {
    std::string line = co_await read_line();
    if (line.empty()) co_return;
    if (line.back() == '\n') line.pop_back();
    co_yield std::move(line);
  }
}

void stream::shutdown_write() {
  if (!core_) throw usage_error("stream::shutdown_write: the stream is not open");
  if (::shutdown(core_->fd, SHUT_WR) != 0 && errno != ENOTCONN)
    throw core_->failure("shutdown", -errno);
}

void stream::close() noexcept {
  if (!core_) return;
  core_->shut_down();
  std::exchange(core_, nullptr)->release();
}

endpoint stream::local() const noexcept { return core_ ? detail::local_endpoint(core_->fd) : endpoint(); }

task<stream> open_connection(endpoint address) {
  detail::socket_guard socket(detail::make_tcp_socket(address.family()));
  detail::plain_io_operation connect(detail::opcode::connect, socket.get(), "connect");
  connect.buffer = const_cast<sockaddr*>(address.data());
  connect.length = address.size();
  std::int64_t error = co_await connect;
  if (error < 0)
    throw std::system_error(static_cast<int>(-error), std::generic_category(),
                            "connect " + address.to_string());
  co_return stream(new detail::stream_core(socket.release(), address));
}

task<stream> open_connection(std::string host, std::uint16_t port) {
  std::vector<endpoint> addresses = co_await resolve(host, port);
  std::exception_ptr last;
  for (const endpoint& address : addresses) {
    try {
      co_return co_await open_connection(address);
    } catch (const std::system_error&) {
      last = std::current_exception();
    }
  }
  if (last) std::rethrow_exception(last);
  throw std::system_error(std::make_error_code(std::errc::address_not_available),
                          "connect " + host + ": it has no address");
}

}  // namespace rondo::inline v0
