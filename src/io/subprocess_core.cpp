// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/detail/subprocess_core.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <system_error>

#include <rondo/compose/gather.hpp>
#include <rondo/compose/wait_for.hpp>
#include <rondo/io/errors.hpp>
#include <rondo/io/subprocess.hpp>
#include <rondo/loop/sleep.hpp>
#include "compose/background.hpp"
#include "detail/errno_error.hpp"
#include "io/socket.hpp"
#include "loop/interrupt.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

using namespace std::chrono_literals;

constexpr const char* pipe_names[] = {"in", "out", "err"};

constexpr unsigned to_process_group = 1u << 2;  // PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9

int send_signal(int pidfd, int number, unsigned flags) noexcept {
  return ::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, flags) == 0 ? 0 : errno;
}

// Of /proc/<pid>/stat: "pid (name) state parent group …"; the name may be anything.
bool runs_in_group(const char* pid, int group) noexcept {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%.10s/stat", pid);
  int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;  // gone
  char text[512];
  ssize_t n = ::read(fd, text, sizeof text - 1);
  ::close(fd);
  text[n > 0 ? n : 0] = 0;
  const char* rest = std::strrchr(text, ')');
  char state = 'X';
  int its_group = -1;
  if (!rest || std::sscanf(rest, ") %c %*d %d", &state, &its_group) != 2) return false;
  return its_group == group && state != 'Z' && state != 'X';
}

// A zombie takes signals until it is reaped, which init does soon, or in some
// containers never: so a group that takes them need not be running.
bool group_runs(int group) noexcept {
  DIR* all = ::opendir("/proc");
  if (!all) return true;
  bool found = false;
  while (dirent* entry = found ? nullptr : ::readdir(all))
    if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
      found = runs_in_group(entry->d_name, group);
  ::closedir(all);
  return found;
}

task<> wait_for_end(subprocess_ref child) { co_await exit_operation(child.get()); }

/// Without a loop, or memory.
void wait_blocking(subprocess_core& child) noexcept {
  while (!child.try_reap()) {
    pollfd end{child.pidfd, POLLIN, 0};
    ::poll(&end, 1, -1);
  }
}

task<> reap_killed(subprocess_ref child) {
  try {
    co_await exit_operation(child.get());
  } catch (...) {  // it can neither be waited for nor, without memory, be said why
    wait_blocking(*child.get());
  }
}

}  // namespace

subprocess_core::~subprocess_core() {
  if (pid > 0) leave_group_list();
  if (pidfd >= 0) close_socket(pidfd);
}

void subprocess_core::started(child_process child) noexcept {
  pid = child.pid;
  pidfd = child.pidfd;
  if (own_group_) kill_at_second_interrupt(pid);
}

void subprocess_core::leave_group_list() noexcept {
  if (own_group_) forget_group(pid);
}

bool subprocess_core::try_reap() noexcept {
  if (reaped_) return true;
  siginfo_t info{};
  int failed;
  do {
    failed = ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
  } while (failed && errno == EINTR);
  if (failed) {
    error_ = errno;
  } else if (info.si_pid == 0) {
    return false;
  } else {
    status_ = info.si_code == CLD_EXITED ? exit_status::exited(info.si_status)
                                         : exit_status::killed(info.si_status);
  }
  // Its number may be another's from now on, unless somebody looks after the group.
  if (!stopping_) leave_group_list();
  return reaped_ = true;
}

exit_status subprocess_core::status() const {
  if (error_) throw errno_error(error_, "wait for " + program);
  return status_;
}

std::optional<exit_status> subprocess_core::poll_status() {
  if (!try_reap()) return std::nullopt;
  return status();
}

stream& subprocess_core::pipe_of(std::size_t number) {
  stream& s = pipes_[number];
  if (!s)
    throw usage_error(std::string("process::") + pipe_names[number] + " of " + program +
                      ": it is not redirect::pipe, or communicate has closed it");
  return s;
}

bool subprocess_core::signal(int number, bool group) const {
  if (group && !own_group_)
    throw usage_error("process::kill_group of " + program +
                      ": it has none of its own (new_process_group)");
  // Reaped, its pidfd reaches nobody; its group may still have members.
  if (reaped_ && !group) return false;
  int error = send_signal(pidfd, number, group ? to_process_group : 0);
  // While the child has not been reaped its pid belongs to nobody else.
  if (error == EINVAL && group && !reaped_) error = ::kill(-pid, number) == 0 ? 0 : errno;
  if (error == 0) return true;
  if (error == ESRCH || (error == EINVAL && group && reaped_)) return false;
  throw errno_error(error, "signal " + program);
}

// The pipe is closed whatever becomes of it: what a cancelled write has sent is not
// known, so nothing can go on after it.
task<> subprocess_core::feed(subprocess_ref self, std::string_view input) {
  struct closing {
    stream& pipe;
    explicit closing(stream& s) noexcept : pipe(s) {}
    closing(const closing&) = delete;
    ~closing() { pipe.close(); }
  };
  if (!self->pipes_[0] && input.empty()) co_return;
  stream& in = self->pipe_of(0);
  closing at_end(in);
  try {
    co_await in.write(input);
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::broken_pipe) throw;  // it need not read everything
  }
}

