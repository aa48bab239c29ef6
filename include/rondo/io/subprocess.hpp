// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/errors.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/io/detail/subprocess_core.hpp>
#include <rondo/io/errors.hpp>
#include <rondo/io/exit_status.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

struct completed_process;
namespace detail {
class subprocess_plan;
task<completed_process> run_subprocess(subprocess_plan plan);
}  // namespace detail

/// Where a standard stream of a child goes. Unset: inherited; with run_process,
/// input is empty and output and errors are collected.
class redirect {
 public:
  constexpr redirect() noexcept = default;

  static const redirect inherit;  ///< what this process has
  static const redirect pipe;     ///< to be read or written through the process (PIPE)
  static const redirect null;     ///< /dev/null (DEVNULL)
  static const redirect to_out;   ///< errors to where output goes (STDOUT)
  /// An fd of the caller's, who keeps it; it must be open until the child has
  /// been started.
  static constexpr redirect to(int fd) noexcept { return {kind::fd, fd}; }

 private:
  friend class detail::subprocess_plan;
  enum class kind : unsigned char { unset, inherit, pipe, null, to_out, fd };
  constexpr redirect(kind k, int fd = -1) noexcept : kind_(k), fd_(fd) {}
  kind kind_ = kind::unset;
  int fd_ = -1;
};
inline constexpr redirect redirect::inherit{redirect::kind::inherit};
inline constexpr redirect redirect::pipe{redirect::kind::pipe};
inline constexpr redirect redirect::null{redirect::kind::null};
inline constexpr redirect redirect::to_out{redirect::kind::to_out};

/// The environment of a child: `os.environ.copy()`, to be changed.
class environment {
 public:
  /// A copy of this process's. Not while another thread changes that.
  environment();
  static environment empty();

  /// Throws usage_error if the name is empty or has a '='.
  environment& set(std::string_view name, std::string_view value);
  environment& unset(std::string_view name);
  std::optional<std::string> get(std::string_view name) const;
  /// `NAME=value` each.
  const std::vector<std::string>& variables() const noexcept { return variables_; }

 private:
  explicit environment(std::vector<std::string> variables) : variables_(std::move(variables)) {}
  std::vector<std::string>::iterator find(std::string_view name);
  std::vector<std::string> variables_;
};

/// What run_process does about output beyond output_limit.
enum class when_over_limit : unsigned char {
  fail,        ///< ends the child and throws output_limit_error, which has what came
  keep_first,  ///< lets it go on and keeps the beginning
  keep_last,   ///< the same, and the end
};

/// How to start a process. All of it is copied by the call that takes it.
struct subprocess_options {
  redirect in = {};
  redirect out = {};
  redirect err = {};
  /// What is written into the child's standard input; for run_process alone.
  std::string_view input = {};
  /// The child's directory; empty: ours.
  std::string_view cwd = {};
  /// All of the child's environment; null: ours. A program without a slash is
  /// looked up in its PATH.
  const environment* env = nullptr;
  /// Makes it the leader of a process group. Its children are in that group too,
  /// unless they leave: stop, kill_group, a cancelled run_process and the
  /// destructor of a process that runs reach all of them. Ctrl-C on the terminal
  /// does not.
  bool new_process_group = false;
  /// The time that a cancelled run_process, or its timeout, leaves the child between
  /// SIGTERM and SIGKILL.
  delay grace = std::chrono::seconds(5);
  /// The longest line of its output and errors, see stream::set_limit.
  std::size_t limit = 64 * 1024;
  /// The most that communicate and run_process collect of each, in bytes.
  std::size_t output_limit = 64 * 1024 * 1024;
  /// What run_process does about more than that.
  when_over_limit on_limit = when_over_limit::fail;
  /// How long run_process lets it run; then it is ended as if cancelled, and what it
  /// has written is in the result. Endless unless set.
  delay timeout = std::chrono::nanoseconds::max();
};
static_assert(std::is_trivially_destructible_v<subprocess_options>);

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
  process(process&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  process& operator=(process&& other) noexcept {
    if (this != &other) {
      if (core_) core_->abandon();
      core_ = std::exchange(other.core_, nullptr);
    }
    return *this;
  }
  ~process() {
    if (core_) core_->abandon();
  }

  explicit operator bool() const noexcept { return core_ != nullptr; }
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
  detail::exit_operation wait() const noexcept { return detail::exit_operation(core_); }
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
  /// it. With new_process_group that is done to the whole group. Cancelled, it
  /// does not go on to SIGKILL.
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
    return detail::subprocess_ref(core(operation));
  }
  detail::subprocess_core* core_ = nullptr;
};

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

namespace detail {

/// A process to be started, with everything that it needs.
class subprocess_plan {
 public:
  subprocess_plan(const subprocess_options& options, std::string_view program);

  /// A text, a path, or a range of them.
  template <class A>
  void add(const A& argument) {
    if constexpr (std::is_convertible_v<const A&, std::string_view>) {
      request_.argv.emplace_back(std::string_view(argument));
    } else if constexpr (std::is_convertible_v<const A&, std::string>) {
      request_.argv.push_back(argument);
    } else {
      for (const auto& each : argument) add(each);
    }
  }
  /// As run_process wants it: no input but the given, output collected.
  void collect_output();

  /// On a thread, since it waits for exec. Cancelled before that has begun,
  /// nothing is started; after that, the process is delivered. Throws
  /// usage_error, std::system_error. The plan must live until it returns.
  task<process> start();

  const std::string& program() const noexcept { return request_.argv[0]; }
  std::string_view input() const noexcept { return input_; }
  delay grace() const noexcept { return grace_; }
  delay timeout() const noexcept { return timeout_; }
  /// Program and arguments, cut where they are long.
  std::string command() const;

 private:
  spawn_request request_;
  redirect standard_[3];
  std::string input_;
  bool collects_ = false;
  delay grace_;
  std::size_t limit_;
  std::size_t output_limit_;
  when_over_limit on_limit_;
  delay timeout_;
};

/// A text that names a program. Deduced, so that {} in its place means options.
template <class T>
concept program_name = std::is_convertible_v<const T&, std::string_view>;

task<process> start_subprocess(subprocess_plan plan);
task<completed_process> run_subprocess(subprocess_plan plan);

template <class... Args>
subprocess_plan plan_subprocess(const subprocess_options& options, std::string_view program,
                                const Args&... arguments) {
  subprocess_plan plan(options, program);
  (plan.add(arguments), ...);
  return plan;
}

}  // namespace detail

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
/// new_process_group, what the shell starts ends with it.
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
