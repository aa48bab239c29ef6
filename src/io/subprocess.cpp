// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/subprocess.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>

#include <rondo/compose/finally.hpp>
#include <rondo/compose/gather.hpp>
#include <rondo/compose/wait_for.hpp>
#include <rondo/exec/to_thread.hpp>
#include <rondo/io/pipe.hpp>
#include "detail/errno_error.hpp"
#include "io/socket.hpp"

namespace rondo { inline namespace v0 {

environment::environment() {
  for (char** variable = environ; variable && *variable; ++variable)
    variables_.emplace_back(*variable);
}

environment environment::empty() { return environment(std::vector<std::string>()); }

std::vector<std::string>::iterator environment::find(std::string_view name) {
  return std::ranges::find_if(variables_, [&](std::string_view variable) {
    return variable.size() > name.size() && variable.starts_with(name) &&
           variable[name.size()] == '=';
  });
}

environment& environment::set(std::string_view name, std::string_view value) {
  if (name.empty() || name.find('=') != name.npos)
    throw usage_error("environment::set: '" + std::string(name) + "' is no name of a variable");
  std::string variable = std::string(name) + "=" + std::string(value);
  if (auto there = find(name); there != variables_.end()) {
    *there = std::move(variable);
  } else {
    variables_.push_back(std::move(variable));
  }
  return *this;
}

environment& environment::unset(std::string_view name) {
  if (auto there = find(name); there != variables_.end()) variables_.erase(there);
  return *this;
}

std::optional<std::string> environment::get(std::string_view name) const {
  auto there = const_cast<environment*>(this)->find(name);
  if (there == variables_.end()) return std::nullopt;
  return there->substr(name.size() + 1);
}

void process::terminate() const { send_signal(SIGTERM); }
void process::kill() const { send_signal(SIGKILL); }
void process::kill_group() const { core("kill_group").signal(SIGKILL, true); }

const completed_process& completed_process::check() const {
  if (status.success() && !timed_out) return *this;
  std::string what =
      timed_out ? "run " + command + ": not done within its timeout, " : program + ": ";
  what += status.describe();
  std::string_view said = errors;
  said = said.substr(0, said.find_last_not_of(" \r\n\t") + 1);
  // What a program says last is mostly why; npos + 1 is the beginning.
  said = said.substr(said.rfind('\n') + 1);
  if (!said.empty()) what.append(": ").append(said.substr(0, 500));
  throw called_process_error(std::move(what), status, {output, errors});
}

namespace detail {

namespace {

constexpr const char* stream_names[] = {"stdin", "stdout", "stderr"};

}  // namespace

subprocess_plan::subprocess_plan(const subprocess_options& options, std::string_view program)
    : standard_{options.in, options.out, options.err},
      input_(options.input),
      grace_(options.grace),
      limit_(options.limit),
      output_limit_(options.output_limit),
      on_limit_(options.on_limit),
      timeout_(options.timeout) {
  request_.argv.emplace_back(program);
  request_.cwd = options.cwd;
  if (options.env) request_.environment = options.env->variables();
  request_.new_process_group = options.new_process_group;
}

std::string subprocess_plan::command() const {
  constexpr std::size_t longest = 500;
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  std::string text;
  for (std::string_view argument : request_.argv) {
    if (!text.empty()) text += ' ';
    if (!argument.empty() && argument.find_first_not_of(plain) == argument.npos) {
      text += argument;
    } else {
      text += '\'';
      for (char c : argument.substr(0, longest))
        text += c == '\'' ? std::string("'\\''") : std::string(1, c);
      text += '\'';
    }
    if (text.size() > longest) return text.substr(0, longest) + "…";
  }
  return text;
}

void subprocess_plan::collect_output() {
  collects_ = true;
  auto unset = [](redirect& r) { return r.kind_ == redirect::kind::unset; };
  if (unset(standard_[0])) standard_[0] = input_.empty() ? redirect::null : redirect::pipe;
  for (redirect& r : {std::ref(standard_[1]), std::ref(standard_[2])})
    if (unset(r)) r = redirect::pipe;
}

task<process> subprocess_plan::start() {
  auto failure = [&] { return errno_error(errno, "start " + program()); };
  using kind = redirect::kind;
  if (!input_.empty() && (!collects_ || standard_[0].kind_ != kind::pipe))
    throw usage_error("process " + program() +
                      ": input is for run_process; else use redirect::pipe and communicate");
  auto* core = new subprocess_core(program(), request_.new_process_group, output_limit_);
  core->on_limit = on_limit_;
  process child(core);
  std::vector<socket_guard> theirs;
  theirs.reserve(3);
  for (int number = 0; number < 3; ++number) {
    int fd = -1;
    switch (redirect r = standard_[number]; r.kind_) {
      case kind::unset:
      case kind::inherit:
        continue;
      case kind::pipe: {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw failure();
        bool input = number == 0;
        socket_guard ours(ends[input ? 1 : 0]);
        theirs.emplace_back(fd = ends[input ? 0 : 1]);
        std::string name = std::string(stream_names[number]) + " of " + program();
        stream s = stream_from_fd(ours.release(), std::move(name));
        s.set_limit(limit_);
        core->set_pipe(static_cast<std::size_t>(number), std::move(s));
        break;
      }
      case kind::null:
        fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0) throw failure();
        theirs.emplace_back(fd);
        break;
      case kind::to_out: {
        if (number != 2) throw usage_error("process " + program() + ": only errors can go to_out");
        auto out = std::ranges::find(request_.fds, 1, &spawn_request::fd_mapping::child_fd);
        fd = out == request_.fds.end() ? STDOUT_FILENO : out->fd;
        break;
      }
      case kind::fd:
        fd = r.fd_;
        break;
    }
    request_.fds.push_back({number, fd});
  }
  // The thread must not read what setenv may be changing here.
  if (!request_.environment) request_.environment = environment().variables();
  auto run = [&] { core->started(spawn(request_)); };
  co_await to_thread(run);
  co_return child;
}

task<process> start_subprocess(subprocess_plan plan) { co_return co_await plan.start(); }

namespace {

/// Ends a child that has had its time, and takes what it still says. Others that
/// hold its pipes open are not waited for much longer than that.
task<> stop_and_collect(subprocess_core& child, delay grace) {
  constexpr auto last_words = std::chrono::milliseconds(100);
  auto stop = [&]() -> task<> { co_await subprocess_core::stop(subprocess_ref(&child), grace); };
  auto collect = [&]() -> task<> {
    delay limit = grace.endless() ? grace : delay(grace.nanoseconds() + last_words);
    co_await move_on_after(subprocess_core::run_to_end(subprocess_ref(&child), {}), limit);
  };
  co_await gather(stop(), collect());
}

}  // namespace

task<completed_process> run_subprocess(subprocess_plan plan) {
  plan.collect_output();
  process child;
  completed_process done;
  done.program = plan.program();
  done.command = plan.command();
  bool ended = false;
  auto body = [&]() -> task<> {
    child = co_await plan.start();
    subprocess_core& core = child.core("run_process");
    auto all = co_await move_on_after(
        subprocess_core::run_to_end(subprocess_ref(&core), plan.input()), plan.timeout());
    if (!all) {
      done.timed_out = true;
      if (core.on_limit == when_over_limit::fail) core.on_limit = when_over_limit::keep_first;
      co_await stop_and_collect(core, plan.grace());
    }
    ended = true;
  };
  auto cleanup = [&]() -> task<> {
    // Its output is not read any more: the pipes have room for some last words.
    if (child && !ended) co_await child.stop(plan.grace());
  };
  std::string overrun;
  try {
    co_await finally(body(), cleanup);
  } catch (const limit_overrun_error& e) {
    overrun = e.what();
  }
  subprocess_core& core = child.core("run_process");
  subprocess_output written = core.take_output();
  if (!overrun.empty())
    throw output_limit_error("run " + done.command + ": " + overrun, std::move(written));
  done.status = child.status().value();
  done.output = std::move(written.output);
  done.errors = std::move(written.errors);
  done.truncated = core.truncated;
  co_return done;
}

}  // namespace detail

}}  // namespace rondo::v0
