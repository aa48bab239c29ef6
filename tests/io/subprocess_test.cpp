// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/run.hpp"

using namespace std::chrono_literals;
using rondo::redirect;

namespace {

std::size_t entries(const char* directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), {}));
}
std::size_t open_fds() { return entries("/proc/self/fd"); }
std::size_t threads() { return entries("/proc/self/task"); }

/// Whether this process has a child, running or a zombie.
bool has_child() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/// Whether pid is anything but gone or a zombie (of init's).
bool runs(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(stat, text)) return false;
  char state = text[text.rfind(')') + 2];
  return state != 'Z' && state != 'X';
}

/// Whether somewhere a `sleep` with this argument runs.
bool sleeps(const std::string& argument) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    std::string command;
    if (std::getline(file, command) && command == std::string("sleep\0", 6) + argument + '\0')
      return true;
  }
  return false;
}

rondo::task<> until_gone(int pid) {
  while (runs(pid)) co_await rondo::sleep(1ms);
}

/// Whether no `sleep` with this argument is left, soon: a process that was killed by
/// somebody's signal is seen for a moment longer.
bool sleep_ends(const std::string& argument) {
  for (int i = 0; i < 5000 && sleeps(argument); ++i) ::usleep(1000);
  return !sleeps(argument);
}

template <class T>
rondo::task<std::string> error_of(rondo::task<T> t) {
  try {
    static_cast<void>(co_await std::move(t));
  } catch (const std::exception& e) {
    co_return e.what();
  }
  co_return "no error";
}

/// Each test begins and ends without children and with the same fds, and with no
/// threads but those of to_thread.
class subprocess : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_FALSE(has_child());
    fds_ = open_fds();
    threads_ = threads();
  }
  void TearDown() override {
    EXPECT_FALSE(has_child()) << "a child, or a zombie, is left";
    EXPECT_EQ(open_fds(), fds_) << "an fd is left";
    EXPECT_LE(threads(), threads_ + std::min(32u, std::thread::hardware_concurrency() + 4));
  }

 private:
  std::size_t fds_ = 0;
  std::size_t threads_ = 0;
};

TEST_F(subprocess, says_how_it_ended) {
  test::run([]() -> rondo::task<> {
    auto yes = co_await rondo::create_subprocess_exec("true");
    auto no = co_await rondo::create_subprocess_exec("false");
    auto three = co_await rondo::create_subprocess_shell("exit 3");
    auto shot = co_await rondo::create_subprocess_shell("kill -KILL $$");
    EXPECT_EQ(co_await yes.wait(), rondo::exit_status::exited(0));
    EXPECT_TRUE(yes.status()->success());
    rondo::exit_status status = co_await no.wait();
    EXPECT_EQ(status.returncode(), 1);
    EXPECT_FALSE(status.success());
    status = co_await three.wait();
    EXPECT_EQ(status.code(), 3);
    EXPECT_EQ(status.describe(), "exited with 3");
    status = co_await shot.wait();
    EXPECT_EQ(status, rondo::exit_status::killed(SIGKILL));
    EXPECT_EQ(status.returncode(), -9);
    EXPECT_EQ(status.code(), 0);
    EXPECT_EQ(status.signal(), 9);
    EXPECT_FALSE(status.success());
    EXPECT_EQ(status.describe(), "killed by SIGKILL");
    EXPECT_EQ(co_await shot.wait(), status) << "waiting again gives the same";
  });
}

TEST(exit_status, describes_signals_without_a_name) {
  EXPECT_EQ(rondo::exit_status::killed(SIGRTMIN + 1).describe(),
            "killed by signal " + std::to_string(SIGRTMIN + 1));
}

TEST_F(subprocess, streams_output_line_by_line) {
  test::run([]() -> rondo::task<> {
    // The child waits for an answer after each line: they do not come in one piece.
    auto p = co_await rondo::create_subprocess_shell(
        {.in = redirect::pipe, .out = redirect::pipe},
        "for i in 1 2 3; do echo line $i; read answer; echo got $answer; done");
    test::lines got;
    auto lines = p.out().lines();
    for (int i = 1; i <= 3; ++i) {
      auto line = co_await lines.next();
      got.push_back(line.value_or("?"));
      co_await p.in().write("answer" + std::to_string(i) + "\n");
      line = co_await lines.next();
      got.push_back(line.value_or("?"));
    }
    auto end = co_await lines.next();
    EXPECT_FALSE(end.has_value());
    EXPECT_EQ(got, (test::lines{"line 1", "got answer1", "line 2", "got answer2", "line 3",
                                "got answer3"}));
    rondo::exit_status status = co_await p.wait();
    EXPECT_TRUE(status.success());
  });
}

TEST_F(subprocess, communicates_ten_megabytes_both_ways) {
  test::run([]() -> rondo::task<> {
    std::string sent(10'000'000, ' ');
    for (std::size_t i = 0; i < sent.size(); ++i)
      sent[i] = static_cast<char>(i * 2654435761u >> 13);
    auto p = co_await rondo::create_subprocess_shell(
        {.in = redirect::pipe, .out = redirect::pipe, .err = redirect::pipe}, "tee /dev/stderr");
    auto [output, errors] = co_await p.communicate(sent);
    EXPECT_TRUE(output == sent) << output.size();
    EXPECT_TRUE(errors == sent) << errors.size();
    EXPECT_TRUE(p.status()->success());
  });
}

