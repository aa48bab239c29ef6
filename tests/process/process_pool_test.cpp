// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <rondo/io/pipe.hpp>
#include <rondo/process/process_pool.hpp>
#include <rondo/rondo.hpp>

#include "support/async.hpp"
#include "support/child.hpp"

using namespace std::chrono_literals;

// What runs in the workers.
namespace jobs {

int square(int x) { return x * x; }
int pid() { return ::getpid(); }
int group() { return ::getpgrp(); }
void nothing() {}
std::string echo(const std::string& text) { return text; }
std::string long_text(int size) { return std::string(static_cast<std::size_t>(size), 'x'); }
void invalid() { throw std::invalid_argument("no such thing"); }
int exit_with(int code) { ::_exit(code); }
void die_of(int number) {
  std::signal(number, SIG_DFL);  // also where a sanitizer has a handler
  std::raise(number);
}
int next_number() {
  static int number = 0;
  return ++number;
}

/// Says its pid over a FIFO and stays.
int stay(const std::string& fifo) {
  int fd = ::open(fifo.c_str(), O_WRONLY | O_CLOEXEC);
  int self = ::getpid();
  if (::write(fd, &self, sizeof self) != sizeof self) std::abort();
  while (true) ::pause();
}
/// The same, while a process of its own holds the worker's fds.
int stay_with_child(const std::string& fifo) {
  if (::fork() == 0)
    while (true) ::pause();
  return stay(fifo);
}
int die_with_child() {
  if (::fork() == 0)
    while (true) ::pause();
  ::_exit(4);
}

std::vector<int> open_fds() {
  std::vector<int> fds;
  DIR* d = ::opendir("/proc/self/fd");
  while (dirent* e = ::readdir(d))
    if (int fd = std::atoi(e->d_name); e->d_name[0] != '.' && fd != ::dirfd(d)) fds.push_back(fd);
  ::closedir(d);
  std::ranges::sort(fds);
  return fds;
}
std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? value : "(not set)";
}
std::string variables() {
  std::string all;
  for (char** v = environ; *v; ++v) all.append(*v).append("\n");
  return all;
}
std::string command_line() {
  std::string all(4096, '\0');
  FILE* f = std::fopen("/proc/self/cmdline", "r");
  all.resize(std::fread(all.data(), 1, all.size(), f));
  std::fclose(f);
  return all;
}
int read_standard_input() {
  char c;
  return static_cast<int>(::read(0, &c, 1));
}
int run_a_loop() {
  return rondo::run([]() -> rondo::task<int> {
    co_await rondo::sleep(1ms);
    co_return 5;
  });
}
int square_elsewhere(int x) {
  return rondo::run([=]() -> rondo::task<int> {
    rondo::process_pool pool({.workers = 1});
    int result = co_await pool.call<&square>(x);
    co_return result;
  });
}
void print(const std::string& text) { std::printf("%s", text.c_str()); }

/// Writes what is no reply into its own socket.
void send_garbage(const std::string& bytes) {
  for (int fd : open_fds()) {
    int type = 0;
    socklen_t size = sizeof type;
    if (fd > 2 && ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0)
      if (::send(fd, bytes.data(), bytes.size(), 0) < 0) std::abort();
  }
}
int send_and_exit(const std::string& bytes) {
  send_garbage(bytes);
  ::_exit(0);
}

}  // namespace jobs

namespace {

using rondo::broken_process_pool;
using rondo::process_pool;

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) == 0 || errno != ECHILD; }

/// Nothing is left of a test: no process, no zombie, no fd.
struct nothing_left {
  std::vector<int> fds = jobs::open_fds();
  nothing_left() { EXPECT_FALSE(has_children()); }
  nothing_left(const nothing_left&) = delete;
  ~nothing_left() {
    EXPECT_FALSE(has_children());
    EXPECT_EQ(jobs::open_fds(), fds);
  }
};

/// Where jobs::stay says that it runs.
class announcements {
 public:
  announcements() {
    char name[] = "/tmp/rondo-pool-XXXXXX";
    if (!::mkdtemp(name)) std::abort();
    directory_ = name;
    path = directory_ + "/fifo";
    if (::mkfifo(path.c_str(), 0600) != 0) std::abort();
    from_ = rondo::stream_from_fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC), "fifo");
  }
  announcements(const announcements&) = delete;
  ~announcements() {
    ::unlink(path.c_str());
    ::rmdir(directory_.c_str());
  }
  rondo::task<int> next() {
    std::string bytes = co_await from_.read_exactly(sizeof(int));
    int pid;
    std::memcpy(&pid, bytes.data(), sizeof pid);
    co_return pid;
  }
  std::string path;

 private:
  std::string directory_;
  rondo::stream from_;
};

