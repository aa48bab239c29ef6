// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondo/io/datagram.hpp>
#include <rondo/rondo.hpp>

namespace test {

/// A UDP port of 127.0.0.1 that was free a moment ago.
inline std::uint16_t free_udp_port() {
  int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  rondo::endpoint any = *rondo::endpoint::parse("127.0.0.1", 0);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  bool bound = ::bind(fd, any.data(), any.size()) == 0 &&
               ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  return bound ? rondo::endpoint(reinterpret_cast<sockaddr*>(&address), size).port()
               : std::uint16_t{0};
}

/// dnsmasq on a free port of 127.0.0.1, knowing nothing but what it is given.
/// Stopped and waited for at the end. Needs no root.
class dnsmasq {
 public:
  explicit dnsmasq(const std::vector<std::string>& records) {
    for (int attempt = 0; attempt < 10 && pid_ < 0; ++attempt) start(records);
  }
  dnsmasq(const dnsmasq&) = delete;
  ~dnsmasq() { stop(); }

  bool running() const noexcept { return pid_ > 0; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  /// How often the log so far holds the text. A query is logged before its answer
  /// is sent.
  int logged(const std::string& text) {
    char part[4096];
    ssize_t n;
    while ((n = ::read(log_fd_, part, sizeof part)) > 0)
      log_.append(part, static_cast<std::size_t>(n));
    int count = 0;
    for (std::size_t at = 0; (at = log_.find(text, at)) != log_.npos; at += text.size()) ++count;
    return count;
  }

 private:
  void start(const std::vector<std::string>& records) {
    port_ = free_udp_port();
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    ::fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);  // a full pipe would stop dnsmasq
    std::vector<std::string> words = {"dnsmasq",
                                      "--no-daemon",
                                      "--conf-file=/dev/null",
                                      "--no-resolv",
                                      "--no-hosts",
                                      "--pid-file=",
                                      "--log-queries",
                                      "--log-facility=-",
                                      "--listen-address=127.0.0.1",
                                      "--bind-interfaces",
                                      "--local=/test/",
                                      "--local=/192.in-addr.arpa/",
                                      "--cache-size=0",
                                      "--port=" + std::to_string(port_)};
    for (const std::string& r : records) words.push_back("--host-record=" + r);
    std::vector<char*> argv;
    for (std::string& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // never outlives the test
      if (::getppid() != parent) ::_exit(1);
      ::dup2(ends[1], 2);
      ::execv("/usr/sbin/dnsmasq", argv.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    log_fd_ = ends[0];
    log_.clear();
    char c;
    // The end of the log is the end of dnsmasq: the port was taken, or it is not there.
    while (log_.find("started, version") == log_.npos || log_.back() != '\n') {
      if (::read(log_fd_, &c, 1) != 1) return stop();
      log_ += c;
    }
    ::fcntl(log_fd_, F_SETFL, O_NONBLOCK);
  }
  void stop() noexcept {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    if (log_fd_ >= 0) ::close(log_fd_);
    pid_ = log_fd_ = -1;
  }

  pid_t pid_ = -1;
  int log_fd_ = -1;
  std::uint16_t port_ = 0;
  std::string log_;
};

/// Misbehaves on demand, as no real server does: what it answers to each query is
/// the test's own. No answer: silence.
class dns_responder {
 public:
  using behaviour = std::function<std::optional<std::string>(const std::string& query)>;

  static rondo::task<dns_responder> start(behaviour answer) {
    dns_responder r;
    auto socket = co_await rondo::bind_udp("127.0.0.1", 0);
    r.address_ = socket.local().to_string();
    r.queries_ = std::make_unique<int>(0);
    r.serving_ = rondo::create_task(serve(std::move(socket), std::move(answer), *r.queries_));
    co_return r;
  }
  std::string address() const { return address_; }
  int queries() const { return *queries_; }
  rondo::task<> stop() {
    serving_.cancel();
    co_await rondo::wait(serving_);
  }

 private:
  static rondo::task<> serve(rondo::datagram_socket socket, behaviour answer, int& queries) {
    while (true) {
      rondo::datagram query = co_await socket.receive_from();
      ++queries;
      if (auto reply = answer(query.data)) co_await socket.send_to(*reply, query.sender);
    }
  }
  std::string address_;
  std::unique_ptr<int> queries_;
  rondo::task_handle<> serving_;
};

/// The type asked for: 1 is A, 28 is AAAA.
inline int query_type(const std::string& query) {
  std::size_t at = 12;
  while (at < query.size() && query[at] != 0) at += 1 + static_cast<unsigned char>(query[at]);
  return at + 2 < query.size() ? static_cast<unsigned char>(query[at + 2]) : 0;
}

/// A right answer (RFC 1035) with one A record.
inline std::string dns_answer(const std::string& query, const char (&address)[5]) {
  std::size_t end = 12;  // of the question: what is behind it (EDNS) is not repeated
  while (end < query.size() && query[end] != 0) end += static_cast<unsigned char>(query[end]) + 1u;
  std::string reply = query.substr(0, end + 5);
  reply[2] = '\x81';
  reply[3] = '\x80';
  reply[7] = 1;
  reply[11] = 0;
  return reply + std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4", 12) + std::string(address, 4);
}

}  // namespace test
