// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What goes over the socket between a process pool and a worker: frames, a
// length of 4 bytes (big endian) and as many bytes. The worker's first frame is
// empty: it is ready. Then each request (the packed name of the function, then its
// packed arguments) is answered by a reply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rondo { inline namespace v0 { namespace detail {

inline constexpr std::size_t frame_header = 4;
inline constexpr std::size_t longest_frame = 0xffffffff;

/// The header of a frame of that many bytes.
std::string make_frame_header(std::size_t size);
/// The length that a header of 4 bytes tells.
std::size_t frame_size(std::string_view header) noexcept;

struct request_parts {
  std::string name;
  std::string_view arguments;
};
/// Throws unpack_error.
request_parts split_request(std::string_view request);

/// A worker's end of the socket, which blocks. Throws std::system_error.
class worker_channel {
 public:
  worker_channel(int fd, std::size_t limit) noexcept : fd_(fd), limit_(limit) {}

  /// False: the pool is gone, before a frame or within it. Throws std::length_error
  /// for a frame over the limit.
  bool read(std::string& frame);
  /// False: the pool is gone.
  bool write(std::string_view frame);

 private:
  bool read_all(char* into, std::size_t size);
  bool write_all(std::string_view bytes);

  int fd_;
  std::size_t limit_;
};

}}}  // namespace rondo::v0::detail