template <class Call>
rondo::task<std::string> failure_of(Call call) {
  std::string what = "nothing was thrown";
  try {
    co_await std::move(call);
  } catch (const broken_process_pool& e) {
    what = e.what();
  } catch (const std::exception& e) {
    what = std::string("another exception: ") + e.what();
  }
  co_return what;
}

TEST(process_pool, calls_a_function_in_another_process) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 2});
    EXPECT_EQ(pool.parallelism(), 2u);
    int nine = co_await pool.call<&jobs::square>(3);
    EXPECT_EQ(nine, 9);
    int pid = co_await pool.call<&jobs::pid>();
    EXPECT_NE(pid, ::getpid());
    int again = co_await pool.call<&jobs::pid>();
    EXPECT_EQ(again, pid);
    co_await pool.call<&jobs::nothing>();
    co_await pool.close();
    EXPECT_FALSE(has_children());
  });
}

TEST(process_pool, has_a_worker_for_each_cpu_unless_told) {
  process_pool pool;
  EXPECT_GE(pool.parallelism(), 1u);
}

TEST(process_pool, runs_calls_at_the_same_time) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    announcements said;
    process_pool pool({.workers = 3});
    auto all = rondo::create_task([](process_pool& p, std::string path) -> rondo::task<> {
      std::vector<std::string> paths(3, path);
      co_await p.map<&jobs::stay>(paths);
    }(pool, said.path));
    std::set<int> pids;
    for (int i = 0; i < 3; ++i) {
      int pid = co_await said.next();
      pids.insert(pid);
    }
    EXPECT_EQ(pids.size(), 3u);
    all.cancel();
    co_await test::ended(all);
    EXPECT_FALSE(has_children());
  });
}

TEST(process_pool, further_calls_wait_first_come_first_served) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    auto [a, b, c, d] =
        co_await rondo::gather(pool.call<&jobs::next_number>(), pool.call<&jobs::next_number>(),
                               pool.call<&jobs::next_number>(), pool.call<&jobs::next_number>());
    std::vector<int> got{a, b, c, d};
    EXPECT_EQ(got, (std::vector<int>{1, 2, 3, 4}));
  });
}

TEST(process_pool, map_gives_results_in_order) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 3});
    std::vector<int> numbers(50);
    std::iota(numbers.begin(), numbers.end(), 0);
    std::vector<int> squares = co_await pool.map<&jobs::square>(numbers);
    EXPECT_EQ(squares.size(), numbers.size());
    for (int i = 0; i < 50; ++i) EXPECT_EQ(squares[static_cast<std::size_t>(i)], i * i);
    std::vector<int> limited = co_await pool.map<&jobs::square>(numbers, 1);
    EXPECT_EQ(limited, squares);
  });
}

TEST(process_pool, exceptions_of_the_function_arrive_and_keep_the_worker) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    int pid = co_await pool.call<&jobs::pid>();
    try {
      co_await pool.call<&jobs::invalid>();
      ADD_FAILURE();
    } catch (const std::invalid_argument& e) {
      EXPECT_STREQ(e.what(), "no such thing");
    }
    int again = co_await pool.call<&jobs::pid>();
    EXPECT_EQ(again, pid);
  });
}

TEST(process_pool, a_worker_that_dies_fails_only_its_call_and_is_replaced) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    announcements said;
    process_pool pool({.workers = 2});
    auto beside = rondo::create_task(pool.call<&jobs::stay>(said.path));
    co_await said.next();
    std::vector<int> signals{SIGSEGV, SIGABRT, SIGKILL, SIGTERM};
    std::vector<std::string> names{"SIGSEGV", "SIGABRT", "SIGKILL", "SIGTERM"};
    for (std::size_t i = 0; i < signals.size(); ++i) {
      int pid = co_await pool.call<&jobs::pid>();
      std::string what = co_await failure_of(pool.call<&jobs::die_of>(signals[i]));
      EXPECT_EQ(what, "worker " + std::to_string(pid) + " was killed by " + names[i] +
                          " during jobs::die_of");
      int next = co_await pool.call<&jobs::pid>();
      EXPECT_NE(next, pid);
    }
    int pid = co_await pool.call<&jobs::pid>();
    std::string what = co_await failure_of(pool.call<&jobs::exit_with>(3));
    EXPECT_EQ(what, "worker " + std::to_string(pid) + " exited with 3 during jobs::exit_with");
    EXPECT_FALSE(beside.done());
    beside.cancel();
    co_await test::ended(beside);
  });
}