TEST_F(subprocess, has_the_directory_and_environment_that_are_wanted) {
  test::run([]() -> rondo::task<> {
    rondo::environment env;
    env.set("RONDO_WORD", "first").set("RONDO_WORD", "=x y").set("RONDO_WORDS", "z").unset("HOME");
    EXPECT_EQ(env.get("RONDO_WORD"), "=x y");
    EXPECT_EQ(env.get("RONDO_WOR"), std::nullopt);
    auto r = co_await rondo::run_process({.cwd = "/proc/self", .env = &env}, "sh", "-c",
                                         "echo \"$RONDO_WORD,$RONDO_WORDS,${HOME-none}\"; pwd");
    EXPECT_EQ(r.output.substr(0, r.output.find('\n')), "=x y,z,none");
    EXPECT_TRUE(r.output.find("/proc/") != r.output.npos) << r.output;

    auto bare = rondo::environment::empty().set("ONLY", "this");
    r = co_await rondo::run_process({.env = &bare}, "env");
    EXPECT_EQ(r.output, "ONLY=this\n");

    // A program is looked up in the child's PATH.
    bare.set("PATH", "/nosuch:/etc");
    std::string error = co_await error_of(rondo::run_process({.env = &bare}, "env"));
    EXPECT_EQ(error, "start env: No such file or directory");
    error = co_await error_of(rondo::run_process({.env = &bare}, "passwd"));
    EXPECT_EQ(error, "start passwd: Permission denied");
    EXPECT_THROW(env.set("", "x"), rondo::usage_error);
    EXPECT_THROW(env.set("a=b", "x"), rondo::usage_error);
  });
}

TEST_F(subprocess, passes_arguments_as_they_are) {
  test::run([]() -> rondo::task<> {
    std::vector<std::string> more{"$HOME", "*", ""};
    std::filesystem::path path = "/a b";
    auto r =
        co_await rondo::run_process("printf", "[%s]", "a b", "", more, path, std::string("'\n"));
    EXPECT_EQ(r.output, "[a b][][$HOME][*][][/a b]['\n]");
  });
}

TEST_F(subprocess, redirects) {
  test::run([]() -> rondo::task<> {
    auto r = co_await rondo::run_process({.err = redirect::to_out}, "sh", "-c",
                                         "echo out; echo err >&2; cat");
    EXPECT_EQ(r.output, "out\nerr\n") << "and the input is empty";
    EXPECT_EQ(r.errors, "");

    r = co_await rondo::run_process({.out = redirect::null}, "sh", "-c", "echo out; echo err >&2");
    EXPECT_EQ(r.output, "");
    EXPECT_EQ(r.errors, "err\n");

    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    auto p = co_await rondo::create_subprocess_shell(
        {.in = redirect::null, .out = redirect::to(ends[1]), .err = redirect::to(ends[1])},
        "echo one; echo two >&2");
    ::close(ends[1]);
    auto from = rondo::stream_from_fd(ends[0], "pipe");
    EXPECT_EQ(co_await from.read_all(100), "one\ntwo\n");
    co_await p.wait();
    EXPECT_THROW(p.out(), rondo::usage_error);
    EXPECT_THROW(p.in(), rondo::usage_error);
  });
}

TEST_F(subprocess, a_child_has_no_fd_but_its_own) {
  test::run([]() -> rondo::task<> {
    int leaky = ::open("/dev/null", O_RDONLY);  // no O_CLOEXEC, as some libraries do
    // The shell's own: the fd that lists them is closed again.
    auto r = co_await rondo::run_process(
        "sh", "-c", "for f in /proc/$$/fd/*; do [ -e $f ] && printf '%s ' ${f##*/}; done");
    EXPECT_EQ(r.output, "0 1 2 ");
    ::close(leaky);
  });
}

TEST_F(subprocess, a_child_has_default_signals) {
  test::run([]() -> rondo::task<> {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    auto* old = std::signal(SIGPIPE, SIG_IGN);
    auto r = co_await rondo::run_process("grep", "^Sig[BIC]", "/proc/self/status");
    std::signal(SIGPIPE, old);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    EXPECT_TRUE(r.output.find("SigBlk:\t0000000000000000") != r.output.npos) << r.output;
    auto ignored = std::stoull(r.output.substr(r.output.find("SigIgn:") + 8), nullptr, 16);
    EXPECT_EQ(ignored >> (SIGPIPE - 1) & 1, 0u) << r.output;
    // yes ends quietly when head closes the pipe, which needs SIGPIPE.
    r = co_await rondo::run_process("sh", "-c", "yes | head -n 2");
    EXPECT_EQ(r.output, "y\ny\n");
    EXPECT_EQ(r.errors, "");
  });
}

