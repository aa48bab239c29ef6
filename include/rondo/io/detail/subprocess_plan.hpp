// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include <rondo/coro/task.hpp>
#include <rondo/io/detail/spawn.hpp>
#include <rondo/io/subprocess_options.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

class process;
struct completed_process;

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

}}  // namespace rondo::v0
