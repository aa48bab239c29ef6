// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A child of fork that does not exec: it has none of the parent's threads, and not
// its loop.
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "coro/line_writer.hpp"

#include "support/async.hpp"
#include "support/child.hpp"

using namespace std::chrono_literals;

namespace {

// ThreadSanitizer starts no thread in a child of a program with threads.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NEEDS_THREADS_IN_CHILD() GTEST_SKIP() << "ThreadSanitizer"
#endif
#endif
#ifndef NEEDS_THREADS_IN_CHILD
#define NEEDS_THREADS_IN_CHILD() static_cast<void>(0)
#endif

rondo::task<int> five() {
  co_return co_await rondo::to_thread([] { return 5; });
}

/// How a child of fork that runs f ends: "exit 5", "signal 6".
std::string in_child(const std::function<int()>& f) {
  std::fflush(nullptr);
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(f());
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit " + std::to_string(WEXITSTATUS(status));
}

TEST(fork, to_thread_works_in_a_child_of_a_process_that_has_used_it) {
  NEEDS_THREADS_IN_CHILD();
  ASSERT_EQ(rondo::run(five()), 5);
  EXPECT_EQ(in_child([] { return rondo::run(five()); }), "exit 5");
  EXPECT_EQ(rondo::run(five()), 5);
}

TEST(fork, also_in_a_child_of_a_child_and_with_ones_own_pool) {
  NEEDS_THREADS_IN_CHILD();
  rondo::thread_pool pool({.threads = 2});
  auto seven = [&]() -> rondo::task<int> { co_return co_await pool.run([] { return 7; }); };
  ASSERT_EQ(rondo::run(seven()), 7);
  EXPECT_EQ(in_child([&] {
              int first = rondo::run(seven());
              std::string second = in_child([&] { return rondo::run(seven()); });
              return first == 7 && second == "exit 7" ? 3 : 1;
            }),
            "exit 3");
  EXPECT_EQ(rondo::run(seven()), 7);
}

TEST(fork, a_pool_can_be_destroyed_in_the_child) {
  auto pool = std::make_unique<rondo::thread_pool>(rondo::thread_pool_options{.threads = 2});
  rondo::run([&]() -> rondo::task<> { co_await pool->run([] {}); });
  EXPECT_EQ(in_child([&] {
              pool.reset();
              return 4;
            }),
            "exit 4");
}

RONDO_CHILD(exits_after_a_fork) {
  if (rondo::run(five()) != 5) return 1;
  if (pid_t child = fork(); child == 0) {
    alarm(20);
    std::exit(6);  // destroys the static objects, the pool of to_thread too
  } else {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  }
}

TEST(fork, a_child_may_exit_after_the_parent_has_used_to_thread) {
  test::child c("exits_after_a_fork");
  EXPECT_EQ(c.wait(), "exit 6") << c.output();
}

TEST(fork, a_child_forked_by_a_task_may_run_a_loop_of_its_own) {
  NEEDS_THREADS_IN_CHILD();
  std::string ended = rondo::run([]() -> rondo::task<std::string> {
    co_await rondo::sleep(1ms);
    std::string how = in_child([] { return rondo::run(five()); });
    co_await rondo::sleep(1ms);  // the parent's loop is as it was
    co_return how;
  });
  EXPECT_EQ(ended, "exit 5");
}

RONDO_CHILD(goes_on_with_the_parents_loop) {
  pid_t forked = -1;
  rondo::run([&]() -> rondo::task<> {
    rondo::create_task([&]() -> rondo::task<> {
      co_await rondo::sleep(0s);
      if (forked == 0) test::say("another task ran in the child\n");
    });
    co_await rondo::sleep(0s);
    forked = fork();
    if (forked == 0) alarm(20);
    co_await rondo::sleep(1ms);
    if (forked == 0) test::say("the child went on\n");
  });
  int status = 0;
  waitpid(forked, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 1;
}

TEST(fork, a_child_that_goes_on_with_the_parents_loop_is_told) {
  test::child c("goes_on_with_the_parents_loop");
  EXPECT_EQ(c.wait(), "exit " + std::to_string(SIGABRT)) << c.output();
  EXPECT_NE(c.output().find("rondo: fatal: a child of fork goes on with a task of its parent"),
            std::string::npos)
      << c.output();
  EXPECT_EQ(c.output().find("went on"), std::string::npos) << c.output();
  EXPECT_EQ(c.output().find("another task"), std::string::npos) << c.output();
}

TEST(fork, the_parents_loop_takes_no_calls_in_the_child) {
  rondo::run([]() -> rondo::task<> {
    rondo::loop_ref here = rondo::loop::current().ref();
    EXPECT_EQ(in_child([&] { return here.call_soon_threadsafe([] {}) ? 1 : 0; }), "exit 0");
    EXPECT_EQ(in_child([&] {
                try {
                  rondo::create_task(rondo::sleep(1s));
                  return 1;
                } catch (const rondo::usage_error&) {
                  return 0;
                }
              }),
              "exit 0");
    co_return;
  });
}

RONDO_CHILD(signal_in_a_child_of_run) {
  rondo::run([]() -> rondo::task<> {
    std::string how = in_child([] {
      std::raise(SIGINT);
      return 0;
    });
    test::say(how + "\n");
    co_return;
  });
  return 0;
}

TEST(fork, a_child_forked_by_a_task_dies_of_ctrl_c) {
  test::child c("signal_in_a_child_of_run");
  EXPECT_EQ(c.wait(), "exit 0");
  EXPECT_EQ(c.output(), "signal 2\n");
}

TEST(fork, another_thread_may_make_frames_meanwhile) {
  if (RONDO_SANITIZED) GTEST_SKIP() << "a sanitizer's allocator may be locked in the child";
  std::atomic<bool> stop = false;
  std::thread busy([&] {
    while (!stop) {
      rondo::run([]() -> rondo::task<> {
        std::vector<rondo::task<>> many;
        for (int i = 0; i < 300; ++i)
          many.push_back([]() -> rondo::task<> { co_await rondo::sleep(0s); }());
        co_await rondo::gather(many);
      });
    }
  });
  for (int i = 0; i < 100 && !testing::Test::HasFailure(); ++i) {
    EXPECT_EQ(in_child([] {
                return rondo::run([]() -> rondo::task<int> {
                  std::vector<rondo::task<>> many;
                  for (int n = 0; n < 300; ++n)
                    many.push_back([]() -> rondo::task<> { co_await rondo::sleep(0s); }());
                  co_await rondo::gather(many);
                  co_return 8;
                });
              }),
              "exit 8");
  }
  stop = true;
  busy.join();
}

TEST(fork, another_thread_may_write_reports_meanwhile) {
  NEEDS_THREADS_IN_CHILD();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    char bytes[65536];
    while (::read(ends[0], bytes, sizeof bytes) > 0) continue;
  });
  {
    rondo::detail::line_writer out(ends[1]);
    std::thread busy([&] {
      while (!stop) out.write("from the parent\n");
    });
    for (int i = 0; i < 200 && !testing::Test::HasFailure(); ++i)
      EXPECT_EQ(in_child([&] {
                  out.write("from the child\n");
                  return out.flush(10s) ? 0 : 1;
                }),
                "exit 0");
    stop = true;
    busy.join();
  }
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
}

TEST(fork, what_the_parent_has_not_written_yet_is_not_the_childs) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  {
    rondo::detail::line_writer out(ends[1]);
    std::string line(1023, 'x');
    for (int i = 0; i < 200; ++i) out.write(line + "\n");
    EXPECT_TRUE(out.behind());
    EXPECT_EQ(in_child([&] { return out.behind() ? 1 : 0; }), "exit 0");
    std::string all;
    char bytes[65536];
    while (all.size() < 200 * 1024) {
      ssize_t n = ::read(ends[0], bytes, sizeof bytes);
      ASSERT_GT(n, 0);
      all.append(bytes, static_cast<std::size_t>(n));
    }
    EXPECT_TRUE(out.flush(60s));
  }
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
