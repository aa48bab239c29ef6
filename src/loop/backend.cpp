// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "loop/backend.hpp"

#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include "detail/errno_error.hpp"

namespace rondo { inline namespace v0 {

const char* to_string(backend_kind kind) noexcept {
  switch (kind) {
    case backend_kind::automatic:
      return "automatic";
    case backend_kind::uring:
      return "uring";
    case backend_kind::epoll:
      return "epoll";
    case backend_kind::sim:
      return "sim";
  }
  return "?";
}

namespace detail {

std::int64_t monotonic_now() noexcept {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

backend* make_backend(backend_kind wanted) {
  if (wanted == backend_kind::automatic) {
    // Read before any ring call: a sandbox may kill for one.
    if (const char* variable = std::getenv("RONDO_BACKEND"); variable && *variable) {
      std::string_view name = variable;
      if (name == "epoll") {
        wanted = backend_kind::epoll;
      } else if (name == "uring") {
        wanted = backend_kind::uring;
      } else if (name == "sim") {
        wanted = backend_kind::sim;
      } else {
        throw errno_error(
            EINVAL, "RONDO_BACKEND=" + std::string(name) + ": no such backend (uring, epoll, sim)");
      }
    }
  }
  if (wanted == backend_kind::epoll) return make_epoll_backend();
  if (wanted == backend_kind::sim) return make_sim_backend();
  int error = 0;
  if (backend* ring = make_uring_backend(error)) return ring;
  if (wanted == backend_kind::uring) throw errno_error(error, "io_uring cannot be used here");
  return make_epoll_backend();
}

}  // namespace detail
}}  // namespace rondo::v0
