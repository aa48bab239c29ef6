// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <rondo/coro/errors.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/io/detail/subprocess_plan.hpp>
#include <rondo/io/errors.hpp>
#include <rondo/io/exit_status.hpp>
#include <rondo/io/process.hpp>
#include <rondo/io/subprocess_options.hpp>

namespace rondo { inline namespace v0 {

/// A command that failed: see completed_process::check.
class called_process_error : public error {
 public:
  called_process_error(std::string what, exit_status status, subprocess_output written)
      : error(std::move(what)), status_(status), written_(std::move(written)) {}
  exit_status status() const noexcept { return status_; }
  const std::string& output() const noexcept { return written_.output; }
  const std::string& errors() const noexcept { return written_.errors; }

 private:
  exit_status status_;
  subprocess_output written_;
};

/// A command of run_process wrote more than output_limit (`run sh -c 'yes | head':
/// read from stdout of sh: more than 1000 bytes`).
class output_limit_error : public limit_overrun_error {
 public:
  output_limit_error(const std::string& what, subprocess_output written)
      : limit_overrun_error(what), written_(std::move(written)) {}
  const std::string& output() const noexcept { return written_.output; }
  const std::string& errors() const noexcept { return written_.errors; }

 private:
  subprocess_output written_;
};

/// What came of run_process: Python's subprocess.CompletedProcess.
struct completed_process {
  std::string program;
  exit_status status;
  std::string output;
  std::string errors;
  std::string command;     ///< with its arguments, as one would type it into a shell
  bool timed_out = false;  ///< it was ended after subprocess_options::timeout
  bool truncated = false;  ///< more was written than is here, see when_over_limit
  /// Throws called_process_error unless it exited with 0 in time
  /// (`git: exited with 128: fatal: not a git repository`; `run sleep 9: not done
  /// within its timeout, killed by SIGTERM`).
  const completed_process& check() const;
};

/// Starts a program: `asyncio.create_subprocess_exec`. Arguments are texts,
/// paths, or ranges of them; no shell looks at them.
///
///     auto p = co_await rondo::create_subprocess_exec(
///         {.out = rondo::redirect::pipe, .cwd = "/"}, "ls", "-l", names);
///
/// The child has its three standard streams and no other fd of ours. Throws
/// std::system_error (`start nosuch: No such file or directory`); usage_error for
/// a NUL in a text. One of the threads of to_thread waits until the program runs.
/// Cancelled meanwhile, it delivers the process, whose destructor ends it then.
template <class... Args>
RONDO_CORO_COPYING_WRAPPER task<process> create_subprocess_exec(subprocess_options options,
                                                                std::string_view program,
                                                                const Args&... arguments) {
  return detail::start_subprocess(detail::plan_subprocess(options, program, arguments...));
}
template <detail::program_name Program, class... Args>
RONDO_CORO_COPYING_WRAPPER task<process> create_subprocess_exec(const Program& program,
                                                                const Args&... arguments) {
  return detail::start_subprocess(detail::plan_subprocess({}, program, arguments...));
}

/// Starts a command of /bin/sh: `asyncio.create_subprocess_shell`. Never put text
/// of others into the command; pass it through the environment. With
/// new_process_group, what the shell starts ends with it. Throws, and does when it is
/// cancelled, what create_subprocess_exec does.
RONDO_CORO_COPYING_WRAPPER inline task<process> create_subprocess_shell(subprocess_options options,
                                                                        std::string_view command) {
  return create_subprocess_exec(options, "/bin/sh", "-c", command);
}
template <detail::program_name Command>
RONDO_CORO_COPYING_WRAPPER task<process> create_subprocess_shell(const Command& command) {
  return create_subprocess_exec("/bin/sh", "-c", command);
}

/// Runs a program to its end and collects what it writes: Python's
/// `subprocess.run(…, capture_output=True)`. It reads options.input, or nothing.
///
/// Cancelled, or when it fails (output_limit_error), it ends the child as
/// process::stop does, with the grace of the options, and waits for it. After
/// options.timeout it does the same, and gives what there is with timed_out; what
/// the child still writes meanwhile is collected too.
/// Throws as create_subprocess_exec does; not for a command that fails, see
/// completed_process::check.
template <class... Args>
RONDO_CORO_COPYING_WRAPPER task<completed_process> run_process(subprocess_options options,
                                                               std::string_view program,
                                                               const Args&... arguments) {
  return detail::run_subprocess(detail::plan_subprocess(options, program, arguments...));
}
template <detail::program_name Program, class... Args>
RONDO_CORO_COPYING_WRAPPER task<completed_process> run_process(const Program& program,
                                                               const Args&... arguments) {
  return detail::run_subprocess(detail::plan_subprocess({}, program, arguments...));
}

}}  // namespace rondo::v0
