// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

namespace rondo { inline namespace v0 { namespace detail {

/// Writes lines to an fd that stays open, such as standard output, without ever
/// waiting for who reads it: a terminal that is stopped, a pager, a log program
/// that hangs. What the fd takes at once is written at once, by the caller. The
/// rest waits in a bounded queue, for a thread that exists as long as there is
/// some. A reader that is gone is no error and no SIGPIPE: the lines are lost, and
/// counted, until another one reads.
///
/// All of one process that write to the same fd share the queue; a child of fork begins
/// with an empty one. Thread safe.
class line_writer {
 public:
  enum class when_full : unsigned char {
    drop,  ///< loses lines; "… 37 lines dropped" stands in their place
    wait,  ///< blocks: for what a program is there to write
  };
  static constexpr std::size_t usual_queue = 1 << 20;

  /// Throws std::bad_alloc.
  explicit line_writer(int fd, when_full full = when_full::drop, std::size_t most = usual_queue);
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;
  /// Waits for what is queued, up to a second.
  ~line_writer();

  /// Whole lines, each with its end.
  void write(std::string_view lines) noexcept;
  /// Waits until all is written, or for so long. False: some is left.
  bool flush(std::chrono::nanoseconds limit) noexcept;
  /// Waits for as long as it takes.
  void flush() noexcept;
  /// Whether something waits to be written.
  bool behind() const noexcept;
  /// The errno of the last write if that failed, else 0.
  int error() const noexcept;

 private:
  struct state;
  class all_states;
  std::shared_ptr<state> state_;
  when_full full_;
  std::size_t most_;
};

/// A report on standard error, flushed at exit. What stdio holds for standard
/// output goes first where that does not have to be waited for.
void write_report(std::string_view lines) noexcept;
/// Waits until the reports are written, for a second at most.
void flush_reports() noexcept;

/// std::fflush(nullptr) for a process that is about to end: without SIGPIPE, and
/// not for longer than a second.
void flush_stdio() noexcept;

}}}  // namespace rondo::v0::detail