TEST_F(subprocess, errors_of_starting) {
  test::run([]() -> rondo::task<> {
    auto started = [](rondo::subprocess_options o, std::string name) -> rondo::task<std::string> {
      co_return co_await error_of(rondo::create_subprocess_exec(o, name));
    };
    EXPECT_EQ(co_await started({}, "nosuch"), "start nosuch: No such file or directory");
    EXPECT_EQ(co_await started({}, "/nosuch/program"),
              "start /nosuch/program: No such file or directory");
    EXPECT_EQ(co_await started({}, "/etc/passwd"), "start /etc/passwd: Permission denied");
    EXPECT_EQ(co_await started({}, "/etc"), "start /etc: Permission denied");
    EXPECT_EQ(co_await started({.cwd = "/nosuch"}, "ls"),
              "start ls in /nosuch: No such file or directory");
    EXPECT_EQ(co_await started({.cwd = "/etc/passwd"}, "ls"),
              "start ls in /etc/passwd: Not a directory");
    EXPECT_EQ(co_await started({}, ""), "process: the name of the program is empty");
    std::string nul = co_await started({}, std::string("l\0s", 3));
    EXPECT_EQ(nul, "process: a NUL within an argument, a variable or the directory");
    EXPECT_EQ(co_await started({.out = redirect::to_out}, "ls"),
              "process ls: only errors can go to_out");
    EXPECT_EQ(co_await started({.in = redirect::pipe, .input = "x"}, "cat"),
              "process cat: input is for run_process; else use redirect::pipe and communicate");
    EXPECT_EQ(co_await started({.in = redirect::to(999)}, "cat"), "start cat: Bad file descriptor");
    std::string twice =
        co_await error_of(rondo::run_process({.in = redirect::null, .input = "x"}, "cat"));
    EXPECT_EQ(twice.substr(0, 22), "process cat: input is ");
    rondo::process none;
    EXPECT_FALSE(none);
    EXPECT_THROW(none.kill(), rondo::usage_error);
    EXPECT_THROW(none.pid(), rondo::usage_error);
    try {
      co_await none.wait();
      ADD_FAILURE() << "waited for nothing";
    } catch (const rondo::usage_error& e) {
      EXPECT_STREQ(e.what(), "process::wait: there is no process");
    }
  });
}

TEST_F(subprocess, too_many_open_files_is_a_clear_error_that_leaks_nothing) {
  test::run([]() -> rondo::task<> {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    rlimit small = limit;
    int succeeded = 0;
    // From no room at all to enough: each place where an fd is made fails once.
    for (rlim_t room = 0; succeeded == 0 && room < 40; ++room) {
      std::size_t before = open_fds();
      int highest = ::dup(0);
      ::close(highest);
      small.rlim_cur = static_cast<rlim_t>(highest) + room;
      setrlimit(RLIMIT_NOFILE, &small);
      std::string error = "none";
      std::string mark = "/tmp/rondo-test-" + std::to_string(::getpid());
      try {
        auto p = co_await rondo::create_subprocess_exec(
            {.in = redirect::pipe, .out = redirect::pipe, .err = redirect::pipe, .cwd = "/"},
            "touch", mark);
        ++succeeded;
        co_await p.wait();
      } catch (const std::system_error& e) {
        error = e.what();
      }
      setrlimit(RLIMIT_NOFILE, &limit);
      bool ran = ::unlink(mark.c_str()) == 0;
      if (succeeded) {
        EXPECT_TRUE(ran);
        EXPECT_GT(room, 5u) << "the limit has limited nothing";
      } else {
        EXPECT_FALSE(ran) << "it ran in spite of: " << error;
        EXPECT_TRUE(error == "start touch: Too many open files" ||
                    error == "start touch in /: Too many open files")
            << error;
      }
      EXPECT_EQ(open_fds(), before) << "with room for " << room;
    }
    EXPECT_EQ(succeeded, 1);
  });
}

TEST_F(subprocess, a_child_that_does_not_read_its_input_is_no_error) {
  test::run([]() -> rondo::task<> {
    std::string much(1'000'000, 'x');
    auto r = co_await rondo::run_process({.input = much}, "head", "-c", "3");
    EXPECT_EQ(r.output, "xxx");
    auto p = co_await rondo::create_subprocess_exec({.in = redirect::pipe}, "true");
    co_await p.wait();
    try {
      co_await p.in().write(much);
      ADD_FAILURE() << "written to nobody";
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), std::errc::broken_pipe);
      EXPECT_STREQ(e.what(), "write to stdin of true: Broken pipe");
    }
  });
}

TEST_F(subprocess, output_over_the_limit_is_an_error_that_ends_it) {
  test::run([]() -> rondo::task<> {
    std::string error = co_await error_of(rondo::run_process({.output_limit = 1000}, "yes"));
    EXPECT_EQ(error, "run yes: read from stdout of yes: more than 1000 bytes");
    EXPECT_FALSE(has_child()) << "it has been waited for";
    auto r = co_await rondo::run_process({.output_limit = 4}, "printf", "1234");
    EXPECT_EQ(r.output, "1234");
  });
}

