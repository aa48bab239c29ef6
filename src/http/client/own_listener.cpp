// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/own_listener.hpp"

#include <unistd.h>
#include <cerrno>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

#include <rondo/io/pipe.hpp>
#include "coro/report_lost.hpp"
#include "detail/errno_error.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

own_listener::own_listener(loop& l, std::function<void(stream)> server)
    : loop_(l),
      server_(std::move(server)),
      fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr any{};
  any.sa_family = AF_UNIX;
  if (!fd_ || ::bind(fd_.get(), &any, sizeof any.sa_family) != 0 ||
      ::listen(fd_.get(), SOMAXCONN) != 0 || ::getsockname(fd_.get(), &address_, &size_) != 0)
    throw rondo::detail::errno_error(errno, "http::session: served_by");
}

curl_socket_t own_listener::on_open_socket(void* self, curlsocktype,
                                           curl_sockaddr* address) noexcept {
  const auto& l = *static_cast<own_listener*>(self);
  address->family = AF_UNIX;
  address->protocol = 0;
  address->addrlen = l.size_;
  address->addr = l.address_;
  return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

void own_listener::serve() noexcept {
  for (;;) {
    int fd = ::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN) try_again(errno);
      return;
    }
    // An abstract socket has no permissions: others on this machine can find it.
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid != ::getpid()) {
      ::close(fd);
      continue;
    }
    try {
      server_(stream_from_fd(fd, "http session"));
    } catch (...) {
      rondo::detail::report_lost(std::current_exception(), "session_options::served_by failed");
    }
  }
}

void own_listener::try_again(int error) noexcept {
  rondo::detail::report_made([&] {
    return diagnostic{problem::shortage,
                      "session_options::served_by: accept: " +
                          std::generic_category().message(error) + "; the request waits",
                      {}};
  });
  try {
    retry_ = loop_.call_later(std::chrono::milliseconds(100), [this] { serve(); });
  } catch (...) {
    rondo::detail::report_lost(std::current_exception(), "a request is not served");
  }
}

}}}  // namespace rondo::v0::http::detail
