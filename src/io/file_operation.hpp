// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <rondo/coro/detail/outside.hpp>
#include <rondo/exec/detail/worker_threads.hpp>
#include <rondo/io/detail/file_core.hpp>
#include <rondo/loop/detail/io_operation.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// A request on files: by the ring where the backend serves files, else by a
/// thread of the pool.
///
/// Cancelling: one that no thread has begun is dropped; the ring is asked and
/// says how it ended; one that a thread works at is waited for, and its result
/// delivered.
class [[nodiscard]] file_operation : public io_operation, private job {
 public:
  bool begin() noexcept override;
  bool cancel() noexcept override;
  std::int64_t result() const noexcept { return outcome; }

 protected:
  file_operation() = default;
  file_operation(file_operation&&) = default;
  ~file_operation() = default;

 private:
  outside end_;  // held: a thread has it
  std::int64_t answer_ = 0;
};

/// A single request; its result is what the system call gave, or -errno.
class [[nodiscard]] file_request final : public file_operation {
 public:
  file_request(opcode c, int fd_number, const char* name) noexcept : name_(name) {
    code = c;
    fd = fd_number;
  }
  file_request(file_request&&) noexcept = default;
  /// An openat that needs no disk is done at once (openat2 with RESOLVE_CACHED).
  bool begin() noexcept override;
  const char* describe() const noexcept override { return name_; }

 private:
  const char* name_;
};

/// A read from or a write to an open file. What the page cache has is read at
/// once. A pipe or a device is read or written when it is ready. Begun, it is in
/// its file's list until it is destroyed.
class [[nodiscard]] file_transfer final : public file_operation, public list_link<file_transfer> {
 public:
  /// offset -1: at the file's position. f must outlive it.
  file_transfer(const file_ref& f, opcode read_or_write, void* data, std::size_t size,
                std::int64_t offset) noexcept;
  file_transfer(file_transfer&&) noexcept = default;
  ~file_transfer();

  bool begin() noexcept override;
  void kernel_done(std::int64_t result) noexcept override;
  const char* describe() const noexcept override {
    return what_ == opcode::read ? "file.read" : "file.write";
  }
  std::string detail() const override { return file_ ? file_->path : std::string(); }

  /// Ends it with ECANCELED: its file has been closed.
  void abort() noexcept;

 private:
  bool read_cached() noexcept;
  void prepare_for_ring() noexcept;
  bool begin_when_ready() noexcept;
  bool wait_until_ready() noexcept;
  std::int64_t transfer_now() noexcept;

  file_core* file_;
  opcode what_;
  bool waits_for_readiness_ = false;
  bool moves_position_ = false;
};

}}}  // namespace rondo::v0::detail
