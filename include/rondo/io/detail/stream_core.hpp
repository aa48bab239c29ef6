// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <utility>
#include <vector>

#include <rondo/io/detail/stream_filter.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/loop/detail/io_operation.hpp>

/// What a stream is made of, and the operations on it.
namespace rondo::inline v0::detail {

class stream_operation;

/// An open socket or pipe with its receive buffer. Counted: by the stream, and by
/// each operation in flight, so that the fd is closed only when the kernel has
/// let go of it.
class stream_core {
 public:
  /// pipe: whatever is not a socket; its fd must be as open_pipe makes it.
  enum class kind : unsigned char { socket, pipe };

  stream_core(int fd, const endpoint& peer);
  stream_core(int fd, kind type, std::string name);
  stream_core(const stream_core&) = delete;
  stream_core& operator=(const stream_core&) = delete;

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }
  /// Ends what is in flight; the fd closes with the last reference.
  void shut_down() noexcept;
  /// Says to the peer that no more comes. Throws as fail does.
  void end_output();

  /// Who is at the other end: "127.0.0.1:80", "stdin".
  std::string subject() const;
  /// The address of the other end; empty for a pipe.
  endpoint peer() const noexcept;
  /// Sets what stands for the peer in errors and in the task tree.
  void set_name(std::string name);
  /// Throws a std::system_error; error: -errno, or what the filter has answered.
  [[noreturn]] void fail(const char* operation, std::int64_t error) const;

  std::string_view buffered() const noexcept { return {data_ + begin_, end_ - begin_}; }
  void consume(std::size_t n) noexcept;
  /// Room for at least n more bytes; empty when memory is short.
  std::span<char> room(std::size_t n) noexcept;
  /// n bytes have been written into the room.
  void filled(std::size_t n) noexcept { end_ += n; }
  /// False: memory is short.
  bool append(std::string_view bytes) noexcept;
  /// The peer may be silent for long: keeps no memory for what may come.
  void free_idle_memory() noexcept;

  /// Makes op a receive of what comes next; missing: bytes that are wanted at
  /// least, if known. False: memory is short.
  bool prepare_receive(io_operation& op, std::size_t missing) noexcept;
  /// Takes what it has brought. 0, or -errno. What the filter makes of it is in
  /// input_error, since what came before an error is read before it.
  std::int64_t take_received(const io_operation& op, std::int64_t result) noexcept;

  /// Puts a filter before the socket: bytes that have come already are its own.
  /// No operation is in flight. A handshake_operation must follow. Throws
  /// std::bad_alloc.
  void set_filter(std::unique_ptr<stream_filter> f);

  const int fd;
  const kind type;
  bool closed = false;
  bool at_eof = false;
  bool output_ended = false;
  bool output_claimed = false;  ///< a task writes several times, and nobody between
  unsigned char finishing = 0;  ///< a task of the loop's sends the filter's last words
  std::int32_t input_error = 0;  ///< -errno, of the filter or a hole: nothing can be read after it
  stream_operation* reader = nullptr;
  stream_operation* writer = nullptr;
  std::unique_ptr<stream_filter> filter;
  std::uint32_t limit = 64 * 1024;  ///< of what is read up to a separator

  /// Those at work: a cancelled one may stay in its slot as long as its task's
  /// handle lives.
  stream_operation* active_reader() const noexcept;
  stream_operation* active_writer() const noexcept;
  bool output_busy() const noexcept { return output_claimed || active_writer(); }

 private:
  ~stream_core();
  bool send_rest_at_once() noexcept;
  void discard_input() noexcept;
  void feed(std::string_view bytes) noexcept;
  void free_buffer() noexcept;

  /// What few connections have: many wait at the same time, and each should be
  /// small.
  struct details {
    endpoint unix_peer;
    std::string name;  // in place of the peer
  };
  static constexpr unsigned ip_size = 28;  // sockaddr_in6

  alignas(4) unsigned char ip_peer_[ip_size];
  unsigned char ip_peer_size_ = 0;
  bool bulk_ = false;         // much comes at a time: receive into memory of our own
  bool pool_is_out_ = false;  // the backend had no buffer for the last receive
  unsigned references_ = 1;
  std::unique_ptr<details> details_;
  char* data_ = nullptr;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

/// Common to reads and writes: holds the core; one of each at a time.
class stream_operation : public io_operation {
 public:
  bool begin() noexcept override;
  bool cancel() noexcept override;
  void kernel_done(std::int64_t result) noexcept override;
  std::string detail() const override { return core_ ? core_->subject() : std::string(); }

  /// Ends it with an error: its stream has been closed.
  void abort() noexcept;

 protected:
  using slot = stream_operation* stream_core::*;

  stream_operation(stream_core* core, slot which) noexcept : core_(core), slot_(which) {
    if (core_) core_->retain();
  }
  stream_operation(stream_operation&& other) noexcept
      : io_operation(std::move(other)),
        core_(std::exchange(other.core_, nullptr)),
        by_claim_(other.by_claim_),
        slot_(other.slot_) {}
  ~stream_operation() { let_go(); }

  /// Why it cannot begin: 0, or -errno.
  virtual std::int64_t refusal() const noexcept;
  /// One request to the kernel, or more. True: done, with outcome. False: the
  /// kernel will answer.
  virtual bool work() noexcept = 0;
  /// Takes the kernel's answer to a request. True: done, with outcome.
  virtual bool answered(std::int64_t result) noexcept = 0;
  /// Begins the request that is prepared: true if its answer is in outcome.
  bool request() noexcept { return io_operation::begin(); }

