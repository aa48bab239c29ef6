// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <rondo/coro/detail/home_loop.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/io/detail/stream_filter.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/loop/detail/io_operation.hpp>

/// What a stream is made of.
namespace rondo { inline namespace v0 { namespace detail {

class stream_operation;

/// An open socket or pipe with its receive buffer. Counted: by the stream, and by
/// each operation in flight, so that the fd is closed only when the kernel has
/// let go of it.
class stream_core : public counted<stream_core> {
 public:
  /// pipe: whatever is not a socket; its fd must be as open_pipe makes it.
  enum class kind : unsigned char { socket, pipe };

  stream_core(int fd, const endpoint& peer);
  stream_core(int fd, kind type, std::string name);

  /// Ends what is in flight; the fd closes with the last reference.
  void shut_down() noexcept;
  /// Says to the peer that no more comes. Throws as fail does.
  void end_output();

  /// Throws usage_error on another thread than its loop's.
  void require_home(const char* operation);
  /// Ends the program with a message there.
  void check_home() noexcept;

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
  /// input_error, since what came before an error is read before it. Up to `most`
  /// bytes in borrowed memory go to `direct` instead, if there is one and nothing
  /// comes before them.
  std::int64_t take_received(const io_operation& op, std::int64_t result,
                             std::string* direct = nullptr, std::size_t most = 0) noexcept;

  /// Puts a filter before the socket: bytes that have come already are its own.
  /// No operation is in flight. A handshake_operation must follow. Throws
  /// std::bad_alloc.
  void set_filter(std::unique_ptr<stream_filter> f);

  const int fd;
  home_loop home{this_thread_scheduler_id};  // its kernel knows the fd
  const kind type;
  bool closed = false;
  bool at_eof = false;
  bool output_ended = false;
  bool output_claimed = false;   ///< a task writes several times, and nobody between
  unsigned char finishing = 0;   ///< a task of the loop's sends the filter's last words
  std::int32_t input_error = 0;  ///< -errno, of the filter or a hole: nothing can be read after it
  std::uint32_t limit = 64 * 1024;  ///< of what is read up to a separator
  stream_operation* reader = nullptr;
  stream_operation* writer = nullptr;
  std::unique_ptr<stream_filter> filter;

  /// Those at work: a cancelled one may stay in its slot as long as its task's
  /// handle lives.
  stream_operation* active_reader() const noexcept;
  stream_operation* active_writer() const noexcept;
  bool output_busy() const noexcept { return output_claimed || active_writer(); }

 private:
  friend counted;
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
  std::unique_ptr<details> details_;
  char* data_ = nullptr;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}}}  // namespace rondo::v0::detail