TEST(process_pool, a_worker_that_is_killed_from_outside_fails_its_call) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    announcements said;
    process_pool pool({.workers = 1});
    auto call = rondo::create_task(failure_of(pool.call<&jobs::stay>(said.path)));
    int pid = co_await said.next();
    ::kill(pid, SIGKILL);
    std::string what = co_await call;
    EXPECT_EQ(what, "worker " + std::to_string(pid) + " was killed by SIGKILL during jobs::stay");
    int nine = co_await pool.call<&jobs::square>(3);
    EXPECT_EQ(nine, 9);
  });
}

TEST(process_pool, works_where_somebody_else_reaps_children) {
  nothing_left check;
  std::signal(SIGCHLD, SIG_IGN);
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    int pid = co_await pool.call<&jobs::pid>();
    std::string what = co_await failure_of(pool.call<&jobs::exit_with>(3));
    EXPECT_EQ(what, "worker " + std::to_string(pid) + " ended during jobs::exit_with");
    int nine = co_await pool.call<&jobs::square>(3);
    EXPECT_EQ(nine, 9);
    co_await pool.close();
  });
  std::signal(SIGCHLD, SIG_DFL);
}

TEST(process_pool, a_worker_that_has_died_between_calls_is_replaced_unnoticed) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    int pid = co_await pool.call<&jobs::pid>();
    ::kill(pid, SIGKILL);
    siginfo_t info;  // it has ended, and is still there
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
    int next = co_await pool.call<&jobs::pid>();
    EXPECT_NE(next, pid);
  });
}

TEST(process_pool, what_a_worker_has_started_ends_with_it) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans become our children
  test::run([]() -> rondo::task<> {
    announcements said;
    process_pool pool({.workers = 1});
    // Its child holds the socket: only the worker's end tells that nothing will come.
    std::string what = co_await failure_of(pool.call<&jobs::die_with_child>());
    EXPECT_NE(what.find("exited with 4 during jobs::die_with_child"), std::string::npos) << what;
    auto call = rondo::create_task(pool.call<&jobs::stay_with_child>(said.path));
    co_await said.next();
    call.cancel();
    co_await test::ended(call);
  });
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  for (int orphans = 0; orphans < 2; ++orphans) {
    int status = 0;
    EXPECT_GT(::waitpid(-1, &status, 0), 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  }
  EXPECT_FALSE(has_children());
}

TEST(process_pool, cancelling_a_call_kills_its_worker_and_waits_for_that) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    announcements said;
    process_pool pool({.workers = 1});
    auto call = rondo::create_task(pool.call<&jobs::stay>(said.path));
    int pid = co_await said.next();
    call.cancel();
    co_await test::ended(call);
    EXPECT_TRUE(call.cancelled());
    EXPECT_EQ(::kill(pid, 0), -1);
    EXPECT_FALSE(has_children());
    int nine = co_await pool.call<&jobs::square>(3);
    EXPECT_EQ(nine, 9);
  });
}

TEST(process_pool, a_timeout_ends_a_call) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    announcements said;
    process_pool pool({.workers = 1});
    try {
      co_await rondo::wait_for(pool.call<&jobs::stay>(said.path), 50ms);
      ADD_FAILURE();
    } catch (const rondo::timeout_error&) {
    }
    EXPECT_FALSE(has_children());
  });
}

TEST(process_pool, cancelling_a_call_that_waits_withdraws_it) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    announcements said;
    process_pool pool({.workers = 1});
    auto running = rondo::create_task(pool.call<&jobs::stay>(said.path));
    co_await said.next();
    auto first = rondo::create_task(pool.call<&jobs::next_number>());
    auto second = rondo::create_task(pool.call<&jobs::next_number>());
    auto third = rondo::create_task(pool.call<&jobs::next_number>());
    co_await test::turns(3);
    second.cancel();
    co_await test::ended(second);
    EXPECT_TRUE(second.cancelled());
    EXPECT_FALSE(running.done());
    running.cancel();
    int one = co_await first;
    int two = co_await third;
    EXPECT_EQ(one, 1);
    EXPECT_EQ(two, 2);
  });
}

