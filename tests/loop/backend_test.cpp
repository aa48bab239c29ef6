// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The choice of the backend, also where a sandbox forbids io_uring.
#include <cerrno>
#include <cstring>
#include <system_error>

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <rondo/rondo.hpp>

#include "support/child.hpp"
#include "support/seccomp.hpp"

using namespace std::chrono_literals;

namespace {

using kind = rondo::backend_kind;

/// What a run without options stands on.
kind backend_of_run() {
  return rondo::run([]() -> rondo::task<kind> {
    co_await rondo::sleep(1us);
    co_await rondo::to_thread([] {});
    co_return rondo::loop::current().backend();
  });
}

void say_backend() {
  try {
    test::say(std::string("backend ") + rondo::to_string(backend_of_run()) + "\n");
  } catch (const std::system_error& e) {
    test::say("error " + std::to_string(e.code().value()) + ": " + e.what() + "\n");
  }
}

RONDO_CHILD(backend_default) {
  say_backend();
  return 0;
}

TEST(backend, is_what_the_environment_says) {
  for (const char* name : {"uring", "epoll", "sim"}) {
    test::child c("backend_default", {std::string("RONDO_BACKEND=") + name});
    EXPECT_EQ(c.wait(), "exit 0");
    EXPECT_EQ(c.output(), std::string("backend ") + name + "\n");
  }
}

TEST(backend, of_the_options_comes_before_the_environment) {
  kind got = rondo::run([]() -> rondo::task<kind> { co_return rondo::loop::current().backend(); },
                        {.backend = kind::sim});
  EXPECT_EQ(got, kind::sim);
}

TEST(backend, that_does_not_exist_is_an_error_that_names_it) {
  test::child c("backend_default", {"RONDO_BACKEND=kqueue"});
  EXPECT_EQ(c.wait(), "exit 0");
  for (const char* part : {"RONDO_BACKEND=kqueue", "no such backend", "uring, epoll, sim"})
    EXPECT_NE(c.output().find(part), std::string::npos) << c.output();
}

TEST(backend, an_empty_variable_is_as_good_as_none) {
  test::child none("backend_default", {"RONDO_BACKEND="});
  EXPECT_EQ(none.wait(), "exit 0");
  EXPECT_EQ(none.output().rfind("backend ", 0), 0u) << none.output();
}

// --- sandboxes

using test::fail_with;
using test::install_filter;

RONDO_CHILD(backend_setup_eperm) {
  install_filter(SYS_io_uring_setup, fail_with(EPERM));
  say_backend();
  return 0;
}
RONDO_CHILD(backend_setup_enosys) {
  install_filter(SYS_io_uring_setup, fail_with(ENOSYS));
  say_backend();
  return 0;
}
RONDO_CHILD(backend_setup_enomem) {
  install_filter(SYS_io_uring_setup, fail_with(ENOMEM));
  say_backend();
  return 0;
}
RONDO_CHILD(backend_enter_eperm) {
  install_filter(SYS_io_uring_enter, fail_with(EPERM));
  say_backend();
  return 0;
}
RONDO_CHILD(backend_register_eperm) {
  install_filter(SYS_io_uring_register, fail_with(EPERM));
  say_backend();
  return 0;
}
RONDO_CHILD(backend_uring_kills) {
  for (int number : {SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register})
    install_filter(number, SECCOMP_RET_KILL_PROCESS);
  say_backend();
  return 0;
}

void expect_fallback(const char* child) {
  test::child c(child, {"RONDO_BACKEND="});
  std::string end = c.wait();
  SKIP_WITHOUT_SECCOMP(end);
  EXPECT_EQ(end, "exit 0");
  // The whole output: the fallback is silent.
  EXPECT_EQ(c.output(), "backend epoll\n");
}

TEST(fallback, ring_forbidden) { expect_fallback("backend_setup_eperm"); }
TEST(fallback, ring_unknown) { expect_fallback("backend_setup_enosys"); }
TEST(fallback, no_memory_for_a_ring) { expect_fallback("backend_setup_enomem"); }
TEST(fallback, a_ring_can_be_made_but_not_entered) { expect_fallback("backend_enter_eperm"); }

TEST(fallback, a_ring_that_cannot_be_registered_is_used_as_it_is) {
  test::child plain("backend_default", {"RONDO_BACKEND="});
  plain.wait();
  test::child c("backend_register_eperm", {"RONDO_BACKEND="});
  std::string end = c.wait();
  SKIP_WITHOUT_SECCOMP(end);
  EXPECT_EQ(end, "exit 0");
  EXPECT_EQ(c.output(), plain.output());
}

TEST(fallback, asked_for_uring_there_is_none_but_a_clear_error) {
  for (const char* name : {"backend_setup_eperm", "backend_enter_eperm"}) {
    test::child c(name, {"RONDO_BACKEND=uring"});
    std::string end = c.wait();
    SKIP_WITHOUT_SECCOMP(end);
    EXPECT_EQ(end, "exit 0");
    EXPECT_EQ(c.output(), "error 1: io_uring cannot be used here: Operation not permitted\n");
  }
}

TEST(fallback, epoll_by_the_environment_makes_no_ring_call_at_all) {
  test::child c("backend_uring_kills", {"RONDO_BACKEND=epoll"});
  std::string end = c.wait();
  SKIP_WITHOUT_SECCOMP(end);
  EXPECT_EQ(end, "exit 0");
  EXPECT_EQ(c.output(), "backend epoll\n");
  // And the filter does kill: the same without the variable.
  test::child killed("backend_uring_kills", {"RONDO_BACKEND="});
  EXPECT_EQ(killed.wait(), "signal " + std::to_string(SIGSYS));
}

}  // namespace
