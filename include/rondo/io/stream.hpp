// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/awaitable.hpp>
#include <rondo/io/detail/stream_core.hpp>
#include <rondo/io/detail/stream_reads.hpp>
#include <rondo/io/detail/stream_writes.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/io/errors.hpp>

namespace rondo { inline namespace v0 {

/// A stream of bytes: over TCP, a Unix socket, TLS, a pipe or a terminal;
/// asyncio's StreamReader and StreamWriter in one.
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
/// Belongs to the loop that it was made in: on another thread, while that loop lives,
/// everything that sends, receives or changes it throws usage_error, and its
/// destructor ends the program with a message. Destroying it closes the connection,
/// without waiting for the peer; under TLS the peer is told (close_notify).
class [[nodiscard]] stream {
 public:
  stream() noexcept = default;
  explicit stream(detail::stream_core* core) noexcept : core_(core) {}
  stream(stream&&) noexcept = default;
  stream& operator=(stream&& other) noexcept {
    if (this != &other) {
      let_go();
      core_ = std::move(other.core_);
    }
    return *this;
  }
  ~stream() { let_go(); }

  explicit operator bool() const noexcept { return static_cast<bool>(core_); }

  /// Up to max bytes as soon as there are any; empty at the end.
  /// Cancelling it loses nothing: what has come is read next.
  awaitable<std::string> auto read(std::size_t max = 64 * 1024) noexcept {
    return detail::read_bytes_operation(core_.get(), goal::some, max);
  }
  /// The same into the caller's memory, which must live until it returns; gives
  /// the number of bytes, 0 at the end.
  /// Cancelling it loses nothing: what has come is read next.
  awaitable<std::size_t> auto read_some(std::span<char> into) noexcept {
    return detail::read_some_operation(core_.get(), into);
  }
  /// Exactly n bytes, or incomplete_read_error.
  /// Cancelling it loses nothing: what has come is read next.
  awaitable<std::string> auto read_exactly(std::size_t n) noexcept {
    return detail::read_bytes_operation(core_.get(), goal::exactly, n);
  }
  /// Through the separator, or that of several which ends first; it must come
  /// within the limit (limit_overrun_error).
  /// Cancelling it loses nothing: what has come is read next.
  template <class... More>
  awaitable<std::string> auto read_until(std::string separator, More... more) {
    std::vector<std::string> separators;
    separators.reserve(1 + sizeof...(More));
    separators.push_back(std::move(separator));
    (separators.emplace_back(std::move(more)), ...);
    return detail::read_until_operation(core_.get(), std::move(separators));
  }
  /// A line with its '\n'; at the end the rest without one, then empty.
  /// Cancelling it loses nothing: what has come is read next.
  awaitable<std::string> auto read_line() noexcept {
    return detail::read_bytes_operation(core_.get(), goal::line, 0);
  }
  /// All up to the end, at most max bytes (limit_overrun_error).
  /// Cancelling it loses nothing: what has come is read next.
  awaitable<std::string> auto read_all(std::size_t max) noexcept {
    return detail::read_bytes_operation(core_.get(), goal::all, max);
  }
  /// What comes next, n bytes of it, without taking it; fewer only at the end. n
  /// is at most the limit (limit_overrun_error). Cancelling it takes nothing.
  awaitable<std::string> auto peek(std::size_t n) noexcept {
    return detail::read_bytes_operation(core_.get(), goal::peek, n);
  }
  /// Line after line, without their '\n'.
  async_generator<std::string> lines();

  /// Sends all of data, which must live until it returns: awaiting it is the
  /// backpressure. Cancelled: an unknown part was sent; close the stream.
  awaitable<void> auto write(std::string_view data) noexcept {
    return detail::write_operation(core_.get(), data);
  }
  /// Sends several pieces in order, which must live until it returns, with few
  /// system calls and without joining them. Cancelled: as write.
  awaitable<void> auto writelines(std::span<const std::string_view> pieces) noexcept {
    return detail::write_parts_operation(core_.get(), pieces);
  }
  /// Tells the peer that no more comes; reading goes on (asyncio's write_eof).
  /// Throws usage_error while another task writes, and for a pipe.
  void shutdown_write();
  /// Ends the connection, and operations of other tasks on it with an error.
  void close();

  /// The longest that read_line and read_until take; 64 KiB unless set.
  void set_limit(std::size_t bytes);
  /// The address of the other end; empty for a pipe.
  endpoint peer() const noexcept { return core_ ? core_->peer() : endpoint(); }
  endpoint local() const noexcept;
  /// Whether TLS protects it.
  bool is_encrypted() const noexcept { return core_ && core_->filter; }
  int fd() const noexcept { return core_ ? core_->fd : -1; }

  detail::stream_core* internal() const noexcept { return core_.get(); }

 private:
  using goal = detail::read_operation::goal;
  void let_go() noexcept;
  detail::ref<detail::stream_core> core_;
};

}}  // namespace rondo::v0
