// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/coro/task.hpp>
#include <rondo/io/file.hpp>
#include <rondo/io/file_system.hpp>

#include "get/range_set.hpp"

namespace tool {

/// Which state of a remote file some bytes are of.
struct remote_version {
  std::string validator;  ///< for If-Range: a strong ETag or a date; empty: none
  std::optional<std::uint64_t> total;
};

/// The file NAME.part in which NAME grows until it is whole. Beside it,
/// NAME.part.json says which state of which URL it holds, so that a later run
/// can go on with it; a part of which that is not known is never gone on with.
///
/// It grows at its end, or in pieces at several places; then the description says
/// which bytes are there, as of the last time that it was saved.
///
/// What an earlier run of this boot has written is taken as it is; after a
/// restart of the machine only what had been put on the disk for sure.
///
/// Destroying it keeps a part that can be gone on with and removes any other.
class partial_file {
 public:
  static constexpr std::size_t longest_name = 255 - 10;  // with ".part.json"
  static bool reserves(std::string_view name);

  partial_file(std::string directory, std::string name, std::string_view url);
  partial_file(const partial_file&) = delete;
  partial_file& operator=(const partial_file&) = delete;
  ~partial_file();

  /// Makes the part of the file that has the final name, which is the beginning of
  /// that version. Before open().
  rondo::task<> adopt(remote_version v);
  /// Makes or opens the part, for this process alone. Throws std::system_error,
  /// and rondo::error when another process has it.
  rondo::task<> open();
  /// Empties it, for what comes next is the beginning of that version.
  rondo::task<> restart(remote_version v);
  rondo::task<> append(std::string_view data);
  /// From now on it is written in pieces. Its validator and its length are known.
  rondo::task<> begin_pieces();
  /// For a task that writes pieces: a file belongs to one task at a time.
  rondo::task<rondo::file> open_again();
  rondo::task<> write_at(rondo::file& f, std::string_view data, std::uint64_t offset);
  /// Describes the pieces that are there, if there are more than it last described.
  /// Not while it is at work already.
  rondo::task<> save_pieces();
  /// What a later response says of that version's length.
  void set_total(std::uint64_t bytes) noexcept { version_.total = bytes; }
  /// It is whole: puts it on the disk and gives it its final name.
  rondo::task<> finish();
  /// It is of no use: does not keep it.
  void discard() noexcept { resumable_ = false; }

  const std::string& path() const noexcept { return final_; }
  const std::string& part_path() const noexcept { return part_; }
  /// Of what is there from the file's beginning on.
  std::uint64_t size() const noexcept { return have_.prefix(); }
  /// Of all that is there.
  std::uint64_t received() const noexcept { return have_.bytes(); }
  const range_set& have() const noexcept { return have_; }
  bool in_pieces() const noexcept { return in_pieces_; }
  const remote_version& version() const noexcept { return version_; }
  /// Whether what it holds can be gone on with.
  bool resumable() const noexcept { return resumable_ && !have_.ranges().empty(); }

 private:
  void lock();
  rondo::task<> load_description();
  rondo::task<> save_description();
  rondo::task<> write_description();

  std::string directory_;
  std::string final_;
  std::string part_;
  std::string description_;
  std::string new_description_;
  std::string source_;  // the URL's digest: it may hold secrets
  rondo::file file_;
  remote_version version_;
  range_set have_;
  range_set durable_;            // what of it is on the disk for sure
  std::uint64_t described_ = 0;  // so many bytes as of the last description
  bool in_pieces_ = false;
  bool locked_ = false;
  bool resumable_ = false;
  bool finished_ = false;
};

}  // namespace tool
