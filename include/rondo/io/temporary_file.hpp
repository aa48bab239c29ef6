// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/io/file.hpp>

namespace rondo { inline namespace v0 {

/// A file without a name, for reading and writing, which is gone when it is
/// closed or the process dies. Only its owner may open it (0600). In directory;
/// by default in $TMPDIR, else /tmp.
///
/// Throws std::system_error. Cancelled: nothing is left.
task<file> temporary_file(std::string directory = {});

/// A directory that is removed with all that is in it.
///
/// A destructor cannot await: it removes the tree at once, on the loop's thread,
/// and tells nobody of errors. With much in it, await close().
class [[nodiscard]] temporary_directory {
 public:
  temporary_directory() noexcept = default;
  temporary_directory(temporary_directory&& other) noexcept
      : path_(std::exchange(other.path_, {})) {}
  temporary_directory& operator=(temporary_directory&& other) noexcept {
    path_.swap(other.path_);
    return *this;
  }
  ~temporary_directory();

  const std::string& path() const noexcept { return path_; }
  /// Gives it up: it stays.
  std::string release() noexcept { return std::exchange(path_, {}); }
  /// Removes it on a thread. Cancelled: the destructor removes what is left.
  task<> close();

 private:
  friend task<temporary_directory> make_temporary_directory(std::string directory);
  explicit temporary_directory(std::string path) noexcept : path_(std::move(path)) {}
  std::string path_;
};

/// Makes a directory with a new name that only its owner may use (0700), in
/// directory; by default in $TMPDIR, else /tmp. Throws std::system_error. Cancelled: nothing
/// is left.
task<temporary_directory> make_temporary_directory(std::string directory = {});

}}  // namespace rondo::v0
