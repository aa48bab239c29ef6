// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>
#include <sys/socket.h>
#include <functional>

#include <rondo/io/stream.hpp>
#include <rondo/loop/detail/unique_fd.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

/// Where a session's connections lead that the network does not see: an abstract Unix
/// socket. (A socketpair would need no listener, but libcurl 7.88 connects also what its
/// user says is connected.)
class own_listener {
 public:
  /// Throws std::system_error.
  own_listener(loop& l, std::function<void(stream)> server);
  own_listener(const own_listener&) = delete;
  own_listener& operator=(const own_listener&) = delete;

  /// Gives the other ends of the connections that have been made to the server.
  void serve() noexcept;

  /// For libcurl: the socket for a connection, which is led here.
  static curl_socket_t on_open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept;

 private:
  void try_again(int error) noexcept;

  loop& loop_;
  std::function<void(stream)> server_;
  rondo::detail::unique_fd fd_;
  scheduled retry_;
  sockaddr address_;  // that the kernel has chosen: NUL and five digits
  socklen_t size_ = sizeof address_;
};

}}}  // namespace rondo::v0::http::detail