TEST(process_pool, a_call_that_is_begun_cancelled_starts_nothing) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    auto call = rondo::create_task(pool.call<&jobs::square>(3));
    call.cancel();
    co_await test::ended(call);
    EXPECT_TRUE(call.cancelled());
    EXPECT_FALSE(has_children());
  });
}

// Whatever the moment of the cancellation: a value, or cancelled and no worker.
TEST(process_pool, cancellation_raced_with_the_reply) {
  nothing_left check;
  int values = 0;
  int cancellations = 0;
  test::run([&]() -> rondo::task<> {
    process_pool pool({.workers = 2});
    for (int i = 0; i < 100; ++i) {
      int before = co_await pool.call<&jobs::square>(1);  // a worker is there
      EXPECT_EQ(before, 1);
      auto call = rondo::create_task(pool.call<&jobs::square>(i));
      co_await rondo::sleep(std::chrono::microseconds(7 * i % 400));
      co_await test::turns(i % 3);
      call.cancel();
      co_await test::ended(call);
      if (call.cancelled()) {
        ++cancellations;
      } else {
        int got = co_await call;
        EXPECT_EQ(got, i * i);
        ++values;
      }
    }
    // And from the very beginning of a worker on.
    for (int i = 0; i < 10; ++i) {
      process_pool fresh({.workers = 1});
      auto call = rondo::create_task(fresh.call<&jobs::square>(i));
      co_await test::turns(i);
      call.cancel();
      co_await test::ended(call);
    }
    co_await pool.close();
  });
  EXPECT_EQ(values + cancellations, 100);
  RecordProperty("values", values);
}

TEST(process_pool, big_arguments_and_results) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    std::string big(5'000'000, 'b');
    big += "end";
    std::string got = co_await pool.call<&jobs::echo>(big);
    EXPECT_TRUE(got == big);
  });
}

TEST(process_pool, messages_have_a_limit_both_ways) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1, .max_message = 1'000'000});
    int pid = co_await pool.call<&jobs::pid>();
    try {
      co_await pool.call<&jobs::echo>(std::string(1'000'000, 'x'));
      ADD_FAILURE();
    } catch (const std::length_error& e) {
      EXPECT_NE(std::string(e.what()).find("process_pool::call of jobs::echo: arguments of 1000"),
                std::string::npos)
          << e.what();
    }
    try {
      co_await pool.call<&jobs::long_text>(1'000'000);
      ADD_FAILURE();
    } catch (const std::length_error& e) {
      EXPECT_NE(std::string(e.what()).find("a result of 1000"), std::string::npos) << e.what();
    }
    std::string most = co_await pool.call<&jobs::long_text>(999'000);
    EXPECT_EQ(most.size(), 999'000u);
    int again = co_await pool.call<&jobs::pid>();
    EXPECT_EQ(again, pid);
  });
}

TEST(process_pool, garbage_from_a_worker_ends_it) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    std::vector<std::string> garbage;
    garbage.emplace_back("\xff\xff\xff\xff", 4);  // longer than it may be
    garbage.emplace_back("\0\0\0\5hello", 9);     // no reply
    garbage.emplace_back("\0\0\0\0", 4);          // nothing
    for (const std::string& bytes : garbage) {
      int pid = co_await pool.call<&jobs::pid>();
      std::string what = co_await failure_of(pool.call<&jobs::send_garbage>(bytes));
      EXPECT_EQ(what, "worker " + std::to_string(pid) +
                          " sent what is no reply during jobs::send_garbage");
      int next = co_await pool.call<&jobs::pid>();
      EXPECT_NE(next, pid);
    }
    garbage.assign(1, std::string("\0\0", 2));      // the end within a header
    garbage.emplace_back("\0\0\0\x40\x92\xc3", 6);  // within a reply
    for (const std::string& bytes : garbage) {
      std::string what = co_await failure_of(pool.call<&jobs::send_and_exit>(bytes));
      EXPECT_NE(what.find("exited with 0 during jobs::send_and_exit"), std::string::npos) << what;
    }
    try {
      // Begins as a reply does; the worker is kept.
      co_await pool.call<&jobs::send_garbage>(std::string("\0\0\0\3\x92\xc3\xc1", 7));
      ADD_FAILURE();
    } catch (const rondo::unpack_error&) {
    }
  });
}

