// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>

#include <rondo/io/detail/file_core.hpp>
#include "detail/errno_error.hpp"

namespace rondo { inline namespace v0 { namespace detail {

/// result, or throws `operation subject: …` for a -errno.
inline std::int64_t check_file(std::int64_t result, const char* operation,
                               const std::string& subject) {
  if (result >= 0) [[likely]]
    return result;
  throw errno_error(-result, std::string(operation) + " " + subject);
}

/// The same for an operation on an open file, which may have been closed under it.
inline std::int64_t check_file(std::int64_t result, const char* operation, const file_ref& f) {
  if (result >= 0) [[likely]]
    return result;
  bool closed_meanwhile = result == -ECANCELED && f.get() && f->closed;
  return check_file(result, operation,
                    closed_meanwhile ? path_of(f) + ": the file was closed meanwhile" : path_of(f));
}

/// Throws for a path that the kernel would read only in part: one with a 0 in it.
inline void check_path(const std::string& path, const char* operation) {
  if (path.find('\0') != path.npos) [[unlikely]]
    check_file(-EINVAL, operation, path.c_str());
}

}}}  // namespace rondo::v0::detail
