// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/detail/stream_core.hpp>

#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include <rondo/io/detail/stream_operation.hpp>
#include <rondo/io/errors.hpp>
#include "compose/background.hpp"
#include "coro/fatal.hpp"
#include "detail/errno_error.hpp"
#include "io/socket.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

/// Keeps a core for the task that sends its last words.
class finishing {
 public:
  explicit finishing(stream_core& core) noexcept : core_(&core) { ++core.finishing; }
  finishing(const finishing& other) noexcept : finishing(*other.core_) {}
  finishing& operator=(const finishing&) = delete;
  ~finishing() { --core_->finishing; }
  stream_core& core() const noexcept { return *core_; }

 private:
  ref<stream_core> core_;
};

task<> send_rest(finishing its) {
  stream_core& core = its.core();
  while (!core.filter->output().empty()) {
    plain_io_operation send(opcode::send, core.fd, "close");
    std::string_view out = core.filter->output();
    send.buffer = const_cast<char*>(out.data());
    send.length = out.size();
    std::int64_t n = co_await send;
    if (n < 0) co_return;
    core.filter->sent(static_cast<std::size_t>(n));
  }
  ::shutdown(core.fd, SHUT_WR);
}

/// False: memory is short.
bool assign(std::string& to, std::string_view bytes) noexcept {
  try {
    to.assign(bytes);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

/// The kernel has no room for the last words of a filter: a task of the loop's
/// waits for it, not for ever.
void finish_output(stream_core& core) noexcept {
  constexpr auto limit = std::chrono::seconds(5);
  try {
    finish_in_background(send_rest(finishing(core)), limit);
  } catch (...) {  // without memory, or without a loop, the connection just ends
  }
}

}  // namespace

stream_core::stream_core(int fd_number, const endpoint& peer) : fd(fd_number), type(kind::socket) {
  if (peer.size() > ip_size) {
    details_ = std::make_unique<details>();
    details_->unix_peer = peer;
  } else {
    std::memcpy(ip_peer_, peer.data(), peer.size());
    ip_peer_size_ = static_cast<unsigned char>(peer.size());
  }
}

stream_core::stream_core(int fd_number, kind t, std::string name) : fd(fd_number), type(t) {
  set_name(std::move(name));
}

endpoint stream_core::peer() const noexcept {
  if (ip_peer_size_ > 0)
    return endpoint(reinterpret_cast<const sockaddr*>(ip_peer_), ip_peer_size_);
  return details_ ? details_->unix_peer : endpoint();
}

void stream_core::require_home(const char* operation) {
  if (!home.here())
    throw usage_error(std::string("stream::") + operation + " " + subject() +
                      ": it belongs to another thread's loop; use loop_ref::call_soon_threadsafe");
}

void stream_core::check_home() noexcept {
  if (home.here()) return;
  fatal("the stream " + subject() + " was destroyed on a thread that is not its loop's; use " +
        "loop_ref::call_soon_threadsafe");
}

void stream_core::set_name(std::string name) {
  if (!details_) details_ = std::make_unique<details>();
  details_->name = std::move(name);
}

std::string stream_core::subject() const {
  return details_ && !details_->name.empty() ? details_->name : peer().to_string();
}

stream_core::~stream_core() {
  close_socket(fd);
  ::operator delete(data_);
}

// True: the filter has nothing left to send.
bool stream_core::send_rest_at_once() noexcept {
  while (!filter->output().empty()) {
    std::string_view out = filter->output();
    ssize_t n = ::send(fd, out.data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno != EAGAIN;  // lost with its connection: there is nobody to tell
    filter->sent(static_cast<std::size_t>(n));
  }
  return true;
}

// The kernel resets a connection that is closed with unread bytes, and the peer
// then loses our last words: after a handshake, a TLS server's tickets are unread
// in every client that only writes.
void stream_core::discard_input() noexcept {
  constexpr int most = 64;
  char scratch[4096];
  for (int i = 0; i < most; ++i)
    if (::recv(fd, scratch, sizeof scratch, MSG_DONTWAIT) <= 0) return;
}

void stream_core::shut_down() noexcept {
  if (std::exchange(closed, true)) return;
  int ends = SHUT_RDWR;
  // Not into the midst of a record that another task is sending.
  if (filter && !active_writer()) {
    if (!std::exchange(output_ended, true)) filter->end_output();
    if (!finishing && !send_rest_at_once()) finish_output(*this);
    if (finishing) ends = SHUT_RD;
    if (!active_reader()) discard_input();
  }
  if (type == kind::socket && (active_reader() || output_busy())) ::shutdown(fd, ends);
  if (reader) reader->abort();
  if (writer && writer != reader) writer->abort();
}

void stream_core::end_output() {
  if (closed) fail("shutdown", -EBADF);
  if (type == kind::pipe)
    throw usage_error("stream::shutdown_write " + subject() +
                      ": a pipe has one direction; close it");
  if (output_busy())
    throw usage_error("stream::shutdown_write " + subject() + ": another task is writing");
  if (std::exchange(output_ended, true)) return;
  if (filter) {
    filter->end_output();
    if (!send_rest_at_once()) {
      finish_output(*this);
      return;
    }
  }
  if (::shutdown(fd, SHUT_WR) != 0 && errno != ENOTCONN) fail("shutdown", -errno);
}

void stream_core::fail(const char* operation, std::int64_t error) const {
  std::string what = std::string(operation) + " " + subject();
  if (filter) filter->throw_failure(error, what);
  throw errno_error(-error, what);
}

stream_operation* stream_core::active_reader() const noexcept {
  return reader && reader->in_flight() ? reader : nullptr;
}

stream_operation* stream_core::active_writer() const noexcept {
  return writer && writer->in_flight() ? writer : nullptr;
}

void stream_core::consume(std::size_t n) noexcept {
  begin_ += n;
  if (begin_ == end_) begin_ = end_ = 0;
}

void stream_core::free_buffer() noexcept {
  ::operator delete(std::exchange(data_, nullptr));
  begin_ = end_ = capacity_ = 0;
}

void stream_core::free_idle_memory() noexcept {
  if (begin_ != end_) return;
  free_buffer();
  bulk_ = false;
  if (filter) filter->free_input_room();
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

bool stream_core::append(std::string_view bytes) noexcept {
  std::span<char> to = room(bytes.size());
  if (to.size() < bytes.size()) return false;
  std::memcpy(to.data(), bytes.data(), bytes.size());
  filled(bytes.size());
  return true;
}

// A connection that waits without anything in its buffer holds no memory for it:
// the backend lends some when data has come. Once much comes at a time, the
// copying would cost more than the memory.
bool stream_core::prepare_receive(io_operation& op, std::size_t missing) noexcept {
  constexpr std::size_t least = 4096;
  constexpr std::size_t in_bulk = 64 * 1024;
  constexpr std::size_t most = 1024 * 1024;  // a peer's wish alone reserves no memory
  op.fd = fd;
  // What a large read has left is not kept for a peer that may be silent for ever.
  if (begin_ == end_ && capacity_ > most && missing <= least) free_buffer();
  if (type == kind::socket && !bulk_ && !pool_is_out_ && missing <= least) {
    if (begin_ == end_) free_buffer();
    if (filter) filter->free_input_room();
    op.code = opcode::recv_pooled;
    op.flags = 0;
    return true;
  }
  pool_is_out_ = false;
  std::span<char> to = filter ? filter->input_room(bulk_ ? in_bulk : least)
                              : room(std::clamp(missing, bulk_ ? in_bulk : least, most));
  if (to.empty()) return false;
  op.code = type == kind::socket ? opcode::recv : opcode::read;
  op.flags = 0;
  op.buffer = to.data();
  op.length = to.size();
  op.offset = -1;
  return true;
}

std::int64_t stream_core::take_received(const io_operation& op, std::int64_t result,
                                        std::string* direct, std::size_t most) noexcept {
  bool pooled = op.code == opcode::recv_pooled;
  if (pooled && result == -ENOBUFS) {
    pool_is_out_ = true;
    return 0;
  }
  if (result < 0) return result;
  if (result == 0) {
    // Our own close looks like the peer's end to the kernel.
    if (closed) return -ECONNABORTED;
    if (filter) {
      input_error = static_cast<std::int32_t>(filter->take_end(*this));
    } else {
      at_eof = true;
    }
    return 0;
  }
  auto n = static_cast<std::size_t>(result);
  constexpr std::size_t much = 4096;
  bulk_ = n >= much;
  std::string_view bytes(static_cast<const char*>(op.buffer), n);
  if (filter) {
    feed(bytes);
  } else if (!pooled) {
    filled(n);
  } else if (!(direct && n <= most && begin_ == end_ && assign(*direct, bytes)) && !append(bytes)) {
    input_error = -ENOMEM;  // a hole in the stream: nothing after it may be read
  }
  return 0;
}

// An answer that no task waits for (an alert, a refusal) is sent at once or goes
// with what is written next.
void stream_core::feed(std::string_view bytes) noexcept {
  input_error = static_cast<std::int32_t>(filter->take(bytes, *this));
  stream_operation* writing = active_writer();
  bool nothing_in_flight = (!writing || writing == reader) && !finishing;
  if (nothing_in_flight && (input_error < 0 || filter->established())) send_rest_at_once();
}

void stream_core::set_filter(std::unique_ptr<stream_filter> f) {
  std::string early(buffered());
  consume(early.size());
  filter = std::move(f);
  feed(early);
  if (std::exchange(at_eof, false) && input_error == 0)
    input_error = static_cast<std::int32_t>(filter->take_end(*this));
}

}}}  // namespace rondo::v0::detail