// A reply that has come in full is delivered even if its worker has ended.
TEST(process_pool, a_reply_before_the_end_wins) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    int seven = co_await pool.call<&jobs::send_and_exit>(std::string("\0\0\0\3\x92\xc3\x07", 7));
    EXPECT_EQ(seven, 7);
  });
}

TEST(process_pool, close_waits_for_calls_and_takes_no_more) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    auto first = rondo::create_task(pool.call<&jobs::next_number>());
    auto second = rondo::create_task(pool.call<&jobs::next_number>());
    co_await test::turns(2);
    co_await rondo::gather(pool.close(), pool.close());
    EXPECT_TRUE(first.done() && second.done());
    EXPECT_FALSE(has_children());
    try {
      co_await pool.call<&jobs::square>(3);
      ADD_FAILURE();
    } catch (const rondo::usage_error&) {
    }
    co_await pool.close();
  });
}

TEST(process_pool, a_cancelled_close_leaves_a_closed_pool) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    announcements said;
    process_pool pool({.workers = 1});
    auto call = rondo::create_task(pool.call<&jobs::stay>(said.path));
    co_await said.next();
    auto closing = rondo::create_task(pool.close());
    co_await test::turns(2);
    closing.cancel();
    co_await test::ended(closing);
    EXPECT_TRUE(closing.cancelled());
    EXPECT_FALSE(call.done());
    try {
      co_await pool.call<&jobs::square>(3);
      ADD_FAILURE();
    } catch (const rondo::usage_error&) {
    }
    call.cancel();
    co_await test::ended(call);
  });
}

TEST(process_pool, destroyed_it_fails_the_calls_that_are_left) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    announcements said;
    auto pool = std::make_unique<process_pool>(rondo::process_pool_options{.workers = 1});
    auto running = rondo::create_task(failure_of(pool->call<&jobs::stay>(said.path)));
    auto waiting = rondo::create_task(failure_of(pool->call<&jobs::square>(3)));
    int pid = co_await said.next();
    auto late = pool->call<&jobs::square>(3);
    pool.reset();
    std::string what = co_await running;
    EXPECT_EQ(what, "worker " + std::to_string(pid) +
                        " was killed by SIGKILL during jobs::stay, when the process_pool was "
                        "destroyed");
    what = co_await waiting;
    EXPECT_EQ(
        what,
        "process_pool::call of jobs::square: the process_pool was destroyed before it came to it");
    try {
      co_await std::move(late);
      ADD_FAILURE();
    } catch (const rondo::usage_error&) {
    }
  });
}

// However far a call has come when the pool goes, it fails, and starts nothing.
TEST(process_pool, destroyed_while_a_call_begins) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    announcements said;
    for (int i = 0; i < 8; ++i) {
      auto pool = std::make_unique<process_pool>(rondo::process_pool_options{.workers = 1});
      auto call = rondo::create_task(pool->call<&jobs::stay>(said.path));
      co_await test::turns(i);
      pool.reset();
      try {
        co_await call;
        ADD_FAILURE() << i << " turns";
      } catch (const broken_process_pool&) {
      } catch (const rondo::usage_error&) {
        EXPECT_EQ(i, 0);
      }
    }
  });
}

TEST(process_pool, tasks_left_at_the_end_of_run_leave_no_process) {
  nothing_left check;
  test::diagnostics said_by_the_loop;
  test::run([&]() -> rondo::task<> {
    said_by_the_loop.listen();
    announcements said;
    process_pool pool({.workers = 1});
    rondo::create_task(pool.call<&jobs::stay>(said.path));
    rondo::create_task(pool.call<&jobs::square>(3));
    co_await said.next();
    rondo::create_task(pool.call<&jobs::square>(3));
  });
  // The one that waited fails when the pool goes, before its task is cancelled.
  EXPECT_TRUE(said_by_the_loop.mentions(
      "process_pool::call of jobs::square: the process_pool was destroyed"));
}

TEST(process_pool, outlives_a_loop) {
  nothing_left check;
  process_pool pool({.workers = 1});
  for (int i = 0; i < 2; ++i) {
    test::run([&]() -> rondo::task<> {
      int nine = co_await pool.call<&jobs::square>(3);
      EXPECT_EQ(nine, 9);
    });
  }
}

