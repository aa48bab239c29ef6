// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Names in the file system: what `os`, `shutil` and `pathlib` do with paths.
//
// Errors are std::system_error that names operation and path. All of these may
// wait for a disk and run on a thread of the pool (or on the kernel's, by the
// ring). Unless one says otherwise, cancelling drops a call that has not begun;
// one that has is waited for, and its result delivered.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <rondo/coro/task.hpp>

namespace rondo { inline namespace v0 {

enum class file_type : unsigned char {
  regular,
  directory,
  symlink,
  fifo,
  socket,
  character_device,
  block_device,
  unknown,
};

/// "regular", "directory"…
const char* to_string(file_type t) noexcept;

/// What a file is (stat(2)).
struct file_status {
  file_type type = file_type::unknown;
  unsigned mode = 0;       ///< the permission bits, 07777
  std::uint64_t size = 0;  ///< bytes
  std::chrono::sys_time<std::chrono::nanoseconds> modified;

  bool is_regular() const noexcept { return type == file_type::regular; }
  bool is_directory() const noexcept { return type == file_type::directory; }
  bool is_symlink() const noexcept { return type == file_type::symlink; }
};

/// The status of what path names; of a symbolic link's target.
/// Cancelling it leaves nothing behind.
task<file_status> stat(std::string path);
/// The same, of a symbolic link itself.
/// Cancelling it leaves nothing behind.
task<file_status> lstat(std::string path);
/// False when nothing has this name or a link leads nowhere; throws when that
/// cannot be told (EACCES).
/// Cancelling it leaves nothing behind.
task<bool> exists(std::string path);

/// Gives a file its name, in place of what had it: atomic within a file system.
/// Cancelled: it has happened or not.
task<> rename_file(std::string from, std::string to);
/// Removes a name that is not a directory's: unlink.
/// Cancelled: it has happened or not.
task<> remove_file(std::string path);

struct make_directory_options {
  bool parents = false;         ///< make those above it as well
  bool exist_ok = false;        ///< a directory that exists is no error
  unsigned permissions = 0777;  ///< less the process's umask
};
/// Makes a directory; one that exists is an error (EEXIST) unless the options say
/// otherwise. Cancelled: it has happened or not, or for a part of `parents`.
task<> make_directory(std::string path, make_directory_options options = {});
/// Removes an empty directory.
/// Cancelled: it has happened or not.
task<> remove_directory(std::string path);
/// Removes a directory and all that is in it (shutil.rmtree). Follows no
/// symbolic link, also not one that takes a directory's place meanwhile; path
/// itself may not be one. Keeps a directory open for each level.
/// Cancelled: stops between two entries.
task<> remove_tree(std::string path);
/// Puts a directory's entries on the disk, after a rename in it.
/// Cancelled: it has happened or not.
task<> sync_directory(std::string path);

/// Cuts a file, or lengthens it with zeros.
/// Cancelled: it has happened or not.
task<> truncate(std::string path, std::uint64_t size);
/// Sets the permission bits: chmod.
/// Cancelled: it has happened or not.
task<> change_mode(std::string path, unsigned mode);

/// Makes path a symbolic link to target.
/// Cancelled: it has happened or not.
task<> make_symlink(std::string target, std::string path);
/// Makes path another name of a file: a hard link.
/// Cancelled: it has happened or not.
task<> make_hard_link(std::string existing, std::string path);
/// What a symbolic link says.
/// Cancelling it leaves nothing behind.
task<std::string> read_link(std::string path);

/// Copies the content and the permissions of a regular file, replacing what had
/// the name `to` at once when the copy is complete. By the kernel
/// (copy_file_range, which shares the blocks where the file system can), else by
/// reading and writing; holes stay holes. Not put on the disk yet.
///
/// Cancelled: stops within 8 MiB; `to` is what it was or the whole copy, and
/// nothing else is left behind.
task<> copy_file(std::string from, std::string to);

}}  // namespace rondo::v0
