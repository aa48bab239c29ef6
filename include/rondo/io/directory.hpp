// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <rondo/coro/async_generator.hpp>
#include <rondo/io/file_system.hpp>

namespace rondo { inline namespace v0 {

struct directory_entry {
  std::string name;  ///< the last part
  std::string path;  ///< with the path of the directory that was asked for
  file_type type = file_type::unknown;

  bool is_regular() const noexcept { return type == file_type::regular; }
  bool is_directory() const noexcept { return type == file_type::directory; }
  bool is_symlink() const noexcept { return type == file_type::symlink; }
};

/// What is in a directory, without "." and "..", in no order.
///
///     auto entries = rondo::list_directory("/etc");
///     while (auto e = co_await entries.next()) std::puts(e->name.c_str());
///
/// A thread reads it 32 KiB at a time, so a directory of any size takes that
/// much memory. What is made or removed meanwhile may be seen or not. Errors are
/// std::system_error: `list /x: Not a directory`.
///
/// Cancelled inside of next(): the generator ends, as every one does; a batch
/// that a thread reads is waited for.
async_generator<directory_entry> list_directory(std::string path);

struct walk_options {
  unsigned max_depth = ~0u;             ///< 1: only what is in the directory itself
  bool skip_permission_denied = false;  ///< else a directory that may not be read is an error
};

/// What is in a directory and in all below it: a directory before its content.
/// Symbolic links are given, and not followed, nor one that takes a directory's
/// place meanwhile. A directory that vanishes before its turn is empty.
///
/// Keeps a directory open and a batch of up to 32 KiB for each level. For the
/// rest as list_directory; errors are `walk /x/y: …`.
async_generator<directory_entry> walk(std::string path, walk_options options = {});

}}  // namespace rondo::v0
