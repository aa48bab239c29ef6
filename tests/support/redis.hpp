// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A real redis-server on a free port of the loopback, in a folder of its own.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/folder.hpp"
#include "support/free_port.hpp"

namespace test {

class redis_server {
 public:
  /// With more of its options: {"--requirepass", "secret"}.
  explicit redis_server(std::vector<std::string> options = {}) : options_(std::move(options)) {
    start();
  }
  redis_server(const redis_server&) = delete;
  ~redis_server() { kill(); }

  int port() const noexcept { return port_; }
  std::string url(std::string_view rest = "") const {
    return "redis://127.0.0.1:" + std::to_string(port_) + std::string(rest);
  }
  std::string socket() const { return folder_ / "redis.sock"; }

  /// As by kill -9; start brings it back on the same port, with what it had written.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::kill(pid_, SIGCONT);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
    ::close(std::exchange(output_, -1));
  }
  void stop() const { ::kill(pid_, SIGSTOP); }
  void go_on() const { ::kill(pid_, SIGCONT); }

  /// Returns when it accepts connections.
  void start() {
    for (int attempt = 0; attempt < 20; ++attempt)
      if (try_start()) return;
    throw std::runtime_error("redis-server does not start: " + said_);
  }

 private:
  bool try_start() {
    if (!restarted_) port_ = free_port();
    std::vector<std::string> arguments{"redis-server",
                                       "--port",
                                       std::to_string(port_),
                                       "--bind",
                                       "127.0.0.1",
                                       "--dir",
                                       folder_.path,
                                       "--unixsocket",
                                       socket(),
                                       "--save",
                                       "",
                                       "--appendonly",
                                       "yes",
                                       "--appendfsync",
                                       "always",
                                       "--enable-debug-command",
                                       "yes"};
    for (const std::string& o : options_) arguments.push_back(o);
    std::vector<char*> argv;
    for (std::string& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(fds[1], 1);
      ::dup2(fds[1], 2);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test program that dies leaves no server behind
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(fds[1]);
    output_ = fds[0];
    said_.clear();
    while (said_.find("Ready to accept connections") == said_.npos &&
           said_.find("ready to accept connections at") == said_.npos) {
      char buffer[4096];
      ssize_t n = ::read(output_, buffer, sizeof buffer);
      if (n > 0) {
        said_.append(buffer, static_cast<std::size_t>(n));
        continue;
      }
      kill();
      return false;
    }
    restarted_ = true;
    return true;
  }

  folder folder_;
  std::vector<std::string> options_;
  int port_ = 0;
  pid_t pid_ = 0;
  int output_ = -1;
  bool restarted_ = false;
  std::string said_;
};

}  // namespace test
