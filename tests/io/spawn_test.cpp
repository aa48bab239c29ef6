// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/detail/spawn.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <rondo/coro/errors.hpp>

namespace {

using rondo::detail::spawn;
using rondo::detail::spawn_request;

/// Runs a shell command whose output is a pipe; extra: further fds.
std::string output_of(std::string command, std::vector<spawn_request::fd_mapping> extra = {}) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
  spawn_request request;
  request.argv = {"sh", "-c", std::move(command)};
  request.fds = std::move(extra);
  request.fds.push_back({1, ends[1]});
  auto child = spawn(request);
  ::close(ends[1]);
  std::string text;
  char c;
  while (::read(ends[0], &c, 1) == 1) text += c;
  ::close(ends[0]);
  siginfo_t info{};
  EXPECT_EQ(::waitid(P_PIDFD, static_cast<id_t>(child.pidfd), &info, WEXITED), 0);
  EXPECT_EQ(info.si_pid, child.pid);
  ::close(child.pidfd);
  return text;
}

/// Lists the shell's fds; the one that lists them is closed again.
constexpr const char* list_fds =
    "for f in /proc/$$/fd/*; do [ -e $f ] && printf '%s ' ${f##*/}; done";

struct numbered_pipe {
  int ends[2];
  explicit numbered_pipe(const char* text) {
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    EXPECT_EQ(::write(ends[1], text, std::char_traits<char>::length(text)),
              static_cast<ssize_t>(std::char_traits<char>::length(text)));
    ::close(ends[1]);
  }
  numbered_pipe(const numbered_pipe&) = delete;
  ~numbered_pipe() { ::close(ends[0]); }
  int fd() const { return ends[0]; }
};

TEST(spawn, fds_arrive_where_they_are_wanted_though_their_numbers_overlap) {
  numbered_pipe a("a\n");
  numbered_pipe b("b\n");
  // Each stands where the other one has to go.
  std::string text = output_of(
      "cat /proc/$$/fd/" + std::to_string(a.fd()) + "; cat /proc/$$/fd/" + std::to_string(b.fd()),
      {{a.fd(), b.fd()}, {b.fd(), a.fd()}});
  EXPECT_EQ(text, "b\na\n");
}

TEST(spawn, an_fd_keeps_its_number_and_those_between_are_closed) {
  numbered_pipe a("a\n");
  int leaky = ::open("/dev/null", O_RDONLY);
  std::string text = output_of(std::string("cat <&9; ") + list_fds, {{9, a.fd()}});
  EXPECT_EQ(text, "a\n0 1 2 9 ");
  numbered_pipe b("b\n");
  EXPECT_EQ(output_of("cat /proc/$$/fd/" + std::to_string(b.fd()), {{b.fd(), b.fd()}}), "b\n");
  ::close(leaky);
}

TEST(spawn, one_fd_in_two_places) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  spawn_request request;
  request.argv = {"sh", "-c", "echo out; echo err >&2"};
  request.fds = {{1, ends[1]}, {2, ends[1]}};
  auto child = spawn(request);
  ::close(ends[1]);
  char text[20] = {};
  EXPECT_EQ(waitpid(child.pid, nullptr, 0), child.pid);
  EXPECT_EQ(::read(ends[0], text, sizeof text - 1), 8);
  EXPECT_STREQ(text, "out\nerr\n");
  ::close(child.pidfd);
  ::close(ends[0]);
}

TEST(spawn, a_relative_program_is_looked_for_in_the_childs_directory) {
  spawn_request request;
  request.argv = {"./true"};
  request.cwd = "/bin";
  auto child = spawn(request);
  int status = -1;
  EXPECT_EQ(waitpid(child.pid, &status, 0), child.pid);
  EXPECT_EQ(status, 0);
  ::close(child.pidfd);
  request.argv = {"true"};
  request.environment = std::vector<std::string>{"PATH=/nosuch::/nosuch"};  // "": the directory
  child = spawn(request);
  EXPECT_EQ(waitpid(child.pid, &status, 0), child.pid);
  EXPECT_EQ(status, 0);
  ::close(child.pidfd);
}

TEST(spawn, a_script_without_its_interpreter) {
  std::string path = "/tmp/rondo-test-script." + std::to_string(::getpid());
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(::write(fd, "#!/nosuch/sh\n", 13), 13);
  ::close(fd);
  spawn_request request;
  request.argv = {path};
  try {
    spawn(request);
    ADD_FAILURE() << "no error";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.what(), "start " + path + ": its interpreter: No such file or directory");
  }
  ::unlink(path.c_str());
}

TEST(spawn, misuse) {
  spawn_request request;
  EXPECT_THROW(spawn(request), rondo::usage_error);
  request.argv = {"ls", std::string("a\0b", 3)};
  EXPECT_THROW(spawn(request), rondo::usage_error);
  request.argv = {"ls"};
  request.environment = std::vector<std::string>{std::string("a=\0", 3)};
  EXPECT_THROW(spawn(request), rondo::usage_error);
}

TEST(spawn, from_many_threads) {
  std::vector<std::thread> all;
  for (int t = 0; t < 4; ++t) {
    all.emplace_back([t] {
      for (int i = 0; i < 25; ++i) {
        std::string word = std::to_string(t * 100 + i);
        EXPECT_EQ(output_of("echo " + word + "; " + list_fds), word + "\n0 1 2 ");
      }
    });
  }
  for (std::thread& t : all) t.join();
}

}  // namespace