TEST_F(subprocess, the_error_of_too_much_output_has_what_came_and_names_the_command) {
  test::run([]() -> rondo::task<> {
    try {
      auto r = co_await rondo::run_process({.output_limit = 1000}, "sh", "-c",
                                           "echo why >&2; sleep 0.01; exec yes it\\'s");
      ADD_FAILURE() << r.output.size() << " bytes";
    } catch (const rondo::output_limit_error& e) {
      EXPECT_STREQ(e.what(),
                   "run sh -c 'echo why >&2; sleep 0.01; exec yes it\\'\\''s': "
                   "read from stdout of sh: more than 1000 bytes");
      EXPECT_EQ(e.output().size(), 1000u);
      EXPECT_TRUE(e.output().starts_with("it's\n"));
      EXPECT_EQ(e.errors(), "why\n");
    }
    EXPECT_FALSE(has_child()) << "it has been waited for";
  });
}

TEST_F(subprocess, of_too_much_output_the_beginning_or_the_end_can_be_kept) {
  test::run([]() -> rondo::task<> {
    for (int size : {0, 1, 9, 10, 11, 100, 200'000}) {
      std::string all;
      for (int i = 0; static_cast<int>(all.size()) < size; ++i) all += std::to_string(i) + ",";
      all.resize(static_cast<std::size_t>(size));
      auto first = co_await rondo::run_process(
          {.input = all, .output_limit = 10, .on_limit = rondo::when_over_limit::keep_first},
          "cat");
      EXPECT_EQ(first.output, all.substr(0, 10));
      EXPECT_EQ(first.truncated, size > 10) << size;
      EXPECT_TRUE(first.status.success());
      auto last = co_await rondo::run_process(
          {.input = all, .output_limit = 10, .on_limit = rondo::when_over_limit::keep_last}, "cat");
      EXPECT_EQ(last.output, size > 10 ? all.substr(all.size() - 10) : all);
      EXPECT_EQ(last.truncated, size > 10) << size;
    }
  });
}

TEST_F(subprocess, a_timeout_gives_what_was_written) {
  test::run([]() -> rondo::task<> {
    auto r = co_await rondo::run_process({.timeout = 300ms}, "sh", "-c",
                                         "echo out; echo err >&2; trap 'echo bye; exit 3' TERM; "
                                         "while :; do sleep 0.01; done");
    EXPECT_TRUE(r.timed_out);
    EXPECT_EQ(r.output, "out\nbye\n");
    EXPECT_EQ(r.errors, "err\n");
    EXPECT_EQ(r.status.code(), 3);
    EXPECT_FALSE(has_child());
    r = co_await rondo::run_process({.timeout = 100ms}, "sleep", "1000");
    try {
      r.check();
      ADD_FAILURE() << "no error";
    } catch (const rondo::called_process_error& e) {
      EXPECT_STREQ(e.what(), "run sleep 1000: not done within its timeout, killed by SIGTERM");
    }
    r = co_await rondo::run_process({.timeout = 1000s}, "echo", "done");
    EXPECT_FALSE(r.timed_out);
    EXPECT_EQ(r.output, "done\n");
  });
}

// It does not end when told, writes without an end, and a grandchild has its pipes.
TEST_F(subprocess, a_timeout_of_what_does_not_want_to_end) {
  test::run([]() -> rondo::task<> {
    auto r = co_await rondo::run_process({.new_process_group = true,
                                          .grace = 50ms,
                                          .output_limit = 1000,
                                          .on_limit = rondo::when_over_limit::keep_first,
                                          .timeout = 100ms},
                                         "sh", "-c", "trap '' TERM; sleep 9753 & exec yes");
    EXPECT_TRUE(r.timed_out);
    EXPECT_EQ(r.status.signal(), SIGKILL);
    EXPECT_EQ(r.output.size(), 1000u);
    EXPECT_TRUE(sleep_ends("9753")) << "the group lives on";
  });
}

TEST_F(subprocess, cancelled_in_its_timeout_it_ends_all_the_same) {
  test::run([]() -> rondo::task<> {
    for (auto moment : {0ms, 5ms, 20ms, 40ms}) {
      auto r =
          co_await rondo::move_on_after(rondo::run_process({.grace = 10ms, .timeout = 20ms}, "sh",
                                                           "-c", "trap '' TERM; exec sleep 9754"),
                                        moment);
      EXPECT_TRUE(!r || r->timed_out);
      EXPECT_FALSE(has_child());
    }
  });
}

TEST_F(subprocess, braces_mean_no_options) {
  test::run([]() -> rondo::task<> {
    auto r = co_await rondo::run_process({}, "echo", "hi");
    EXPECT_EQ(r.output, "hi\n");
    auto p = co_await rondo::create_subprocess_exec({}, "true");
    EXPECT_TRUE((co_await p.wait()).success());
    auto shell = co_await rondo::create_subprocess_shell({}, "exit 7");
    EXPECT_EQ((co_await shell.wait()).code(), 7);
    std::string name = "echo";
    std::vector<std::string> arguments = {"a", "b"};
    r = co_await rondo::run_process(name, arguments);
    EXPECT_EQ(r.output, "a b\n");
    r = co_await rondo::run_process(std::string_view(name), "c");
    EXPECT_EQ(r.output, "c\n");
    EXPECT_EQ(co_await error_of(rondo::run_process("")),
              "process: the name of the program is empty");
    EXPECT_EQ(co_await error_of(rondo::run_process({}, "", "x")),
              "process: the name of the program is empty");
  });
}

// The program does not react to the first Ctrl-C; the second ends it, and what it leads.
TEST_F(subprocess, a_second_interrupt_kills_the_groups) {
  constexpr const char* variable = "RONDO_TEST_SECOND_INTERRUPT";
  if (const char* fd = std::getenv(variable)) {
    int told = std::atoi(fd);
    std::signal(SIGINT, SIG_DFL);
    rondo::run([&]() -> rondo::task<> {
      auto led = co_await rondo::create_subprocess_exec(
          {.new_process_group = true}, "sh", "-c", "trap '' TERM INT; sleep 9755 & sleep 9755");
      while (!sleeps("9755")) co_await rondo::sleep(1ms);
      EXPECT_EQ(::write(told, "r", 1), 1);
      auto stubborn = [&]() -> rondo::task<> {
        EXPECT_EQ(::write(told, "c", 1), 1);
        co_await rondo::sleep(1000s);
      };
      auto waiting = []() -> rondo::task<> { co_await rondo::sleep(1000s); };
      co_await rondo::finally(waiting(), stubborn);
    });
    return;
  }
  int said[2];
  ASSERT_EQ(::pipe(said), 0);
  int pid = ::fork();
  if (pid == 0) {  // anew: a fork has no threads, but what waits for them
    ::setenv(variable, std::to_string(said[1]).c_str(), 1);
    ::execl("/proc/self/exe", "test_io",
            "--gtest_filter=subprocess.a_second_interrupt_kills_the_groups", nullptr);
    ::_exit(98);
  }
  ::close(said[1]);
  char told = 0;
  EXPECT_EQ(::read(said[0], &told, 1), 1);
  ::kill(pid, SIGINT);
  EXPECT_EQ(::read(said[0], &told, 1), 1);
  EXPECT_EQ(told, 'c');
  EXPECT_TRUE(sleeps("9755"));
  ::kill(pid, SIGINT);
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) << status;
  ::close(said[0]);
  EXPECT_TRUE(sleep_ends("9755")) << "it was left behind";
}

