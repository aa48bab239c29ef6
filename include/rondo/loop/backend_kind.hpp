// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rondo { inline namespace v0 {

/// What a loop stands on.
enum class backend_kind : unsigned char {
  automatic,  ///< the environment variable RONDO_BACKEND, else uring, else epoll
  uring,      ///< io_uring
  epoll,      ///< epoll
  sim,        ///< virtual time, for tests: sleeping costs nothing; I/O is socketpair's alone
};

const char* to_string(backend_kind kind) noexcept;

}}  // namespace rondo::v0
