// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <string>

namespace rondo { inline namespace v0 { namespace detail {

/// A new file beside the one that it will replace. Blocks: for a thread. Throws
/// std::system_error `operation subject: …`.
class replacement {
 public:
  /// target's symbolic links are followed, also to what is not there yet. Throws if
  /// it is something else than a regular file.
  replacement(std::string target, const char* operation, const std::string& subject);
  replacement(const replacement&) = delete;
  /// Removes the new file unless it has been committed.
  ~replacement();

  int fd() const noexcept { return fd_; }
  /// Whether it will replace a file, and what kind of one.
  bool replaces() const noexcept { return replaces_; }
  const struct stat& replaced() const noexcept { return replaced_; }
  /// Gives the new file its name; durable: and waits for the disk.
  void commit(bool durable);

 private:
  void check(long result);
  void follow_links();
  std::string target_;
  std::string directory_;  // with its '/'
  std::string part_;
  const char* operation_;
  const std::string& subject_;
  int fd_ = -1;
  bool replaces_ = false;
  struct stat replaced_{};
};

}}}  // namespace rondo::v0::detail
