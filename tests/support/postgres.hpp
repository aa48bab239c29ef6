// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A real PostgreSQL server in a folder of its own, on a free port of the loopback interface and
// on a Unix socket, with and without TLS.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/folder.hpp"
#include "support/free_port.hpp"
#include "support/tls.hpp"

namespace test {

/// Where Debian has the newest one.
inline std::string postgres_programs() {
  std::string best;
  std::error_code none;
  int newest = 0;
  for (const auto& each : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    int version = std::atoi(each.path().filename().c_str());
    if (version > newest && std::filesystem::exists(each.path() / "bin/postgres")) {
      newest = version;
      best = each.path() / "bin";
    }
  }
  if (best.empty()) throw std::runtime_error("no PostgreSQL server: apt install postgresql");
  return best;
}

class postgres {
 public:
  /// One for all tests of a program.
  static postgres& instance() {
    static postgres one;
    return one;
  }
  /// settings: lines of postgresql.conf.
  explicit postgres(const std::string& settings = {}) : port(free_port()) {
    make_ours();
    must("initdb", {"-D", data(), "-U", "app", "-A", "trust", "-E", "UTF8", "--locale=C",
                    "--no-sync", "--no-instructions"});
    configure(settings);
    start();
  }
  /// A standby of another one.
  struct standby_of {
    postgres& primary;
  };
  explicit postgres(standby_of of) : port(free_port()) {
    make_ours();
    must("pg_basebackup", {"-D", data(), "-h", "127.0.0.1", "-p", std::to_string(of.primary.port),
                           "-U", "app", "-R", "-c", "fast", "--no-sync"});
    configure("");
    start();
  }
  ~postgres() { kill(SIGQUIT); }
  postgres(const postgres&) = delete;

  std::string url(const std::string& more = {}) const {
    return "postgres://app@127.0.0.1:" + std::to_string(port) + "/postgres" + more;
  }
  std::string socket() const {
    return "host=" + folder_.path + " port=" + std::to_string(port) + " user=app dbname=postgres";
  }
  std::string data() const { return folder_ / "data"; }

  void start() {
    for (int attempt = 0; attempt < 3; ++attempt) {
      pid_ = run("postgres", {"-D", data(), "-p", std::to_string(port), "-k", folder_.path});
      for (int i = 0; i < 3000; ++i) {
        if (accepts()) return;
        if (::waitpid(pid_, nullptr, WNOHANG) == pid_) break;
        ::poll(nullptr, 0, 10);
      }
    }
    throw std::runtime_error("PostgreSQL did not start: " + log());
  }
  /// Ends it; every process of it has ended then.
  void kill(int signal) {
    if (pid_ <= 0) return;
    std::vector<pid_t> all = processes();
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
    // Killed hard, its children see it a moment later, and hold its memory until then.
    for (pid_t each : all)
      for (int i = 0; i < 2000 && runs(each); ++i) ::poll(nullptr, 0, 5);
  }
  void signal_all(int signal) const {
    for (pid_t each : processes()) ::kill(each, signal);
  }
  void promote() { must("pg_ctl", {"promote", "-w", "-D", data()}); }
  std::string log() const {
    std::ifstream in(folder_ / "log");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  int port;

 private:
  /// The server and its children, each of which has a session of its own.
  std::vector<pid_t> processes() const {
    std::string own = std::to_string(pid_);
    std::ifstream in("/proc/" + own + "/task/" + own + "/children");
    std::vector<pid_t> all{pid_};
    for (pid_t child; in >> child;) all.push_back(child);
    return all;
  }
  static bool runs(pid_t process) {
    std::ifstream in("/proc/" + std::to_string(process) + "/stat");
    std::string number, name, state;
    return in >> number >> name >> state && state != "Z";
  }

  /// The server refuses to run as root.
  void make_ours() {
    if (::getuid() != 0) return;
    const passwd* user = ::getpwnam("postgres");
    if (!user) user = ::getpwnam("nobody");
    uid_ = user->pw_uid;
    gid_ = user->pw_gid;
    if (::chown(folder_.path.c_str(), uid_, gid_) != 0) throw std::runtime_error("chown failed");
  }
  pid_t run(const std::string& program, std::vector<std::string> arguments) {
    std::string path = postgres_programs() + "/" + program, log_file = folder_ / "log";
    std::vector<char*> argv{path.data()};
    for (std::string& each : arguments) argv.push_back(each.data());
    argv.push_back(nullptr);
    pid_t child = ::fork();
    if (child != 0) return child;
    if (uid_ != 0 && (::setgroups(0, nullptr) != 0 || ::setgid(gid_) != 0 || ::setuid(uid_) != 0))
      ::_exit(126);
    // A test program that dies leaves no server behind.
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log, 1);
    ::dup2(log, 2);
    if (::chdir("/") != 0) ::_exit(125);
    ::execv(path.c_str(), argv.data());
    ::_exit(127);
  }
  void must(const std::string& program, std::vector<std::string> arguments) {
    int status = 0;
    ::waitpid(run(program, std::move(arguments)), &status, 0);
    if (status != 0) throw std::runtime_error(program + " failed: " + log());
  }
  void configure(const std::string& settings) {
    std::string certificate = data() + "/server.crt", key = data() + "/server.key";
    std::filesystem::copy_file(certificates::pem("server"), certificate,
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(certificates::key("server"), key,
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::permissions(key, std::filesystem::perms(0600));
    if (uid_ != 0 &&
        (::chown(certificate.c_str(), uid_, gid_) != 0 || ::chown(key.c_str(), uid_, gid_) != 0))
      throw std::runtime_error("chown failed");
    std::ofstream(data() + "/postgresql.conf", std::ios::app)
        << "listen_addresses = '127.0.0.1'\nfsync = off\nfull_page_writes = off\n"
           "synchronous_commit = off\nmax_connections = 40\nssl = on\nwal_level = replica\n"
           "max_wal_senders = 4\nhot_standby = on\nlog_min_messages = warning\n"
        << settings;
    std::ofstream(data() + "/pg_hba.conf", std::ios::trunc)
        << "local all all trust\nhost all app 127.0.0.1/32 trust\n"
           "host replication app 127.0.0.1/32 trust\n"
           "host all secret 127.0.0.1/32 scram-sha-256\n";
  }
  /// A server that is starting says so; one that says anything else takes connections.
  bool accepts() const {
    std::string command =
        postgres_programs() + "/pg_isready -q -h 127.0.0.1 -p " + std::to_string(port);
    return std::system(command.c_str()) == 0;
  }

  folder folder_;
  pid_t pid_ = 0;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
};

}  // namespace test
