// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/detail/unique_function.hpp>
#include <rondo/loop/detail/io_operation.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Tells a library that its fd is ready: level-triggered, as curl and c-ares
/// expect, from one-shot polls that are armed again after each call.
///
/// Lives on the heap: after close() it waits for the kernel's last word and then
/// deletes itself, so a late answer never meets a dead watcher or a reused fd.
class [[nodiscard]] fd_watcher final : public io_operation {
 public:
  using callback = unique_function<void(unsigned ready)>;

  /// ready: POLLIN, POLLOUT, POLLERR, POLLHUP; POLLNVAL, with POLLERR: it cannot be
  /// waited for.
  static fd_watcher* open(loop& l, int fd, callback on_ready);

  /// Changes what is waited for; 0: nothing.
  void watch(unsigned events) noexcept;
  /// No callback from now on. The watcher is gone for the caller.
  void close() noexcept;

  void kernel_done(std::int64_t result) noexcept override;
  const char* describe() const noexcept override { return "watch"; }

 private:
  fd_watcher(loop& l, int fd_number, callback on_ready);
  ~fd_watcher() = default;
  void arm() noexcept;
  void answered() noexcept;

  /// idle -> armed: the kernel has the poll -> answered: its answer is in the
  /// ready queue or being told -> idle.
  enum class state : unsigned char { idle, armed, answered };
  struct arrival : entry {
    fd_watcher* watcher = nullptr;
  };

  loop& loop_;
  callback on_ready_;
  arrival arrival_;
  unsigned wanted_ = 0;
  state state_ = state::idle;
  bool closed_ = false;
};

}}}  // namespace rondo::v0::detail
