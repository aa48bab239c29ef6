// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Child processes of the test program: what kills the process, or must be alone
// in it, runs in a fresh copy of the program.
#pragma once

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// A named main() for a child. Registered by a static object; see RONDO_CHILD.
struct child_main {
  const char* name;
  int (*function)();
  child_main* next;
  static inline child_main* first = nullptr;
  child_main(const char* n, int (*f)()) : name(n), function(f), next(first) { first = this; }
};

#define RONDO_CHILD(NAME)                                                \
  static int child_##NAME();                                             \
  static ::test::child_main register_child_##NAME(#NAME, &child_##NAME); \
  static int child_##NAME()

/// For main: what the child's returns, if this process is one.
inline std::optional<int> run_child(int argc, char** argv) {
  if (argc != 3 || std::strcmp(argv[1], "--rondo-child") != 0) return std::nullopt;
  for (child_main* c = child_main::first; c; c = c->next)
    if (std::strcmp(c->name, argv[2]) == 0) return c->function();
  std::fprintf(stderr, "no child is called %s\n", argv[2]);
  return 125;
}

/// A running copy of this program that executes one child_main. What it writes
/// to its standard output and error arrives here.
class child {
 public:
  explicit child(const char* name, std::vector<std::string> environment = {}) {
    int out[2];
    if (pipe(out) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], 1);
      dup2(out[1], 2);
      close(out[0]);
      close(out[1]);
      for (std::string& e : environment) putenv(e.data());
      alarm(60);  // a child that hangs dies of SIGALRM, and the test says so
      execl("/proc/self/exe", "child", "--rondo-child", name, nullptr);
      _exit(126);
    }
    close(out[1]);
    out_ = out[0];
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      wait();
    }
    close(out_);
  }

  void signal(int number) const { ::kill(pid_, number); }

  bool ended() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }

  /// Reads until the child has written `text`; false if it ended before.
  bool wait_for(std::string_view text) {
    while (output_.find(text) == output_.npos)
      if (!read_more()) return false;
    return true;
  }
  /// Waits for the end and says how it was: "exit 0", "signal 2".
  std::string wait() {
    while (read_more()) {
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
    return "exit " + std::to_string(WEXITSTATUS(status));
  }
  const std::string& output() const { return output_; }

 private:
  bool read_more() {
    char buffer[4096];
    ssize_t n;
    do {
      n = ::read(out_, buffer, sizeof buffer);
    } while (n < 0 && errno == EINTR);
    if (n <= 0) return false;
    output_.append(buffer, static_cast<std::size_t>(n));
    return true;
  }
  pid_t pid_ = -1;
  int out_ = -1;
  std::string output_;
};

/// Unbuffered, so that the parent sees it at once.
inline void say(std::string_view text) {
  [[maybe_unused]] auto n = ::write(1, text.data(), text.size());
}

}  // namespace test