// Piece by piece into collected_: whatever ends it, what has come is there.
task<> subprocess_core::collect(subprocess_ref self, std::size_t number) {
  subprocess_core& child = *self;
  std::string& all = child.collected_[number];
  stream& s = child.pipes_[number];
  constexpr std::size_t piece = 64 * 1024;
  std::size_t limit = child.output_limit_;
  while (s) {
    if (all.size() > limit && child.on_limit == when_over_limit::fail)
      throw limit_overrun_error("read from " + s.internal()->subject() + ": more than " +
                                std::to_string(limit) + " bytes");
    std::string more = co_await s.read(piece);
    if (more.empty()) break;
    all += more;
    if (child.on_limit == when_over_limit::keep_first && all.size() > limit) {
      all.resize(limit);
      child.truncated = true;
    } else if (child.on_limit == when_over_limit::keep_last && all.size() / 2 > limit) {
      all.erase(0, all.size() - limit);  // not for each piece: it moves what is kept
      child.truncated = true;
    }
  }
  s = stream();
}

subprocess_output subprocess_core::take_output() {
  for (std::string& all : collected_) {
    if (all.size() <= output_limit_) continue;
    truncated = true;
    if (on_limit == when_over_limit::keep_last) {
      all.erase(0, all.size() - output_limit_);
    } else {
      all.resize(output_limit_);
    }
  }
  return {std::exchange(collected_[1], {}), std::exchange(collected_[2], {})};
}

task<> subprocess_core::run_to_end(subprocess_ref self, std::string_view input) {
  co_await gather(feed(self, input), collect(self, 1), collect(self, 2), wait_for_end(self));
}

task<subprocess_output> subprocess_core::communicate(subprocess_ref self, std::string_view input) {
  co_await run_to_end(self, input);
  subprocess_output written = self->take_output();
  co_return written;
}

task<exit_status> subprocess_core::stop(subprocess_ref self, delay grace) {
  subprocess_core& child = *self;
  bool group = child.own_group_;
  struct while_stopping {
    subprocess_core& core;
    explicit while_stopping(subprocess_core& c) noexcept : core(c) { core.stopping_ = true; }
    while_stopping(const while_stopping&) = delete;
    ~while_stopping() {
      core.stopping_ = false;
      if (core.reaped_) core.leave_group_list();
    }
  } others_may_live_on(child);
  bool alive = !child.try_reap() || group;
  if (alive && child.signal(SIGTERM, group)) {
    child.signal(SIGCONT, group);  // a stopped one would not notice
    time_point deadline = now() + grace;
    co_await move_on_after(exit_operation(&child), grace);
    // The others of its group cannot be waited for, only looked for, the dear way
    // when the cheap one does not do.
    constexpr std::chrono::nanoseconds longest = 64ms;
    constexpr std::chrono::nanoseconds patient = 4ms;
    for (auto pause = std::chrono::nanoseconds(1ms); group && now() < deadline;
         pause = std::min(pause * 2, longest)) {
      if (!child.signal(0, true)) break;
      if (pause > patient && !group_runs(child.pid)) break;
      co_await sleep(pause);
    }
    child.signal(SIGKILL, group);
  }
  co_return co_await exit_operation(&child);
}

void subprocess_core::abandon() noexcept {
  for (stream& s : pipes_) s.close();
  if (pidfd >= 0 && !try_reap()) {
    try {
      signal(SIGKILL, own_group_);
    } catch (...) {  // no longer ours to signal: it has become another user's
    }
    try {
      constexpr auto limit = 5s;  // a killed one ends at once, unless the kernel cannot let it
      finish_in_background(reap_killed(subprocess_ref(this)), limit);
    } catch (...) {
      wait_blocking(*this);
    }
  }
}

exit_operation::exit_operation(subprocess_core* core) noexcept : core_(core) {
  if (!core_) return;
  code = opcode::poll;
  fd = core_->pidfd;
  flags = POLLIN;
}

bool exit_operation::begin() noexcept {
  if (!core_ || core_->reaped()) return true;
  if (!io_operation::begin()) return false;
  if (outcome < 0 || core_->try_reap()) return true;
  begin_again_next_turn();
  return false;
}

void exit_operation::kernel_done(std::int64_t result) noexcept {
  // A debugger that is attached to it takes its status first.
  if (result > 0 && !core_->try_reap()) {
    if (waiter()->cancel_requested()) {
      complete_stopped();
    } else {
      begin_again_next_turn();
    }
    return;
  }
  io_operation::kernel_done(result);
}

exit_status exit_operation::result() const {
  if (!core_) throw usage_error("process::wait: there is no process");
  if (!core_->reaped()) throw errno_error(-outcome, "wait for " + core_->program);
  return core_->status();
}

std::string exit_operation::detail() const {
  return core_ ? core_->program + " (pid " + std::to_string(core_->pid) + ")" : std::string();
}

}}}  // namespace rondo::v0::detail
