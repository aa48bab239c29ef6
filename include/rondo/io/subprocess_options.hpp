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

#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

namespace detail {
class subprocess_plan;
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

}}  // namespace rondo::v0
