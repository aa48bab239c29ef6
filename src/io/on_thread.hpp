// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>

#include <rondo/coro/task.hpp>
#include <rondo/exec/to_thread.hpp>
#include "io/check_file.hpp"

namespace rondo { inline namespace v0 { namespace detail {

/// Makes a system call on a thread: `call` gives -1 and errno when it fails,
/// which is thrown as `operation subject: …`. For what the kernel has no request
/// for, or hands to threads of its own: on the ring it would cost the same.
template <class F>
task<std::int64_t> on_thread(const char* operation, const std::string& subject, F call) {
  auto with_error = [&call]() -> std::int64_t {
    std::int64_t result = call();
    return result < 0 ? -errno : result;
  };
  std::int64_t result = co_await to_thread(with_error);
  co_return check_file(result, operation, subject);
}

}}}  // namespace rondo::v0::detail
