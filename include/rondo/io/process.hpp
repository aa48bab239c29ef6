// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/io/detail/subprocess_core.hpp>
#include <rondo/io/exit_status.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

struct completed_process;
namespace detail {
class subprocess_plan;
task<completed_process> run_subprocess(subprocess_plan plan);
}  // namespace detail

/// What a child has written.
struct subprocess_output {
  std::string output;
  std::string errors;
};

/// A child process: asyncio's Process.
///
/// Any number of tasks may wait for its end. Signals go through its pidfd and
/// never reach another process, whatever became of the pid. No SIGCHLD handler is
/// installed, and other children are left alone.
///
/// Belongs to the loop's thread. Destroyed while it runs, it is killed (with
/// its group, see new_process_group) and reaped by the loop; `run` waits for that.
/// What has ended leaves no zombie behind when it has been waited for or destroyed.
class [[nodiscard]] process {
 public:
  process() noexcept = default;
  explicit process(detail::subprocess_core* core) noexcept : core_(core) {}
  process(process&&) noexcept = default;
  process& operator=(process&& other) noexcept {
    if (this != &other) {
      if (core_) core_->abandon();
      core_ = std::move(other.core_);
    }
    return *this;
  }
  ~process() {
    if (core_) core_->abandon();
  }

  explicit operator bool() const noexcept { return static_cast<bool>(core_); }
  int pid() const { return core("pid").pid; }

  /// Our ends of its pipes: write into in(), read from out() and err(). Close
  /// in() to tell it that no more comes. Each throws usage_error unless it is
  /// redirect::pipe. A child that writes more than a pipe holds (64 KiB) waits
  /// until it is read: read both while you write, or use communicate.
  stream& in() { return core("in").pipe_of(0); }
  stream& out() { return core("out").pipe_of(1); }
  stream& err() { return core("err").pipe_of(2); }

  /// Waits for its end. Cancelling it only stops the waiting. Throws
  /// std::system_error if somebody else has reaped the child (`wait for ls: No
  /// child processes`), as when SIGCHLD is ignored.
  awaitable<exit_status> auto wait() const noexcept { return detail::exit_operation(core_.get()); }
  /// How it ended, if it has.
  std::optional<exit_status> status() const { return core("status").poll_status(); }

  /// Writes input into in() and closes it, reads out() and err() to their ends
  /// and closes them, and waits for the child; all at once, so that no pipe
  /// blocks. input must live until it returns. A child that ends without
  /// reading its input is no error.
  ///
  /// Throws limit_overrun_error when output or errors are longer than
  /// output_limit, std::system_error. After that, or cancelled, the child goes
  /// on; call stop or destroy the process. What has been read by then is returned
  /// by the next communicate (without input: in() is closed).
  ///
  /// It waits for the end of the pipes, which grandchildren may hold open.
  RONDO_CORO_WRAPPER task<subprocess_output> communicate(std::string_view input = {}) const {
    return detail::subprocess_core::communicate(reference("communicate"), input);
  }

  /// Does nothing if it has ended. Throws std::system_error (`signal sudo:
  /// Operation not permitted`).
  void send_signal(int number) const { core("send_signal").signal(number, false); }
  void terminate() const;  ///< SIGTERM
  void kill() const;       ///< SIGKILL
  /// SIGKILL for it and all others in its group, also after its own end (before
  /// Linux 6.9 not once it has been waited for). Throws usage_error unless it
  /// has been started with new_process_group.
  void kill_group() const;

  /// Ends it: SIGTERM, and SIGKILL if it still runs after grace; and waits for
  /// it. With new_process_group that is done to the whole group. Throws usage_error where there
  /// is no process. Cancelled, it does not go on to SIGKILL.
  RONDO_CORO_WRAPPER task<exit_status> stop(delay grace = std::chrono::seconds(5)) const {
    return detail::subprocess_core::stop(reference("stop"), grace);
  }

 private:
  friend task<completed_process> detail::run_subprocess(detail::subprocess_plan plan);
  detail::subprocess_core& core(const char* operation) const {
    if (!core_) throw usage_error(std::string("process::") + operation + ": there is no process");
    return *core_;
  }
  detail::subprocess_ref reference(const char* operation) const {
    return detail::subprocess_ref(&core(operation));
  }
  detail::subprocess_ref core_;
};

}}  // namespace rondo::v0
