// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/own_listener.hpp"

#include <unistd.h>
#include <cerrno>
#include <exception>
#include <string>

#include <rondo/coro/diagnostic.hpp>
#include <rondo/io/pipe.hpp>
#include "detail/errno_error.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

own_listener::own_listener()
    : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr any{};
  any.sa_family = AF_UNIX;
  if (fd_ < 0 || ::bind(fd_, &any, sizeof any.sa_family) != 0 || ::listen(fd_, SOMAXCONN) != 0 ||
      ::getsockname(fd_, &address_, &size_) != 0) {
    int error = errno;
    if (fd_ >= 0) ::close(fd_);
    throw rondo::detail::errno_error(error, "http::session: served_by");
  }
}

own_listener::~own_listener() { ::close(fd_); }

curl_socket_t own_listener::on_open_socket(void* self, curlsocktype,
                                           curl_sockaddr* address) noexcept {
  const auto& l = *static_cast<own_listener*>(self);
  address->family = AF_UNIX;
  address->protocol = 0;
  address->addrlen = l.size_;
  address->addr = l.address_;
  return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

void own_listener::serve(const std::function<void(stream)>& server) noexcept {
  for (int fd; (fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    try {
      server(stream_from_fd(fd, "http session"));
    } catch (...) {
      rondo::detail::report_made([] {
        return diagnostic{problem::exception_not_retrieved,
                          "session_options::served_by: " + describe(std::current_exception()),
                          std::current_exception()};
      });
    }
  }
}

}}}  // namespace rondo::v0::http::detail
