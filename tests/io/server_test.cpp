// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Where a server listens, on machines and in moments that are not the usual ones.
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rondo/io.hpp>

#include "support/async.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

rondo::task<> answer(rondo::stream s) { co_await s.write("!"); }

bool write_file(const char* path, const char* text) {
  int fd = ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  bool written = ::write(fd, text, std::strlen(text)) > 0;
  ::close(fd);
  return written;
}

/// This process has a machine of its own, whose only interface is lo, without IPv6,
/// and whose /etc/hosts has both addresses of localhost. False: it may not.
bool switch_off_ipv6(const char* hosts) {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return false;
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  if (!write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1")) return false;
  int s = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  bool up = ::ioctl(s, SIOCSIFFLAGS, &request) == 0;
  ::close(s);
  return up && write_file(hosts, "::1 localhost\n127.0.0.1 localhost\n") &&
         ::mount(hosts, "/etc/hosts", nullptr, MS_BIND, nullptr) == 0;
}

RONDO_CHILD(listens_without_ipv6) {
  test::folder dir;
  std::string hosts = dir / "hosts";
  if (!switch_off_ipv6(hosts.c_str())) return 77;
  test::run([]() -> rondo::task<> {
    auto addresses = co_await rondo::resolve("localhost", 0);
    test::say(std::to_string(addresses.size()) + " addresses\n");
    auto server = co_await rondo::start_server(answer, "localhost", 0);
    for (const rondo::endpoint& a : server.addresses()) test::say(a.address() + "\n");
    auto s = co_await rondo::open_connection("localhost", server.port());
    std::string got = co_await s.read();
    test::say(got + "\n");
    try {
      auto none = co_await rondo::start_server(answer, "::1", 80);
    } catch (const std::system_error& e) {
      test::say(std::string(e.what()) + "\n");
    }
  });
  return 0;
}
TEST(server, listens_on_the_addresses_that_there_are) {
  test::child c("listens_without_ipv6");
  std::string status = c.wait();
  if (status == "exit 77") GTEST_SKIP() << "no network namespace can be had here";
  EXPECT_EQ(status, "exit 0");
  EXPECT_EQ(c.output(),
            "2 addresses\n127.0.0.1\n!\n"
            "listen [::1]:80: Cannot assign requested address\n");
}

/// All fds that this process may have but those that it has.
class no_fds_left {
 public:
  no_fds_left() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 200;
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int fd; (fd = ::dup(1)) >= 0;) taken_.push_back(fd);
  }
  no_fds_left(const no_fds_left&) = delete;
  ~no_fds_left() {
    for (int fd : taken_) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

TEST(server, without_fds_it_says_so_once_and_recovers) {
  test::diagnostics reported;
  std::string name;
  test::run([&]() -> rondo::task<> {
    reported.listen();
    auto server = co_await rondo::start_server(answer, "127.0.0.1", 0);
    name = server.address().to_string();
    rondo::stream s;
    std::optional<no_fds_left> none;
    {
      int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      rondo::endpoint address = server.address();
      EXPECT_EQ(::connect(fd, address.data(), address.size()), 0);  // the kernel's queue has it
      s = rondo::stream_from_fd(fd, "client");
      none.emplace();
    }
    auto early = co_await rondo::move_on_after(s.read(), 250ms);  // it has tried more than once
    EXPECT_FALSE(early) << *early;
    none.reset();
    EXPECT_EQ(co_await s.read(), "!") << "it did not recover";
    co_await server.close();
  });
  EXPECT_EQ(reported.kinds, std::vector{rondo::problem::shortage});
  EXPECT_EQ(reported.messages,
            test::lines{"server on " + name +
                        ": accept: Too many open files; clients wait until there is some room "
                        "(this process may have 200 file descriptors: ulimit -n)"});
}

/// The file of a server that has died.
void leave_stale_socket(const std::string& path) {
  rondo::endpoint address = rondo::endpoint::unix_path(path);
  int s = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(s, address.data(), address.size()), 0);
  ::close(s);
}

// All find a stale file and want to replace it: one may, and keeps its own.
TEST(unix_server, of_several_that_start_at_once_one_gets_the_path) {
  test::folder dir;
  std::string path = dir / "s";
  constexpr int starters = 4;
  constexpr int rounds = 1000;
  std::barrier together(starters);
  std::atomic<int> started{0};
  std::atomic<int> refused{0};
  std::atomic<int> reached{0};
  auto start = [&](int number) -> rondo::task<> {
    for (int i = 0; i < rounds; ++i) {
      if (number == 0 && i % 2) leave_stale_socket(path);
      together.arrive_and_wait();
      {
        rondo::server mine;
        try {
          mine = co_await rondo::start_unix_server(answer, path);
          ++started;
        } catch (const std::system_error& e) {
          EXPECT_EQ(e.code(), std::errc::address_in_use) << e.what();
          ++refused;
        }
        together.arrive_and_wait();
        if (number == 0) {
          // Blocking: each thread waits for the others anyway.
          rondo::endpoint address = rondo::endpoint::unix_path(path);
          int s = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
          reached += ::connect(s, address.data(), address.size()) == 0;
          ::close(s);
        }
        together.arrive_and_wait();
      }
      co_await test::turns(3);  // the server's file is gone
      together.arrive_and_wait();
    }
  };
  std::vector<std::thread> threads;
  for (int n = 0; n < starters; ++n) threads.emplace_back([&, n] { test::run(start(n)); });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(started, rounds);
  EXPECT_EQ(refused, rounds * (starters - 1));
  EXPECT_EQ(reached, rounds);
}

TEST(unix_server, a_lock_of_somebody_else_delays_the_start_at_most) {
  test::folder dir;
  std::string path = dir / "s";
  int lock = ::open(dir.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  test::run([&]() -> rondo::task<> {
    auto server = co_await rondo::start_unix_server(answer, path);
    auto s = co_await rondo::open_unix_connection(path);
    EXPECT_EQ(co_await s.read(), "!");
    co_await server.close();
    // Given up while it waits for the lock: nothing is left.
    auto starting = rondo::create_task(rondo::start_unix_server(answer, path));
    co_await test::turns(3);
    starting.cancel();
    co_await test::ended(starting);
    EXPECT_TRUE(starting.cancelled());
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
  });
  ::close(lock);
}

}  // namespace