TEST(process_pool, replaces_a_worker_after_so_many_calls) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1, .max_calls_per_worker = 2});
    std::vector<int> numbers;
    for (int i = 0; i < 4; ++i) {
      int n = co_await pool.call<&jobs::next_number>();
      numbers.push_back(n);
    }
    EXPECT_EQ(numbers, (std::vector<int>{1, 2, 1, 2}));
    EXPECT_THROW(process_pool({.workers = 1, .max_calls_per_worker = 0}), rondo::usage_error);
  });
}

TEST(process_pool, a_worker_inherits_little) {
  nothing_left check;
  int open_fd = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ::setenv("RONDO_TEST_VARIABLE", "is inherited", 1);
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    std::vector<int> fds = co_await pool.call<&jobs::open_fds>();
    EXPECT_EQ(fds, (std::vector<int>{0, 1, 2, 3}));
    std::string inherited = co_await pool.call<&jobs::variable>("RONDO_TEST_VARIABLE");
    EXPECT_EQ(inherited, "is inherited");
    std::string all = co_await pool.call<&jobs::variables>();
    EXPECT_EQ(all.find("PROCESS_POOL"), std::string::npos) << all;
    int pid = co_await pool.call<&jobs::pid>();
    int group = co_await pool.call<&jobs::group>();
    EXPECT_EQ(group, pid);
    std::string arguments = co_await pool.call<&jobs::command_line>();
    EXPECT_EQ(arguments.find("rondo worker of "), 0u) << arguments;
    std::string ours = jobs::command_line();
    EXPECT_EQ(arguments.substr(arguments.find('\0')), ours.substr(ours.find('\0')));
    int read = co_await pool.call<&jobs::read_standard_input>();
    EXPECT_EQ(read, 0);
    int five = co_await pool.call<&jobs::run_a_loop>();
    EXPECT_EQ(five, 5);
  });
  ::unsetenv("RONDO_TEST_VARIABLE");
  ::close(open_fd);
}

TEST(process_pool, a_worker_may_have_workers) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 2});
    std::vector<int> numbers{2, 3};
    std::vector<int> squares = co_await pool.map<&jobs::square_elsewhere>(numbers);
    EXPECT_EQ(squares, (std::vector<int>{4, 9}));
  });
}

TEST(process_pool, runs_on_a_loop_of_another_thread) {
  nothing_left check;
  std::thread([] {
    test::run([]() -> rondo::task<> {
      process_pool pool({.workers = 1});
      int nine = co_await pool.call<&jobs::square>(3);
      EXPECT_EQ(nine, 9);
    });
  }).join();
}

/// The children that a thread of this process has started.
std::set<int> children_of(int thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/children");
  return {std::istream_iterator<int>(file), std::istream_iterator<int>()};
}

// Its exec would hold the loop.
TEST(process_pool, a_worker_is_not_started_on_the_loops_thread) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    int worker = co_await pool.call<&jobs::pid>();
    std::set<int> starters;
    for (auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
      int id = std::atoi(thread.path().filename().c_str());
      if (children_of(id).contains(worker)) starters.insert(id);
    }
    EXPECT_EQ(starters.size(), 1u);
    EXPECT_FALSE(starters.contains(::gettid()));
  });
}

// The kernel's signal follows the thread that has started it, which is not the loop's.
TEST(process_pool, a_worker_outlives_the_thread_of_the_loop) {
  nothing_left check;
  process_pool pool({.workers = 1});
  int worker = 0;
  auto ask = [&]() -> rondo::task<> { worker = co_await pool.call<&jobs::pid>(); };
  std::thread([&] { test::run(ask); }).join();
  int first = worker;
  test::run([&]() -> rondo::task<> {
    co_await ask();
    co_await pool.close();
  });
  EXPECT_EQ(worker, first);
}

TEST(process_pool, a_call_cancelled_while_its_worker_starts_leaves_the_worker_to_the_next) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    auto call = rondo::create_task(pool.call<&jobs::square>(3));
    auto next = rondo::create_task(pool.call<&jobs::next_number>());
    co_await test::turns(2);  // the worker's start is under way, and known of in a later turn
    call.cancel();
    co_await test::ended(call);
    EXPECT_TRUE(call.cancelled());
    int one = co_await next;
    EXPECT_EQ(one, 1);
    co_await pool.close();
  });
}

