// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "process/frame.hpp"

#include <sys/socket.h>
#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <rondo/process/remote_function.hpp>
#include "detail/errno_error.hpp"

namespace rondo { inline namespace v0 { namespace detail {

std::string make_frame_header(std::size_t size) {
  std::string header(frame_header, '\0');
  for (std::size_t i = 0; i < frame_header; ++i)
    header[i] = static_cast<char>(size >> (8 * (frame_header - 1 - i)));
  return header;
}

std::size_t frame_size(std::string_view header) noexcept {
  std::size_t size = 0;
  for (char c : header.substr(0, frame_header)) size = size << 8 | static_cast<unsigned char>(c);
  return size;
}

request_parts split_request(std::string_view request) {
  std::size_t end = 0;
  try {
    msgpack::object_handle name = msgpack::unpack(request.data(), request.size(), end);
    return {name.get().as<std::string>(), request.substr(end)};
  } catch (const msgpack::unpack_error&) {
  } catch (const msgpack::type_error&) {
  }
  throw unpack_error("unpack: not a request");
}

bool worker_channel::read(std::string& frame) {
  char header[frame_header];
  if (!read_all(header, sizeof header)) return false;
  std::size_t size = frame_size({header, sizeof header});
  if (size > limit_)
    throw std::length_error("a request of " + std::to_string(size) + " bytes, over the limit of " +
                            std::to_string(limit_));
  // Grows with what comes, not with what the header claims.
  constexpr std::size_t step = 1 << 20;
  frame.clear();
  while (frame.size() < size) {
    std::size_t before = frame.size();
    frame.resize(before + std::min(step, size - before));
    if (!read_all(frame.data() + before, frame.size() - before)) return false;
  }
  return true;
}

bool worker_channel::write(std::string_view frame) {
  return write_all(make_frame_header(frame.size())) && write_all(frame);
}

bool worker_channel::read_all(char* into, std::size_t size) {
  while (size > 0) {
    ssize_t n = ::recv(fd_, into, size, 0);
    if (n == 0 || (n < 0 && errno == ECONNRESET)) return false;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw errno_error(errno, "read from process pool");
    into += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool worker_channel::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw errno_error(errno, "write to process pool");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}}}  // namespace rondo::v0::detail