TEST_F(subprocess, check_says_what_failed) {
  test::run([]() -> rondo::task<> {
    auto r = co_await rondo::run_process("sh", "-c",
                                         "echo out; echo why >&2; echo 'that is why ' >&2; exit 2");
    try {
      r.check();
      ADD_FAILURE() << "no error";
    } catch (const rondo::called_process_error& e) {
      EXPECT_STREQ(e.what(), "sh: exited with 2: that is why");
      EXPECT_EQ(e.status().code(), 2);
      EXPECT_EQ(e.output(), "out\n");
      EXPECT_EQ(e.errors(), "why\nthat is why \n");
    }
    r = co_await rondo::run_process("true");
    EXPECT_EQ(&r.check(), &r);
    r = co_await rondo::run_process("false");
    EXPECT_THROW(r.check(), rondo::called_process_error);
  });
}

TEST_F(subprocess, signals) {
  test::run([]() -> rondo::task<> {
    auto p = co_await rondo::create_subprocess_shell(
        {.out = redirect::pipe}, "trap 'echo usr1' USR1; echo ready; while :; do sleep 0.01; done");
    EXPECT_EQ(co_await p.out().read_line(), "ready\n");
    p.send_signal(SIGUSR1);
    EXPECT_EQ(co_await p.out().read_line(), "usr1\n");
    EXPECT_FALSE(p.status().has_value());
    p.terminate();
    rondo::exit_status status = co_await p.wait();
    EXPECT_EQ(status.signal(), SIGTERM);
    p.terminate();  // it has ended: nothing happens
    p.kill();
    EXPECT_THROW(p.kill_group(), rondo::usage_error);
  });
}

TEST_F(subprocess, signals_to_a_zombie_do_nothing) {
  test::run([]() -> rondo::task<> {
    auto p = co_await rondo::create_subprocess_exec("true");
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(p.pid()), &info, WEXITED | WNOWAIT), 0);
    p.kill();
    rondo::exit_status status = co_await p.wait();
    EXPECT_TRUE(status.success());
  });
}

TEST_F(subprocess, several_tasks_wait) {
  test::run([]() -> rondo::task<> {
    auto p = co_await rondo::create_subprocess_exec({.in = redirect::pipe}, "cat");
    auto waiter = [&]() -> rondo::task<int> {
      rondo::exit_status status = co_await p.wait();
      co_return status.returncode();
    };
    auto one = rondo::create_task(waiter());
    auto two = rondo::create_task(waiter());
    auto cancelled = rondo::create_task(waiter());
    co_await test::turns(3);
    cancelled.cancel();
    co_await test::turns(3);
    EXPECT_TRUE(cancelled.cancelled()) << "cancelling a wait takes effect though the child runs";
    p.in().close();
    EXPECT_EQ(co_await one, 0);
    EXPECT_EQ(co_await two, 0);
  });
}