TEST(process_pool, destroyed_while_a_worker_starts) {
  nothing_left check;
  test::run([]() -> rondo::task<> {
    std::optional<process_pool> pool(std::in_place, rondo::process_pool_options{.workers = 1});
    auto call = rondo::create_task(pool->call<&jobs::square>(3));
    co_await test::turns(2);
    pool.reset();
    try {
      int got = co_await call;
      ADD_FAILURE() << got;
    } catch (const rondo::broken_process_pool&) {
    }
  });
}

/// The main of the workers does something else (see main.cpp).
struct other_main {
  explicit other_main(const char* way) { ::setenv("RONDO_TEST_MAIN", way, 1); }
  other_main(const other_main&) = delete;
  ~other_main() { ::unsetenv("RONDO_TEST_MAIN"); }
};

TEST(process_pool, run_serves_by_itself) {
  nothing_left check;
  other_main way("run");
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    int nine = co_await pool.call<&jobs::square>(3);
    EXPECT_EQ(nine, 9);
  });
}

TEST(process_pool, says_so_when_a_worker_never_comes_to_its_calls) {
  nothing_left check;
  other_main way("return");
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    std::string what = co_await failure_of(pool.call<&jobs::square>(3));
    EXPECT_NE(what.find("exited with 7 during jobs::square: it had not come to its calls yet; its "
                        "main has to reach rondo::run"),
              std::string::npos)
        << what;
  });
}

TEST(process_pool, no_pool_is_made_where_a_worker_should_serve) {
  nothing_left check;
  other_main way("pool");
  test::run([]() -> rondo::task<> {
    process_pool pool({.workers = 1});
    std::string what = co_await failure_of(pool.call<&jobs::square>(3));
    EXPECT_NE(what.find("exited with 8"), std::string::npos) << what;
  });
}

rondo::task<> print_in_a_worker() {
  process_pool pool({.workers = 1});
  co_await pool.call<&jobs::print>("from the worker, ");
  test::say("from the pool\n");
}
RONDO_CHILD(prints) {
  test::run(print_in_a_worker());
  return 0;
}
TEST(process_pool, what_a_function_prints_is_out_before_its_call_returns) {
  test::child c("prints");
  EXPECT_EQ(c.wait(), "exit 0");
  EXPECT_EQ(c.output(), "from the worker, from the pool\n");
}

// A pool whose process is killed: a worker that computes, and one that is idle.
void say_pid(const std::string& what) { test::say(what + " " + std::to_string(::getpid()) + "\n"); }
void say_pid_and_stay() {
  say_pid("busy");
  while (true) ::pause();
}
rondo::task<> two_workers() {
  process_pool pool({.workers = 2});
  auto busy = rondo::create_task(pool.call<&say_pid_and_stay>());
  co_await pool.call<&say_pid>("idle");
  test::say("returned\n");
  co_await busy;
}
RONDO_CHILD(has_two_workers) {
  test::run(two_workers());
  return 0;
}
int number_after(const std::string& text, const std::string& word) {
  return std::atoi(text.c_str() + text.find(word) + word.size());
}
bool exists(int pid) { return ::kill(pid, 0) == 0; }
RONDO_CHILD(has_two_workers_and_default_signals) {
  rondo::run(two_workers());
  return 0;
}
TEST(process_pool, interrupted_it_ends_its_workers_first) {
  test::child c("has_two_workers_and_default_signals");
  ASSERT_TRUE(c.wait_for("busy ") && c.wait_for("returned")) << c.output();
  int busy = number_after(c.output(), "busy ");
  int idle = number_after(c.output(), "idle ");
  EXPECT_TRUE(exists(busy) && exists(idle));
  c.signal(SIGINT);
  EXPECT_EQ(c.wait(), "signal 2") << c.output();
  EXPECT_FALSE(exists(busy) || exists(idle));
}

TEST(process_pool, killed_it_leaves_no_worker) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // its workers become our children
  test::child c("has_two_workers");
  ASSERT_TRUE(c.wait_for("busy ") && c.wait_for("returned")) << c.output();
  int busy = number_after(c.output(), "busy ");
  int idle = number_after(c.output(), "idle ");
  c.signal(SIGKILL);
  EXPECT_EQ(c.wait(), "signal 9");
  EXPECT_EQ(::waitpid(busy, nullptr, 0), busy);
  EXPECT_EQ(::waitpid(idle, nullptr, 0), idle);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  EXPECT_FALSE(has_children());
}

}  // namespace
