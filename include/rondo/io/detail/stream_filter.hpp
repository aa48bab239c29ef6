// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>

namespace rondo { inline namespace v0 { namespace detail {

class stream_core;

/// What stands between a stream and its socket: TLS. It never touches the fd;
/// the stream's operations carry its bytes both ways. What it holds survives a
/// cancelled read or write, so that the next one goes on in the middle of a record.
///
/// Its own errors are answers below -4095, the last errno; throw_failure() says what
/// they are. Input and output fail on their own.
class stream_filter {
 public:
  virtual ~stream_filter() = default;

  /// "tls": what a caller may cast it to.
  virtual const char* kind() const noexcept = 0;
  /// Whether data may pass: the handshake is done.
  virtual bool established() const noexcept = 0;

  /// Takes all bytes that have come, which are not in the stream's buffer; goes on
  /// with the handshake or puts what they say into the buffer, and notes the end.
  /// May add to the output. 0, or an error after what has been put there.
  virtual std::int64_t take(std::string_view received, stream_core& into) noexcept = 0;
  /// The peer has closed the socket. 0 if it had said before that no more comes.
  virtual std::int64_t take_end(stream_core& into) noexcept = 0;

  /// Turns the beginning of data into output: how many bytes of it, or an error.
  virtual std::int64_t encode(std::string_view data) noexcept = 0;
  /// What is to be sent. Stays where it is until sent() or the next call of this:
  /// take() may come while the kernel reads it.
  virtual std::string_view output() noexcept = 0;
  virtual void sent(std::size_t bytes) noexcept = 0;
  /// Adds the words that end the output.
  virtual void end_output() noexcept = 0;

  /// Throws the std::system_error behind a negative answer, its own or an errno of
  /// the socket's; what names operation and peer.
  [[noreturn]] virtual void throw_failure(std::int64_t answer, const std::string& what) const = 0;

  /// Memory of at least n bytes for what comes, when much comes at a time; empty
  /// when memory is short.
  std::span<char> input_room(std::size_t n) noexcept {
    if (room_size_ < n) {
      room_.reset(new (std::nothrow) char[n]);
      room_size_ = room_ ? n : 0;
    }
    return {room_.get(), room_size_};
  }
  void free_input_room() noexcept {
    room_.reset();
    room_size_ = 0;
  }

 private:
  std::unique_ptr<char[]> room_;
  std::size_t room_size_ = 0;
};

}}}  // namespace rondo::v0::detail