TEST_F(subprocess, stop_terminates_and_kills_what_ignores_that) {
  test::run([]() -> rondo::task<> {
    auto polite = co_await rondo::create_subprocess_exec("sleep", "1000");
    EXPECT_EQ((co_await polite.stop(1h)).signal(), SIGTERM);

    auto cleans = co_await rondo::create_subprocess_shell(
        {.out = redirect::pipe},
        "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.01; done");
    EXPECT_EQ(co_await cleans.out().read_line(), "ready\n");
    EXPECT_EQ((co_await cleans.stop(1h)).code(), 7);
    EXPECT_EQ(co_await cleans.out().read_line(), "bye\n");
    EXPECT_EQ((co_await cleans.stop()).code(), 7) << "it has ended already";

    auto stubborn = co_await rondo::create_subprocess_shell(
        {.out = redirect::pipe}, "trap '' TERM; echo ready; while :; do sleep 0.01; done");
    EXPECT_EQ(co_await stubborn.out().read_line(), "ready\n");
    auto began = std::chrono::steady_clock::now();
    EXPECT_EQ((co_await stubborn.stop(50ms)).signal(), SIGKILL);
    EXPECT_GE(std::chrono::steady_clock::now() - began, 50ms);

    auto paused = co_await rondo::create_subprocess_shell("kill -STOP $$; exit 1");
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(paused.pid()), &info, WSTOPPED), 0);
    EXPECT_EQ((co_await paused.stop(1h)).signal(), SIGTERM);
  });
}

/// A shell that writes the pids of the grandchildren it has started.
constexpr const char* family = "sleep 1000 & echo $!; sleep 1000 | sleep 1000 & echo $!; wait";

TEST_F(subprocess, a_process_group_ends_as_a_whole) {
  test::run([]() -> rondo::task<> {
    auto read_pids = [](rondo::process& p) -> rondo::task<std::vector<int>> {
      std::vector<int> pids;
      for (int i = 0; i < 2; ++i) {
        std::string line = co_await p.out().read_line();
        pids.push_back(std::stoi(line));
      }
      co_return pids;
    };
    rondo::subprocess_options group{.out = redirect::pipe, .new_process_group = true};
    for (int way = 0; way < 4; ++way) {
      std::vector<int> pids;
      {
        auto p = co_await rondo::create_subprocess_shell(group, family);
        EXPECT_EQ(::getpgid(p.pid()), p.pid());
        pids = co_await read_pids(p);
        EXPECT_TRUE(runs(pids[0]) && runs(pids[1]));
        if (way == 0) p.kill_group();
        if (way == 1) {
          rondo::exit_status status = co_await p.stop(1h);
          EXPECT_EQ(status.signal(), SIGTERM);
        }
        if (way == 2) {
          p.kill();  // the leader alone
          co_await p.wait();
          EXPECT_TRUE(runs(pids[0]) && runs(pids[1]));
          p.kill_group();
        }
      }  // way 3: destroyed
      for (int pid : pids) co_await until_gone(pid);
    }
    // The same without a group of its own: the grandchildren stay.
    int left = 0;
    {
      auto p = co_await rondo::create_subprocess_shell({.out = redirect::pipe},
                                                       "sleep 1000 & echo $!; wait");
      std::string line = co_await p.out().read_line();
      left = std::stoi(line);
      EXPECT_EQ((co_await p.stop()).signal(), SIGTERM);
    }
    EXPECT_TRUE(runs(left));
    ::kill(left, SIGKILL);
    co_await until_gone(left);
  });
}

TEST_F(subprocess, stop_kills_a_grandchild_that_ignores_termination) {
  test::run([]() -> rondo::task<> {
    auto p = co_await rondo::create_subprocess_shell(
        {.out = redirect::pipe, .new_process_group = true},
        "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.01; done' & wait");
    std::string line = co_await p.out().read_line();
    int grandchild = std::stoi(line);
    rondo::exit_status status = co_await p.stop(50ms);
    EXPECT_EQ(status.signal(), SIGTERM);
    co_await until_gone(grandchild);
  });
}

