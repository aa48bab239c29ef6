// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// I/O where the system gives no thread: what needs one says so, the rest works.
#include <sys/syscall.h>
#include <cerrno>
#include <system_error>

#include <gtest/gtest.h>
#include <rondo/io.hpp>

#include "support/folder.hpp"
#include "support/run.hpp"
#include "support/seccomp.hpp"

namespace {

template <class Operation>
rondo::task<> say_failure(const char* name, Operation operation) {
  try {
    co_await std::move(operation);
    test::say(std::string(name) + " works\n");
  } catch (const std::system_error& e) {
    test::say(std::string(name) + ": " + e.code().message() + "\n");
  }
}

rondo::task<> echo_once() {
  auto answer = [](rondo::stream s) -> rondo::task<> { co_await s.write("!"); };
  auto server = co_await rondo::start_server(answer, "localhost", 0);
  auto s = co_await rondo::open_connection("localhost", server.port());
  std::string got = co_await s.read();
  if (got != "!") test::say("no answer\n");
}

rondo::task<> list(std::string path) {
  auto entries = rondo::list_directory(std::move(path));
  while (auto e = co_await entries.next()) {
  }
}

RONDO_CHILD(io_without_threads) {
  test::folder dir;
  test::run([&]() -> rondo::task<> {
    for (int number : {SYS_clone3, SYS_clone})
      test::install_filter(number, test::fail_with(EAGAIN));
    for (int i = 0; i < 2; ++i) {
      co_await say_failure("resolve", rondo::resolve("localhost", 80));
      co_await say_failure("streams", echo_once());
      co_await say_failure("list", list(dir.path));
      co_await say_failure("remove_tree", rondo::remove_tree(dir.path));
    }
    co_await say_failure("write_text", rondo::write_text(dir / "text", "a text"));
    test::say(std::to_string(dir.entries()) + " files\n");
  });
  ::_exit(0);  // a sanitizer would look for leaks on a thread
}
TEST(no_threads, io_goes_on) {
  test::child c("io_without_threads");
  std::string status = c.wait();
  SKIP_WITHOUT_SECCOMP(status);
  EXPECT_EQ(status, "exit 0");
  const std::string unavailable = ": Resource temporarily unavailable\n";
  std::string each =
      "resolve works\nstreams works\nlist" + unavailable + "remove_tree" + unavailable;
  EXPECT_EQ(c.output(), each + each + "write_text" + unavailable + "0 files\n");
}

}  // namespace
