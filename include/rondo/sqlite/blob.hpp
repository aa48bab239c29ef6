// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <rondo/coro/task.hpp>

namespace rondo { inline namespace v0 { namespace sqlite {

/// A blob or text in the database, read and written in pieces, without having all of it in
/// memory. Its length stays: `insert … values(zeroblob(n))` makes room for a new one.
///
/// One of a database holds a reader, one of a transaction is part of that. One task at a time.
class [[nodiscard]] blob {
 public:
  blob() noexcept;
  blob(blob&&) noexcept;
  blob& operator=(blob&&) noexcept;
  ~blob();

  /// Bytes.
  std::size_t size() const noexcept;
  /// Up to `most` bytes from `offset` on; none: that is the end. Throws sqlite::error.
  /// Cancelled, nothing is lost.
  task<std::string> read(std::size_t offset, std::size_t most);
  /// The same, going on where the last one ended: empty at the end. Cancelled, it may have
  /// gone on.
  task<std::string> read(std::size_t most = std::size_t(64) * 1024);
  /// Of a transaction's. Throws sqlite::error, usage_error when that is beyond its end. Cancelled,
  /// it may have been written, and is undone with the transaction.
  task<> write(std::size_t offset, std::string data);
  /// Gives the connection back. Not awaited; the destructor does it too.
  void close() noexcept;

 private:
  friend class database;
  friend class transaction_scope;
  class state;
  explicit blob(std::unique_ptr<state> s) noexcept;
  static task<blob> open(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

}}}  // namespace rondo::v0::sqlite