  /// So many answers that came at once are taken before others have their turn.
  static constexpr unsigned rounds = 16;

  /// Lets the next one in.
  virtual void leave() noexcept {
    if (core_ && core_->*slot_ == this) core_->*slot_ = nullptr;
  }
  /// What was stopped holds the fd no longer, though its task may be remembered.
  void let_go() noexcept {
    leave();
    if (core_) std::exchange(core_, nullptr)->release();
  }
  /// Throws what outcome says.
  void check(const char* operation) const;

  /// Lets go of the fd at the end of result(): a task's handle keeps the operation
  /// for as long as it lives, and the peer must hear of a close before that.
  class end {
   public:
    explicit end(stream_operation& op) noexcept : op_(op) { op_.leave(); }
    end(const end&) = delete;
    end& operator=(const end&) = delete;
    ~end() { op_.let_go(); }

   private:
    stream_operation& op_;
  };

  stream_core* core_;
  bool by_claim_ = false;  // its task has claimed the output

 private:
  slot slot_;
};

/// Carries what a filter says and hears before data can pass. Has the stream for
/// itself: reads and writes are refused until it is done. When it fails or is
/// cancelled, they are refused for good.
class handshake_operation final : public stream_operation {
 public:
  explicit handshake_operation(stream_core* core) noexcept
      : stream_operation(core, &stream_core::reader) {}
  handshake_operation(handshake_operation&&) noexcept = default;
  ~handshake_operation() { let_go(); }
  void result();
  const char* describe() const noexcept override { return "handshake"; }

 private:
  std::int64_t refusal() const noexcept override;
  bool work() noexcept override;
  bool answered(std::int64_t result) noexcept override;
  bool ended() noexcept;
  void leave() noexcept override;
};

/// Receives until there is what was asked for. What has come stays in the
/// stream's buffer until then, so cancelling it loses nothing.
class read_operation : public stream_operation {
 public:
  enum class goal : unsigned char { some, peek, exactly, until, line, all };

  const char* describe() const noexcept override;

 protected:
  read_operation(stream_core* core, goal g, std::size_t n) noexcept
      : stream_operation(core, &stream_core::reader), goal_(g), wanted_(n) {}
  read_operation(read_operation&&) noexcept = default;
  ~read_operation() = default;

  bool work() noexcept override;
  bool answered(std::int64_t result) noexcept override;
  bool satisfied() noexcept;
  bool ended() noexcept;
  bool find_separator() noexcept;
  virtual std::size_t separators() const noexcept { return 1; }
  virtual std::string_view separator(std::size_t) const noexcept { return "\n"; }
  [[noreturn]] void throw_overrun() const;
  [[noreturn]] void throw_incomplete();

  goal goal_;
  bool overrun_ = false;
  std::size_t wanted_;  // bytes: to give, or at most
  std::size_t scanned_ = 0;
};

/// A read that gives what it has read.
class read_bytes_operation : public read_operation {
 public:
  read_bytes_operation(stream_core* core, goal g, std::size_t n) noexcept
      : read_operation(core, g, n) {}
  read_bytes_operation(read_bytes_operation&&) noexcept = default;
  std::string result();
};

class read_until_operation final : public read_bytes_operation {
 public:
  read_until_operation(stream_core* core, std::vector<std::string> separators);
  read_until_operation(read_until_operation&&) noexcept = default;

 private:
  std::size_t separators() const noexcept override { return separators_.size(); }
  std::string_view separator(std::size_t i) const noexcept override { return separators_[i]; }
  std::vector<std::string> separators_;
};

/// A read into the caller's memory, straight from the kernel where it can be.
class read_some_operation final : public read_operation {
 public:
  read_some_operation(stream_core* core, std::span<char> into) noexcept
      : read_operation(core, goal::some, into.size()), into_(into) {}
  read_some_operation(read_some_operation&&) noexcept = default;
  std::size_t result();

 private:
  bool work() noexcept override;
  bool answered(std::int64_t result) noexcept override;
  std::span<char> into_;
  bool direct_ = false;  // the request in flight goes to into_
};

/// Sends everything.
class write_operation : public stream_operation {
 public:
  write_operation(stream_core* core, std::string_view data) noexcept
      : stream_operation(core, &stream_core::writer), data_(data) {}
  write_operation(write_operation&&) noexcept = default;
  void result();
  const char* describe() const noexcept override { return "write"; }

 protected:
  /// Asks the kernel to send bytes, the beginning of what is left.
  virtual void prepare_send(std::string_view bytes) noexcept;
  /// Takes what has been sent from data_, and data_ anew when it is empty.
  virtual void advance(std::size_t sent) noexcept { data_.remove_prefix(sent); }

  std::string_view data_;

 private:
  bool work() noexcept final;
  bool answered(std::int64_t result) noexcept final;
  bool send(std::string_view bytes) noexcept;
};

/// Sends several pieces with one call where that can be.
class write_parts_operation final : public write_operation {
 public:
  write_parts_operation(stream_core* core, std::span<const std::string_view> parts) noexcept
      : write_operation(core, {}), parts_(parts) {}
  write_parts_operation(write_parts_operation&&) noexcept = default;

 private:
  void prepare_send(std::string_view bytes) noexcept override;
  void advance(std::size_t sent) noexcept override;

  std::span<const std::string_view> parts_;  // after data_
  iovec vector_[16];
  msghdr message_;
};

}  // namespace rondo::inline v0::detail
