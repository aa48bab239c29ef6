// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/io/errors.hpp>
#include <rondo/loop/detail/io_operation.hpp>

namespace rondo::inline v0 {

namespace detail {

/// A connected socket with its receive buffer. Counted: by the stream, and by
/// each operation in flight, so that the fd is closed only when the kernel has
/// let go of it.
class stream_core {
 public:
  stream_core(int fd, endpoint peer) noexcept;
  stream_core(const stream_core&) = delete;
  stream_core& operator=(const stream_core&) = delete;

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }
  /// Ends what is in flight; the fd closes with the last reference.
  void shut_down() noexcept;
  std::system_error failure(const char* operation, std::int64_t error) const;

  std::string_view buffered() const noexcept { return {data_ + begin_, end_ - begin_}; }
  void consume(std::size_t n) noexcept;
  /// Room for at least n more bytes; empty when memory is short.
  std::span<char> room(std::size_t n) noexcept;
  void received(std::size_t n) noexcept { end_ += n; }

  const int fd;
  const endpoint peer;
  std::size_t limit = 64 * 1024;
  bool closed = false;
  bool reading = false;
  bool writing = false;
  bool at_eof = false;

 private:
  ~stream_core();
  char* data_ = nullptr;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
  unsigned references_ = 1;
};

/// Common to reads and writes: holds the socket, one of each at a time.
class stream_operation : public io_operation {
 public:
  std::string detail() const override { return core_ ? core_->peer.to_string() : std::string(); }

 protected:
  explicit stream_operation(stream_core* core) noexcept : core_(core) {
    if (core_) core_->retain();
  }
  stream_operation(stream_operation&& other) noexcept
      : io_operation(std::move(other)), core_(std::exchange(other.core_, nullptr)) {}
  ~stream_operation() {
    if (!core_) return;
    if (busy_) *busy_ = false;
    core_->release();
  }
  /// False, with the reason in outcome, when it cannot begin.
  bool enter(bool stream_core::* which) noexcept;
  void leave() noexcept {
    if (busy_) *std::exchange(busy_, nullptr) = false;
  }
  void check(const char* operation) const;

  stream_core* core_;
  bool* busy_ = nullptr;
};

/// One receive straight into the caller's memory.
class read_some_operation final : public stream_operation {
 public:
  read_some_operation(stream_core* core, std::span<char> into) noexcept
      : stream_operation(core), into_(into) {}
  read_some_operation(read_some_operation&&) noexcept = default;
  bool begin() noexcept override;
  std::size_t result();
  const char* describe() const noexcept override { return "read"; }

 private:
  std::span<char> into_;
};

/// Receives into the stream's buffer until there is what was asked for. What has
/// come stays in the buffer until then, so cancelling it loses nothing.
class buffered_read_operation final : public stream_operation {
 public:
  enum class goal : unsigned char { some, exactly, until, line, all };

  buffered_read_operation(stream_core* core, goal g, std::size_t n, std::string separator = {})
      : stream_operation(core), goal_(g), wanted_(n), separator_(std::move(separator)) {}
  buffered_read_operation(buffered_read_operation&&) = default;
  bool begin() noexcept override;
  void kernel_done(std::int64_t result) noexcept override;
  std::string result();
  const char* describe() const noexcept override;

 private:
  bool satisfied() noexcept;
  bool receive() noexcept;

  goal goal_;
  std::size_t wanted_;  // bytes: to give, or at most
  std::size_t scanned_ = 0;
  bool overrun_ = false;
  std::string separator_;
};

/// Sends everything.
class write_operation final : public stream_operation {
 public:
  write_operation(stream_core* core, std::string_view data) noexcept
      : stream_operation(core), data_(data) {}
  write_operation(write_operation&&) noexcept = default;
  bool begin() noexcept override;
  void kernel_done(std::int64_t result) noexcept override;
  void result();
  const char* describe() const noexcept override { return "write"; }

 private:
  bool send() noexcept;
  std::string_view data_;
};

}  // namespace detail

/// A byte stream over TCP: asyncio's StreamReader and StreamWriter in one.
///
/// One task may read while another writes; two readers at once, or two writers,
/// get usage_error. Errors are std::system_error that names the operation and the
/// peer (`read from 127.0.0.1:80: Connection reset by peer`). The end of the
/// stream is an empty read where any number of bytes may come, and
/// incomplete_read_error where more was asked for.
///
/// Cancelling a read loses nothing: what has come is read next. A cancelled
/// write has sent an unknown part; close the stream then.
///
/// Belongs to the loop's thread. Destroying it closes the connection.
class [[nodiscard]] stream {
 public:
  stream() noexcept = default;
  explicit stream(detail::stream_core* core) noexcept : core_(core) {}
  stream(stream&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  stream& operator=(stream&& other) noexcept {
    if (this != &other) {
      close();
      core_ = std::exchange(other.core_, nullptr);
    }
    return *this;
  }
  ~stream() { close(); }

  explicit operator bool() const noexcept { return core_ != nullptr; }

  /// Up to max bytes as soon as there are any; empty at the end.
  auto read(std::size_t max = 64 * 1024) {
    return detail::buffered_read_operation(core_, goal::some, max);
  }
  /// The same into the caller's memory, which must live until it returns; gives
  /// the number of bytes, 0 at the end.
  auto read_some(std::span<char> into) noexcept { return detail::read_some_operation(core_, into); }
  /// Exactly n bytes, or incomplete_read_error.
  auto read_exactly(std::size_t n) {
    return detail::buffered_read_operation(core_, goal::exactly, n);
  }
  /// Through the separator, which must come within the limit (limit_overrun_error).
  auto read_until(std::string separator) {
    return detail::buffered_read_operation(core_, goal::until, 0, std::move(separator));
  }
  /// A line with its '\n'; at the end the rest without one, then empty.
  auto read_line() { return detail::buffered_read_operation(core_, goal::line, 0, "\n"); }
  /// All up to the end, at most max bytes (limit_overrun_error).
  auto read_all(std::size_t max) {
    return detail::buffered_read_operation(core_, goal::all, max);
  }
  /// Line after line, without their '\n'.
  async_generator<std::string> lines();

  /// Sends all of data, which must live until it returns: awaiting it is the
  /// backpressure.
  auto write(std::string_view data) noexcept { return detail::write_operation(core_, data); }
  /// Tells the peer that no more comes; reading goes on (asyncio's write_eof).
  void shutdown_write();
  /// Ends the connection, and operations of other tasks on it with an error.
  void close() noexcept;

  /// The longest that read_line and read_until take; 64 KiB unless set.
  void set_limit(std::size_t bytes) noexcept { core_->limit = bytes; }
  endpoint peer() const noexcept { return core_ ? core_->peer : endpoint(); }
  endpoint local() const noexcept;
  int fd() const noexcept { return core_ ? core_->fd : -1; }

 private:
  using goal = detail::buffered_read_operation::goal;
  detail::stream_core* core_ = nullptr;
};

/// Connects to a host, trying its addresses in turn. Throws std::system_error
/// (`connect 10.0.0.1:80: Connection refused`), that of the last address.
/// Cancelling it leaves no socket.
task<stream> open_connection(std::string host, std::uint16_t port);

/// The same for an address.
task<stream> open_connection(endpoint address);

}  // namespace rondo::inline v0
