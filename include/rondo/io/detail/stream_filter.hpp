// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace rondo::inline v0::detail {

class stream_core;

/// What stands between a stream and its socket: TLS. It never touches the fd;
/// the stream's operations carry its bytes both ways. What it holds survives a
/// cancelled read or write, so that the next one goes on in the middle of a record.
class stream_filter {
 public:
  virtual ~stream_filter() = default;

  /// Takes bytes that have come; puts what they say into the stream's buffer and
  /// notes its end. 0, or -errno: then failure() says more.
  virtual std::int64_t take(std::string_view received, stream_core& into) noexcept = 0;
  /// The peer has closed the socket. 0 if it had said before that no more comes.
  virtual std::int64_t take_end(stream_core& into) noexcept = 0;

  /// Turns the beginning of data into output: how many bytes of it, or -errno.
  virtual std::int64_t encode(std::string_view data) noexcept = 0;
  /// What is to be sent.
  virtual std::string_view output() const noexcept = 0;
  virtual void sent(std::size_t bytes) noexcept = 0;
  /// Adds the words that end the output.
  virtual void end_output() noexcept = 0;

  /// The error behind a negative answer; what names operation and peer.
  virtual std::system_error failure(std::int64_t answer, const std::string& what) const = 0;
};

}  // namespace rondo::inline v0::detail
