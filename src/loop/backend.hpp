// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <rondo/loop/backend_kind.hpp>

namespace rondo { inline namespace v0 { namespace detail {

class io_operation;

/// The kernel interface under a loop. Everything but wake() belongs to the
/// loop's thread; nothing throws.
class backend {
 public:
  virtual ~backend() = default;

  virtual backend_kind kind() const noexcept = 0;

  /// Begins op. True: it has completed at once, op.outcome is set. False:
  /// op.kernel_done() follows from a later poll.
  virtual bool start(io_operation& op) noexcept = 0;

  /// Asks op to stop. True: it is gone and will not complete. False: its
  /// kernel_done() still follows, with its result or -ECANCELED.
  virtual bool cancel(io_operation& op) noexcept = 0;

  /// Delivers what has completed; waits for it until deadline (ns on the
  /// backend's clock; <= now(): do not wait; INT64_MAX: no limit). With
  /// threads_at_work, jobs of this loop run on other threads and will wake it:
  /// virtual time must not run ahead of them.
  virtual void poll(std::int64_t deadline, bool threads_at_work) noexcept = 0;

  /// True if a poll that does not wait may find something or must submit
  /// something. Cheap; asked in every turn.
  virtual bool wants_poll() noexcept = 0;

  /// Makes a poll that waits, or the next one, return. From any thread, and
  /// from a signal handler.
  virtual void wake() noexcept = 0;

  /// Operations that the kernel has not answered yet.
  virtual unsigned in_flight() const noexcept = 0;

  /// The time in ns; real for kernels, virtual for the simulation.
  virtual std::int64_t now() noexcept = 0;

  /// Readable when a poll would find something; for foreign loops. -1: none.
  virtual int fd() noexcept { return -1; }

  /// Forgets what it knows of fd, which is about to be closed. Operations that
  /// still wait for it may be ended with EBADF; those of its owner have completed.
  virtual void forget(int fd) noexcept { static_cast<void>(fd); }

  /// Whether opcodes on regular files are served without blocking.
  virtual bool serves_files() const noexcept { return false; }
};

/// Makes the wanted backend; automatic tries io_uring, then epoll.
/// Throws std::system_error when the wanted one cannot be had.
backend* make_backend(backend_kind wanted);

backend* make_uring_backend(int& error) noexcept;  ///< null and an errno if it cannot work here
backend* make_epoll_backend();
backend* make_sim_backend();

/// CLOCK_MONOTONIC in ns.
std::int64_t monotonic_now() noexcept;

/// How long a kernel waits for deadline, in ns. The end is rounded up to a
/// multiple of 65 µs, so that timers close to each other need one wake-up: about
/// the slack that Linux gives to every thread's own timers (PR_SET_TIMERSLACK).
inline std::int64_t wait_for_deadline(std::int64_t deadline) noexcept {
  constexpr std::int64_t slack = 0xFFFF;
  if (deadline > INT64_MAX - 2 * slack) return deadline - monotonic_now();
  std::int64_t left = (deadline | slack) + 1 - monotonic_now();
  return left > 0 ? left : 0;
}

}}}  // namespace rondo::v0::detail
