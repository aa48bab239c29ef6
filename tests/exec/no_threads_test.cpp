// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The system gives no thread: an error that says so, and the loop goes on.
#include <cerrno>
#include <system_error>

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include "support/run.hpp"
#include "support/seccomp.hpp"

namespace {

void forbid_threads() {
  for (int number : {SYS_clone3, SYS_clone}) test::install_filter(number, test::fail_with(EAGAIN));
}

template <class Operation>
rondo::task<> say_failure(const char* name, Operation operation) {
  try {
    co_await std::move(operation);
    test::say(std::string(name) + " has a thread\n");
  } catch (const std::system_error& e) {
    test::say(std::string(name) + ": " + e.what() + "\n");
  }
}

RONDO_CHILD(no_threads) {
  bool ran = false;
  test::run([&]() -> rondo::task<> {
    forbid_threads();
    rondo::thread_pool pool({.threads = 2, .name = "mine"});
    auto work = [&] { ran = true; };
    for (int i = 0; i < 2; ++i) {
      co_await say_failure("to_thread", rondo::to_thread(work));
      co_await say_failure("abandoning", rondo::to_thread(rondo::abandon_on_cancel, [] {}));
      co_await say_failure("run", pool.run(work));
      co_await say_failure("submit", pool.submit(work));
    }
    if (pool.queued() + pool.waiting() + pool.running() > 0) test::say("something is left\n");
    co_await rondo::sleep(std::chrono::microseconds(1));
  });
  test::say(ran ? "it ran\n" : "the loop went on\n");
  ::_exit(0);  // a sanitizer would look for leaks on a thread
}
TEST(no_threads, is_an_error_of_who_needs_one) {
  test::child c("no_threads");
  std::string status = c.wait();
  SKIP_WITHOUT_SECCOMP(status);
  EXPECT_EQ(status, "exit 0");
  std::string each =
      "to_thread: start a thread of to_thread: Resource temporarily unavailable\n"
      "abandoning: start a thread of to_thread: Resource temporarily unavailable\n"
      "run: start a thread of mine: Resource temporarily unavailable\n"
      "submit: start a thread of mine: Resource temporarily unavailable\n";
  EXPECT_EQ(c.output(), each + each + "the loop went on\n");
}

// Some threads are there already: calls wait for those.
RONDO_CHILD(no_more_threads) {
  int done = 0;
  test::run([&]() -> rondo::task<> {
    co_await rondo::to_thread([] {});
    forbid_threads();
    auto work = [] {};
    std::vector<rondo::detail::thread_operation<decltype(work)>> calls;
    for (int i = 0; i < 100; ++i) calls.push_back(rondo::to_thread(work));
    co_await rondo::gather(std::move(calls));
    done = 100;
  });
  test::say(std::to_string(done) + " calls\n");
  ::_exit(0);
}
TEST(no_threads, more_are_not_needed) {
  test::child c("no_more_threads");
  std::string status = c.wait();
  SKIP_WITHOUT_SECCOMP(status);
  EXPECT_EQ(status, "exit 0");
  EXPECT_EQ(c.output(), "100 calls\n");
}

}  // namespace