TEST_F(subprocess, a_cancelled_run_process_ends_its_child_and_waits_for_it) {
  test::run([]() -> rondo::task<> {
    int pid = 0;
    std::string file = "/tmp/rondo-test-pid." + std::to_string(::getpid());
    auto run_it = [&]() -> rondo::task<> {
      co_await rondo::run_process({.new_process_group = true}, "sh", "-c",
                                  "echo $$ > $0; sleep 1000 | sleep 1000", file);
    };
    auto running = rondo::create_task(run_it());
    while (pid == 0) {
      std::ifstream(file) >> pid;
      co_await rondo::sleep(1ms);
    }
    ::unlink(file.c_str());
    EXPECT_TRUE(runs(pid));
    running.cancel();
    co_await test::ended(running);
    EXPECT_TRUE(running.cancelled());
    EXPECT_FALSE(has_child()) << "the cancelled task has waited for its child";

    auto late = co_await rondo::move_on_after(rondo::run_process("sleep", "1000"), 20ms);
    EXPECT_FALSE(late.has_value());
    EXPECT_FALSE(has_child());
    bool timed_out = false;
    try {
      co_await rondo::wait_for(rondo::run_process({.grace = 20ms}, "sh", "-c",
                                                  "trap '' TERM; while :; do sleep 0.01; done"),
                               50ms);
    } catch (const rondo::timeout_error&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_FALSE(has_child());
  });
}

TEST_F(subprocess, run_process_ends_what_its_dead_child_has_left_in_the_group) {
  test::run([]() -> rondo::task<> {
    // The shell is gone; a grandchild holds the pipe open.
    std::string mine = "1000." + std::to_string(::getpid());
    auto run_it = [&]() -> rondo::task<> {
      co_await rondo::run_process({.new_process_group = true}, "sh", "-c", "sleep $0 &", mine);
    };
    auto running = rondo::create_task(run_it());
    while (!sleeps(mine)) co_await rondo::sleep(1ms);
    running.cancel();
    co_await test::ended(running);
    EXPECT_TRUE(running.cancelled());
    while (sleeps(mine)) co_await rondo::sleep(1ms);  // or the test runs for ever
  });
}

TEST_F(subprocess, started_by_a_cancelled_task_it_never_runs) {
  test::run([]() -> rondo::task<> {
    test::journal journal;
    auto starts = [&]() -> rondo::task<> {
      rondo::current_task().cancel();
      auto r = co_await rondo::run_process("true");
      journal.say("went on");
    };
    auto t = rondo::create_task(starts());
    co_await test::ended(t);
    EXPECT_TRUE(t.cancelled());
    EXPECT_EQ(journal.lines, test::lines{});
  });
}

TEST_F(subprocess, cancelled_while_it_starts) {
  test::run([]() -> rondo::task<> {
    int started = 0;
    for (int i = 0; i < 60; ++i) {
      auto starts = [&]() -> rondo::task<> {
        auto p = co_await rondo::create_subprocess_exec("sleep", "1000");
        ++started;
        co_await p.wait();
        ADD_FAILURE() << "the sleeper has ended";
      };
      auto starting = rondo::create_task(starts());
      co_await test::turns(i % 4);
      if (i % 3 == 0) co_await rondo::sleep(std::chrono::microseconds(i * 20));
      starting.cancel();
      co_await test::ended(starting);
      EXPECT_TRUE(starting.cancelled());
    }
    EXPECT_GT(started, 0) << "completion wins";
    // The same with run_process, which waits by itself.
    for (int i = 0; i < 60; ++i) {
      auto runs = []() -> rondo::task<> { co_await rondo::run_process("sleep", "1000"); };
      auto running = rondo::create_task(runs());
      co_await test::turns(i % 4);
      if (i % 3 == 0) co_await rondo::sleep(std::chrono::microseconds(i * 20));
      running.cancel();
      co_await test::ended(running);
      EXPECT_TRUE(running.cancelled());
    }
  });
}

TEST_F(subprocess, the_loop_goes_on_while_a_program_starts) {
  test::run([]() -> rondo::task<> {
    test::journal journal;
    auto starts = [&]() -> rondo::task<> {
      journal.say("begun");
      auto p = co_await rondo::create_subprocess_exec("true");
      journal.say("started");
      co_await p.wait();
    };
    auto starting = rondo::create_task(starts());
    co_await test::turns(1);
    EXPECT_EQ(journal.lines, test::lines{"begun"});
    co_await starting;
    EXPECT_EQ(journal.lines, (test::lines{"begun", "started"}));
  });
}

TEST_F(subprocess, a_cancelled_communicate_can_be_called_again) {
  test::run([]() -> rondo::task<> {
    auto p = co_await rondo::create_subprocess_shell(
        {.in = redirect::pipe, .out = redirect::pipe, .err = redirect::pipe},
        "echo early; echo error >&2; exec 2>&-; kill -STOP $$; echo late; cat");
    auto first = co_await rondo::move_on_after(p.communicate("input"), 50ms);
    EXPECT_FALSE(first.has_value());
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(p.pid()), &info, WSTOPPED), 0);
    p.send_signal(SIGCONT);
    auto [output, errors] = co_await p.communicate();
    EXPECT_EQ(output, "early\nlate\ninput");
    EXPECT_EQ(errors, "error\n");
    EXPECT_TRUE(p.status()->success());
    auto [nothing, none] = co_await p.communicate();
    EXPECT_EQ(nothing + none, "");
    std::string error = co_await error_of(p.communicate("x"));
    EXPECT_EQ(error,
              "process::in of /bin/sh: it is not redirect::pipe, or communicate has closed it");
  });
}

