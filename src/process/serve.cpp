// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The side of the worker.
#include "process/serve.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include <rondo/process/process_pool.hpp>
#include "coro/line_writer.hpp"
#include "loop/before_run.hpp"
#include "process/frame.hpp"

namespace rondo { inline namespace v0 {

namespace {

struct assignment {
  int fd = -1;
  int parent = 0;
  std::size_t limit = 0;
};

[[noreturn]] void end(const std::string& why) noexcept {
  detail::write_report("rondo: " + why + '\n');
  detail::flush_reports();
  ::_exit(1);
}

[[noreturn]] void give_up(const char* why) noexcept {
  end("process pool worker " + std::to_string(::getpid()) + ": " + why);
}

assignment take_assignment(const char* text) noexcept {
  assignment a;
  if (std::sscanf(text, "%d:%d:%zu", &a.fd, &a.parent, &a.limit) != 3 ||
      ::fcntl(a.fd, F_SETFD, FD_CLOEXEC) != 0) {
    end(std::string(detail::worker_variable) + "=" + text +
        " is set, which only a process_pool does for its workers");
  }
  // Its own children are not workers.
  ::unsetenv(detail::worker_variable);
  return a;
}

// A worker must not go on when nobody can take its reply. An idle one sees the
// end of the socket. The signal comes when the thread ends that has started this
// process, one that lives as long as the pool's process.
void die_with(int parent) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);  // it was quicker
}

// Two processes that read the terminal would share its lines out.
void empty_standard_input() noexcept {
  int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0) return;
  ::dup2(null, STDIN_FILENO);
  ::close(null);
}

// What a call has printed comes before its reply: the process may be killed next.
void flush_output() {
  std::cout.flush();
  std::fflush(nullptr);
}

packed answer(const std::string& request, std::size_t limit) {
  detail::request_parts parts = detail::split_request(request);
  packed reply = remote_function::answer(parts.name, parts.arguments);
  if (reply.size() <= limit) return reply;
  return detail::pack_error("std::length_error", "a result of " + std::to_string(reply.size()) +
                                                     " bytes is over the process pool's limit of " +
                                                     std::to_string(limit));
}

[[noreturn]] void serve(const assignment& a) noexcept {
  die_with(a.parent);
  empty_standard_input();
  ::prctl(PR_SET_NAME, "rondo worker");
  try {
    detail::worker_channel channel(a.fd, a.limit);
    std::string request;
    bool open = channel.write({});
    while (open && channel.read(request)) {
      packed reply = answer(request, a.limit);
      flush_output();
      open = channel.write(reply);
    }
  } catch (const std::exception& e) {
    give_up(e.what());
  }
  ::_exit(0);
}

// Set before main, and only in a worker: `run` has nothing to look up elsewhere.
const bool registered = [] {
  if (std::getenv(detail::worker_variable)) detail::before_run = &serve_process_pool;
  return true;
}();

}  // namespace

void serve_process_pool() {
  if (const char* text = std::getenv(detail::worker_variable)) serve(take_assignment(text));
}

bool detail::is_unserved_worker() noexcept { return std::getenv(worker_variable) != nullptr; }

}}  // namespace rondo::v0
