// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/detail/stream_core.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rondo/compose/detail/background.hpp>
#include <rondo/coro/detail/promise.hpp>
#include <rondo/io/detail/no_sigpipe.hpp>
#include <rondo/io/detail/socket.hpp>
#include <rondo/io/errors.hpp>
#include <rondo/loop/detail/backend.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo::inline v0::detail {

namespace {

/// Keeps a core for the task that sends its last words.
class finishing {
 public:
  explicit finishing(stream_core& core) noexcept : core_(core) {
    core_.retain();
    ++core_.finishing;
  }
  finishing(const finishing& other) noexcept : finishing(other.core_) {}
  finishing& operator=(const finishing&) = delete;
  ~finishing() {
    --core_.finishing;
    core_.release();
  }
  stream_core& core() const noexcept { return core_; }

 private:
  stream_core& core_;
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
  if (ip_peer_size_ > 0) return endpoint(reinterpret_cast<const sockaddr*>(ip_peer_), ip_peer_size_);
  return details_ ? details_->unix_peer : endpoint();
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
    throw usage_error("shutdown_write " + subject() + ": a pipe has one direction; close it");
  if (output_busy()) throw usage_error("shutdown_write " + subject() + ": another task is writing");
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
  throw std::system_error(static_cast<int>(-error), std::generic_category(), what);
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

std::int64_t stream_core::take_received(const io_operation& op, std::int64_t result) noexcept {
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
  } else if (!append(bytes)) {
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
  if (std::exchange(at_eof, false) && input_error == 0) input_error = static_cast<std::int32_t>(filter->take_end(*this));
}

std::int64_t stream_operation::refusal() const noexcept {
  if (!core_ || core_->closed) return -EBADF;
  if (slot_ == &stream_core::writer) {
    if (core_->output_ended) return -EPIPE;
    if (core_->output_claimed && !by_claim_) return -EALREADY;
  }
  // It is this one when it goes on after a pause.
  stream_operation* busy = core_->*slot_;
  if (busy && busy != this && busy->in_flight()) return -EALREADY;
  if (core_->filter && !core_->filter->established()) return -ENOTCONN;
  return 0;
}

bool stream_operation::begin() noexcept {
  outcome = refusal();
  if (outcome < 0) return true;
  // One that was stopped in a pause is still there if its task's handle lives.
  if (stream_operation* stopped = core_->*slot_; stopped && stopped != this) stopped->let_go();
  core_->*slot_ = this;
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
  if (!core_) throw usage_error(std::string(operation) + ": the stream is not open");
  if (outcome == -EALREADY)
    throw usage_error(std::string(operation) + " " + core_->subject() +
                      ": another task is at it; one reader and one writer at a time");
  core_->fail(operation, outcome == -ECANCELED ? -ECONNABORTED : outcome);
}

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

bool read_operation::work() noexcept {
  for (unsigned round = 0; !ended(); ++round) {
    if (round == rounds) {
      begin_again_next_turn();
      return false;
    }
    std::size_t there = core_->buffered().size();
    std::size_t missing =
        (goal_ == goal::exactly || goal_ == goal::peek) && wanted_ > there ? wanted_ - there : 0;
    if (!core_->prepare_receive(*this, missing)) {
      outcome = -ENOMEM;
      return true;
    }
    if (!request()) return false;
    outcome = core_->take_received(*this, outcome);
    if (outcome < 0) return true;
  }
  return true;
}

bool read_operation::answered(std::int64_t result) noexcept {
  outcome = core_->take_received(*this, result);
  return outcome < 0 || ended();
}

// What came before an error of the filter is read before it.
bool read_operation::ended() noexcept {
  if (satisfied()) {
    outcome = 0;
    return true;
  }
  outcome = core_->input_error;
  return outcome < 0;
}

// Whether to stop receiving: enough is there, or no more will help.
bool read_operation::satisfied() noexcept {
  std::string_view there = core_->buffered();
  switch (goal_) {
    case goal::some:
      if (wanted_ == 0 || !there.empty()) {
        wanted_ = std::min(wanted_, there.size());
        return true;
      }
      break;
    case goal::peek:
    case goal::exactly:
      if (there.size() >= wanted_) return true;
      if (wanted_ > core_->limit && goal_ == goal::peek) return overrun_ = true;
      break;
    case goal::until:
    case goal::line:
      if (find_separator()) return true;
      break;
    case goal::all:
      if (there.size() > wanted_) return overrun_ = true;
      break;
  }
  return core_->at_eof;
}

// The separator whose end comes first; of those that end together the longest.
bool read_operation::find_separator() noexcept {
  std::string_view there = core_->buffered();
  std::size_t end = there.npos;
  for (std::size_t i = 0; i < separators(); ++i) {
    std::string_view wanted = separator(i);
    // It may have begun in what was scanned before.
    std::size_t from = scanned_ >= wanted.size() ? scanned_ - wanted.size() + 1 : 0;
    std::size_t at = there.find(wanted, from);
    if (at != there.npos) end = std::min(end, at + wanted.size());
  }
  scanned_ = there.size();
  if (end != there.npos && end <= core_->limit) {
    wanted_ = end;
    return true;
  }
  // The last line needs no separator, so one more byte must decide.
  bool full = goal_ == goal::line ? there.size() > core_->limit : there.size() >= core_->limit;
  if (end != there.npos || full) return overrun_ = true;
  return false;
}

void read_operation::throw_overrun() const {
  throw limit_overrun_error(
      "read from " + core_->subject() +
      (goal_ == goal::all    ? ": more than " + std::to_string(wanted_)
       : goal_ == goal::peek ? ": peek beyond the limit of " + std::to_string(core_->limit)
                             : ": no separator within " + std::to_string(core_->limit)) +
      " bytes");
}

void read_operation::throw_incomplete() {
  std::string rest(core_->buffered());
  core_->consume(rest.size());
  throw incomplete_read_error(
      "read from " + core_->subject() + ": the stream ended after " + std::to_string(rest.size()) +
          " bytes" +
          (goal_ == goal::exactly ? " of " + std::to_string(wanted_) : ", before the separator"),
      rest);
}

const char* read_operation::describe() const noexcept {
  switch (goal_) {
    case goal::some:
      return "read";
    case goal::peek:
      return "peek";
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

std::string read_bytes_operation::result() {
  end at_end(*this);
  check("read from");
  if (overrun_) throw_overrun();
  std::string_view there = core_->buffered();
  std::size_t n = there.size();
  switch (goal_) {
    case goal::some:
      n = wanted_;
      break;
    case goal::peek:
      return std::string(there.substr(0, wanted_));
    case goal::exactly:
      if (n < wanted_) throw_incomplete();
      n = wanted_;
      break;
    case goal::until:
      if (wanted_ == 0) throw_incomplete();
      n = wanted_;
      break;
    case goal::line:
      if (wanted_ > 0) n = wanted_;  // else the last line, which ends with the stream
      break;
    case goal::all:
      break;
  }
  std::string bytes(there.substr(0, n));
  core_->consume(bytes.size());
  return bytes;
}

read_until_operation::read_until_operation(stream_core* core, std::vector<std::string> separators)
    : read_bytes_operation(core, goal::until, 0), separators_(std::move(separators)) {
  for (const std::string& s : separators_)
    if (s.empty()) throw usage_error("read_until: a separator is empty");
}

bool read_some_operation::work() noexcept {
  direct_ = core_->buffered().empty() && !core_->at_eof && core_->input_error == 0 &&
            !into_.empty() && !core_->filter;
  if (!direct_) return read_operation::work();
  code = core_->type == stream_core::kind::socket ? opcode::recv : opcode::read;
  flags = 0;
  offset = -1;
  buffer = into_.data();
  length = into_.size();
  if (!request()) return false;
  return answered(outcome);
}

bool read_some_operation::answered(std::int64_t result) noexcept {
  if (!direct_) return read_operation::answered(result);
  outcome = result;
  if (result == 0) {
    if (core_->closed) {
      outcome = -ECONNABORTED;
    } else {
      core_->at_eof = true;
    }
  }
  return true;
}

std::size_t read_some_operation::result() {
  end at_end(*this);
  check("read from");
  if (direct_) return static_cast<std::size_t>(outcome);
  std::size_t n = std::min(wanted_, core_->buffered().size());
  if (n) std::memcpy(into_.data(), core_->buffered().data(), n);
  core_->consume(n);
  return n;
}

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
  ssize_t n;
  do {
    no_sigpipe guard;  // sockets have MSG_NOSIGNAL for that
    n = ::write(fd, bytes.data(), bytes.size());
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

}  // namespace rondo::inline v0::detail