TEST_F(subprocess, destroyed_while_it_runs_it_is_killed_and_reaped) {
  test::run([]() -> rondo::task<> {
    {
      auto p = co_await rondo::create_subprocess_exec("sleep", "1000");
    }
    auto p = co_await rondo::create_subprocess_exec("sleep", "1000");
    p = co_await rondo::create_subprocess_exec("sleep", "1000");
    auto waits = [](rondo::process& q) -> rondo::task<int> {
      auto w = q.wait();
      rondo::exit_status status = co_await w;
      co_return status.signal();
    };
    auto waiter = rondo::create_task(waits(p));
    co_await test::turns(3);
    p = rondo::process();
    EXPECT_EQ(co_await waiter, SIGKILL) << "who waits is told";
  });  // run has waited
  EXPECT_FALSE(has_child());
}

TEST_F(subprocess, outlives_its_loop) {
  auto p = test::run([]() -> rondo::task<rondo::process> {
    co_return co_await rondo::create_subprocess_exec({.in = redirect::pipe}, "cat");
  });
  EXPECT_TRUE(runs(p.pid()));
}

TEST_F(subprocess, reaped_by_somebody_else) {
  test::run([]() -> rondo::task<> {
    auto p = co_await rondo::create_subprocess_exec("true");
    ::waitpid(p.pid(), nullptr, 0);
    try {
      co_await p.wait();
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "wait for true: No child processes");
    }
    p.kill();
    auto q = co_await rondo::create_subprocess_exec("true");
    auto other = co_await rondo::create_subprocess_exec("false");
    EXPECT_FALSE((co_await other.wait()).success()) << "others are left alone";
    co_await q.wait();
  });
}

TEST_F(subprocess, while_sigchld_is_ignored_there_is_no_status) {
  auto* before = std::signal(SIGCHLD, SIG_IGN);
  test::run([]() -> rondo::task<> {
    try {
      auto p = co_await rondo::create_subprocess_exec({.in = redirect::pipe}, "cat");
      p.in().close();
      co_await p.wait();
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "wait for cat: No child processes");
    }
    auto p = co_await rondo::create_subprocess_exec("sleep", "1000");
    EXPECT_FALSE(p.status().has_value());
  });
  std::signal(SIGCHLD, before);
}

TEST_F(subprocess, two_hundred_at_once_with_random_cancels_and_kills) {
  test::run([]() -> rondo::task<> {
    std::mt19937 random(7);
    int ended = 0;
    auto one = [&](unsigned kind) -> rondo::task<> {
      switch (kind % 5) {
        case 0: {
          auto r = co_await rondo::run_process({.input = "hello"}, "cat");
          EXPECT_EQ(r.output, "hello");
          break;
        }
        case 1: {
          auto p = co_await rondo::create_subprocess_exec("sleep", "1000");
          co_await rondo::sleep(std::chrono::milliseconds(kind % 7));
          p.kill();
          EXPECT_EQ((co_await p.wait()).signal(), SIGKILL);
          break;
        }
        case 2: {
          auto p = co_await rondo::create_subprocess_exec("sleep", "1000");
          co_await rondo::sleep(std::chrono::milliseconds(kind % 7));
          break;
        }
        case 3: {
          auto p = co_await rondo::create_subprocess_shell({.new_process_group = true},
                                                           "sleep 1000 | sleep 1000");
          co_await p.wait();
          break;
        }
        case 4: {
          auto p = co_await rondo::create_subprocess_exec("true");
          co_await p.wait();
          break;
        }
      }
      ++ended;
    };
    std::vector<rondo::task_handle<void>> all;
    for (int i = 0; i < 200; ++i) all.push_back(rondo::create_task(one(random())));
    int cancelled = 0;
    for (int round = 0; round < 50; ++round) {
      co_await rondo::sleep(std::chrono::microseconds(random() % 3000));
      all[random() % all.size()].cancel();
    }
    for (auto& t : all)  // the pipelines sleep for ever
      if (!t.done()) t.cancel();
    co_await rondo::wait(all);
    for (auto& t : all) cancelled += t.cancelled();
    EXPECT_EQ(ended + cancelled, 200);
  });
}

TEST_F(subprocess, cancel_raced_against_the_end) {
  test::run([]() -> rondo::task<> {
    int won = 0;
    for (int i = 0; i < 150; ++i) {
      auto p = co_await rondo::create_subprocess_exec({.in = redirect::pipe}, "cat");
      auto waits = [&]() -> rondo::task<int> {
        rondo::exit_status status = co_await p.wait();
        co_return status.returncode();
      };
      auto waiter = rondo::create_task(waits());
      co_await rondo::sleep(0s);
      p.in().close();
      co_await rondo::sleep(std::chrono::microseconds(i * 10));
      waiter.cancel();
      co_await test::ended(waiter);
      won += !waiter.cancelled();
      rondo::exit_status status = co_await p.wait();
      EXPECT_TRUE(status.success()) << "a cancelled wait has taken nothing away";
    }
    RecordProperty("completions_that_won", won);
  });
}

TEST_F(subprocess, shows_in_the_task_tree) {
  test::run([]() -> rondo::task<> {
    auto p = co_await rondo::create_subprocess_exec({.in = redirect::pipe}, "cat");
    auto w = p.wait();
    EXPECT_STREQ(w.describe(), "wait");
    EXPECT_EQ(w.detail(), "cat (pid " + std::to_string(p.pid()) + ")");
  });
}

}  // namespace
