// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <random>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

std::size_t open_fds() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

std::string pattern(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 2654435761u >> 13);
  return text;
}

/// Puts an fd in the place of a standard one and back.
class replaced_fd {
 public:
  replaced_fd(int number, int by) : number_(number), saved_(::fcntl(number, F_DUPFD_CLOEXEC, 3)) {
    ::dup2(by, number);
  }
  replaced_fd(const replaced_fd&) = delete;
  ~replaced_fd() {
    ::dup2(saved_, number_);
    ::close(saved_);
  }

 private:
  int number_;
  int saved_;
};

struct raw_pipe {
  int ends[2];
  raw_pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  }
  raw_pipe(const raw_pipe&) = delete;
  ~raw_pipe() {
    for (int fd : ends)
      if (fd >= 0) ::close(fd);
  }
  int release(int which) { return std::exchange(ends[which], -1); }
};

/// A terminal: what is written into master is typed.
struct terminal {
  int master;
  int slave;
  terminal() {
    master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    ::grantpt(master);
    ::unlockpt(master);
    slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  terminal(const terminal&) = delete;
  ~terminal() {
    ::close(master);
    if (slave >= 0) ::close(slave);
  }
  void type(const char* text) const {
    EXPECT_GT(::write(master, text, std::char_traits<char>::length(text)), 0);
  }
};

class pipe_test : public ::testing::Test {
 protected:
  void SetUp() override { fds_ = open_fds(); }
  void TearDown() override { EXPECT_EQ(open_fds(), fds_) << "an fd is left"; }

 private:
  std::size_t fds_ = 0;
};
using pipes = pipe_test;

TEST_F(pipes, carry_bytes_and_their_end) {
  test::run([]() -> rondo::task<> {
    auto [reader, writer] = rondo::open_pipe();
    co_await writer.write("one\ntwo\nthree");
    EXPECT_EQ(co_await reader.read_line(), "one\n");
    EXPECT_EQ(co_await reader.read_exactly(2), "tw");
    EXPECT_EQ(co_await reader.read(), "o\nthree");
    writer.close();
    EXPECT_EQ(co_await reader.read(), "");
    EXPECT_EQ(co_await reader.read(), "") << "the end stays";
    EXPECT_EQ(co_await reader.read_all(10), "");
    try {
      co_await reader.read_exactly(1);
      ADD_FAILURE() << "no error";
    } catch (const rondo::incomplete_read_error&) {
    }
  });
}

TEST_F(pipes, carry_much_more_than_they_hold) {
  test::run([]() -> rondo::task<> {
    auto [reader, writer] = rondo::open_pipe();
    std::string sent = pattern(10'000'000);
    auto write = [](rondo::stream& to, const std::string& text) -> rondo::task<> {
      co_await to.write(text);
      to.close();
    };
    auto [nothing, got] = co_await rondo::gather(write(writer, sent), reader.read_all(sent.size()));
    EXPECT_TRUE(got == sent) << got.size();
  });
}

TEST_F(pipes, are_read_into_the_callers_memory) {
  test::run([]() -> rondo::task<> {
    auto [reader, writer] = rondo::open_pipe();
    char buffer[4];
    co_await writer.write("abcdef");
    EXPECT_EQ(co_await reader.read_some(buffer), 4u);
    EXPECT_EQ(std::string(buffer, 4), "abcd");
    EXPECT_EQ(co_await reader.peek(1), "e");
    EXPECT_EQ(co_await reader.read_some(buffer), 2u);
    writer.close();
    EXPECT_EQ(co_await reader.read_some(buffer), 0u);
  });
}

TEST_F(pipes, write_pieces_in_order) {
  test::run([]() -> rondo::task<> {
    auto [reader, writer] = rondo::open_pipe();
    std::vector<std::string> texts;
    for (int i = 0; i < 300; ++i) texts.push_back(pattern(static_cast<std::size_t>(i * 7 % 1000)));
    std::vector<std::string_view> pieces(texts.begin(), texts.end());
    std::string whole;
    for (const std::string& t : texts) whole += t;
    auto write = [](rondo::stream& to, std::vector<std::string_view>& p) -> rondo::task<> {
      co_await to.writelines(p);
      to.close();
    };
    auto [nothing, got] = co_await rondo::gather(write(writer, pieces), reader.read_all(1 << 20));
    EXPECT_TRUE(got == whole) << got.size() << " of " << whole.size();
  });
}

TEST_F(pipes, without_a_reader_a_write_is_an_error_and_no_signal) {
  // The default action of SIGPIPE would kill this program.
  auto* before = std::signal(SIGPIPE, SIG_DFL);
  test::run([]() -> rondo::task<> {
    auto [reader, writer] = rondo::open_pipe();
    reader.close();
    for (int i = 0; i < 2; ++i) {
      try {
        co_await writer.write("x");
        ADD_FAILURE() << "no error";
      } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), std::errc::broken_pipe);
        EXPECT_STREQ(e.what(), "write to pipe: Broken pipe");
      }
    }
    sigset_t pending;
    sigpending(&pending);
    EXPECT_FALSE(sigismember(&pending, SIGPIPE));
  });
  std::signal(SIGPIPE, before);
}

TEST_F(pipes, a_sigpipe_that_was_pending_before_stays) {
  sigset_t pipe_only, before, pending;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
  ::raise(SIGPIPE);
  test::run([]() -> rondo::task<> {
    auto [reader, writer] = rondo::open_pipe();
    reader.close();
    try {
      co_await writer.write("x");
      ADD_FAILURE() << "no error";
    } catch (const std::system_error&) {
    }
  });
  sigpending(&pending);
  EXPECT_TRUE(sigismember(&pending, SIGPIPE));
  timespec at_once{};
  sigtimedwait(&pipe_only, nullptr, &at_once);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(pipes, the_reader_goes_while_a_write_waits) {
  test::run([]() -> rondo::task<> {
    auto ends = rondo::open_pipe();
    auto& [reader, writer] = ends;
    std::string much(1'000'000, 'x');
    auto write = [&]() -> rondo::task<> { co_await ends.second.write(much); };
    auto writing = rondo::create_task(write());
    co_await test::turns(5);
    EXPECT_FALSE(writing.done());
    reader.close();
    try {
      co_await writing;
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), std::errc::broken_pipe);
    }
  });
}

TEST_F(pipes, closing_while_another_task_reads_or_writes) {
  test::run([]() -> rondo::task<> {
    for (int turns = 1; turns < 6; ++turns) {
      auto ends = rondo::open_pipe();
      std::string much(1'000'000, 'x');
      auto read = [&]() -> rondo::task<> {
        auto text = co_await ends.first.read();
        ADD_FAILURE() << "read " << text.size();
      };
      auto reading = rondo::create_task(read());
      co_await test::turns(turns);
      ends.first.close();
      try {
        co_await reading;
        ADD_FAILURE() << "no error";
      } catch (const std::system_error& e) {
        EXPECT_STREQ(e.what(), "read from pipe: Software caused connection abort");
      }
      auto others = rondo::open_pipe();
      auto write = [&]() -> rondo::task<> { co_await others.second.write(much); };
      auto writing = rondo::create_task(write());
      co_await test::turns(turns);
      others.second.close();
      try {
        co_await writing;
        ADD_FAILURE() << "no error";
      } catch (const std::system_error&) {
      }
      std::string got = co_await others.first.read_all(much.size());
      EXPECT_LT(got.size(), much.size());
    }
  });
}

TEST_F(pipes, one_reader_and_one_writer_at_a_time) {
  test::run([]() -> rondo::task<> {
    auto ends = rondo::open_pipe();
    auto read = [&]() -> rondo::task<std::string> { co_return co_await ends.first.read(); };
    auto reading = rondo::create_task(read());
    co_await test::turns(3);
    try {
      co_await ends.first.read();
      ADD_FAILURE() << "two readers";
    } catch (const rondo::usage_error&) {
    }
    EXPECT_THROW(ends.second.shutdown_write(), rondo::usage_error);
    co_await ends.second.write("x");
    EXPECT_EQ(co_await reading, "x");
    // The wrong end.
    try {
      co_await ends.first.write("x");
      ADD_FAILURE() << "written into the reading end";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "write to pipe: Bad file descriptor");
    }
    try {
      co_await ends.second.read();
      ADD_FAILURE() << "read from the writing end";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "read from pipe: Bad file descriptor");
    }
  });
}

TEST_F(pipes, a_cancelled_read_loses_nothing) {
  test::run([]() -> rondo::task<> {
    std::mt19937 random(1);
    auto ends = rondo::open_pipe();
    std::string sent = pattern(20'000);
    auto write = [&]() -> rondo::task<> {
      std::size_t at = 0;
      while (at < sent.size()) {
        std::size_t n = std::min<std::size_t>(1 + random() % 40, sent.size() - at);
        co_await ends.second.write(std::string_view(sent).substr(at, n));
        at += n;
        co_await test::turns(static_cast<int>(random() % 3));
      }
      ends.second.close();
    };
    auto writing = rondo::create_task(write());
    std::string got;
    int cancelled = 0;
    int completed = 0;
    bool at_end = false;
    while (!at_end) {
      auto read = [&](unsigned kind) -> rondo::task<> {
        char buffer[100];
        std::size_t before = got.size();
        if (kind == 0) {
          got += co_await ends.first.read();
        } else if (kind == 1) {
          std::size_t n = co_await ends.first.read_some(buffer);
          got.append(buffer, n);
        } else {
          got += co_await ends.first.read_line();
        }
        at_end = got.size() == before;
      };
      auto reading = rondo::create_task(read(random() % 3));
      co_await test::turns(static_cast<int>(random() % 4));
      reading.cancel();
      co_await test::ended(reading);
      ++(reading.cancelled() ? cancelled : completed);
      if (writing.done() && cancelled > 100'000) break;
    }
    EXPECT_TRUE(got == sent) << got.size() << " of " << sent.size();
    EXPECT_GT(cancelled, 10);
    EXPECT_GT(completed, 10);
    co_await writing;
  });
}

TEST_F(pipes, a_cancelled_write_has_sent_a_part_and_no_more) {
  test::run([]() -> rondo::task<> {
    for (int turns = 0; turns < 6; ++turns) {
      auto ends = rondo::open_pipe();
      std::string sent = pattern(300'000);
      auto write = [&]() -> rondo::task<> { co_await ends.second.write(sent); };
      auto writing = rondo::create_task(write());
      co_await test::turns(turns);
      writing.cancel();
      co_await test::ended(writing);
      EXPECT_TRUE(writing.cancelled());
      ends.second.close();
      std::string got = co_await ends.first.read_all(sent.size());
      EXPECT_LT(got.size(), sent.size());
      EXPECT_TRUE(sent.starts_with(got));
    }
  });
}

TEST_F(pipes, socketpairs_have_two_directions) {
  test::run([]() -> rondo::task<> {
    auto [one, other] = rondo::socketpair();
    co_await one.write("to other");
    co_await other.write("to one");
    EXPECT_EQ(co_await one.read(), "to one");
    EXPECT_EQ(co_await other.read(), "to other");
    one.shutdown_write();
    EXPECT_EQ(co_await other.read(), "");
    co_await other.write("still");
    EXPECT_EQ(co_await one.read(), "still");
    one.close();
    try {
      co_await other.write("nobody");
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code(), std::errc::broken_pipe);
    }
  });
}

TEST_F(pipes, named_pipes_and_other_fds) {
  test::run([]() -> rondo::task<> {
    std::string path = "/tmp/rondo-test-fifo." + std::to_string(::getpid());
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    int reading = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int writing = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    ::unlink(path.c_str());
    auto reader = rondo::stream_from_fd(reading, "the fifo");
    auto writer = rondo::stream_from_fd(writing, "the fifo");
    auto read = [&]() -> rondo::task<std::string> { co_return co_await reader.read_line(); };
    auto waiting = rondo::create_task(read());
    co_await test::turns(4);
    co_await writer.write("through\n");
    EXPECT_EQ(co_await waiting, "through\n");
    reader.close();
    try {
      co_await writer.write("x");
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "write to the fifo: Broken pipe");
    }

    auto null = rondo::stream_from_fd(::open("/dev/null", O_RDWR | O_CLOEXEC), "null");
    co_await null.write("gone");
    EXPECT_EQ(co_await null.read(), "");
    auto zero = rondo::stream_from_fd(::open("/dev/zero", O_RDONLY | O_CLOEXEC), "zero");
    EXPECT_EQ(co_await zero.read_exactly(100'000), std::string(100'000, '\0'));

    auto error_of = [](int fd) -> std::string {
      try {
        auto s = rondo::stream_from_fd(fd, "this");
        return "no error";
      } catch (const std::system_error& e) {
        return e.what();
      }
    };
    EXPECT_EQ(error_of(::open("/etc/passwd", O_RDONLY | O_CLOEXEC)),
              "this: a file, not a stream: Invalid argument");
    EXPECT_EQ(error_of(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
              "this: a file, not a stream: Invalid argument");
    EXPECT_EQ(error_of(999), "this: Bad file descriptor");
    EXPECT_EQ(error_of(-1), "this: Bad file descriptor");
  });
}

TEST_F(pipes, a_terminal) {
  test::run([]() -> rondo::task<> {
    terminal t;
    auto tty = rondo::stream_from_fd(std::exchange(t.slave, -1), "tty");
    auto read = [&]() -> rondo::task<std::string> { co_return co_await tty.read_line(); };
    for (int i = 0; i < 3; ++i) {  // cancelled while it waits, it can be read again
      auto waiting = rondo::create_task(read());
      co_await rondo::sleep(2ms);
      EXPECT_FALSE(waiting.done());
      waiting.cancel();
      co_await test::ended(waiting);
      EXPECT_TRUE(waiting.cancelled());
    }
    t.type("typed\n");
    EXPECT_EQ(co_await read(), "typed\n");
    auto waiting = rondo::create_task(read());
    co_await rondo::sleep(1ms);
    co_await tty.write("shown\n");  // while another task reads
    t.type("again\n");
    EXPECT_EQ(co_await waiting, "again\n");
    char shown[100] = {};
    EXPECT_GT(::read(t.master, shown, sizeof shown - 1), 0);
    EXPECT_TRUE(std::string(shown).find("shown") != std::string::npos) << shown;
    auto last = rondo::create_task(read());
    co_await rondo::sleep(1ms);
    tty.close();
    try {
      co_await last;
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "read from tty: Software caused connection abort");
    }
  });
}

TEST_F(pipes, standard_streams_are_opened_anew) {
  test::run([]() -> rondo::task<> {
    raw_pipe in, out, err;
    {
      replaced_fd zero(0, in.ends[0]);
      replaced_fd one(1, out.ends[1]);
      replaced_fd two(2, err.ends[1]);
      auto input = rondo::standard_input();
      auto output = rondo::standard_output();
      auto errors = rondo::standard_error();
      EXPECT_EQ(::write(in.ends[1], "line 1\nline 2\n", 14), 14);
      EXPECT_EQ(co_await input.read_line(), "line 1\n");
      EXPECT_EQ(co_await input.read_line(), "line 2\n");
      auto read = [&]() -> rondo::task<std::string> { co_return co_await input.read_line(); };
      auto waiting = rondo::create_task(read());
      co_await test::turns(4);
      EXPECT_FALSE(waiting.done());
      ::close(in.release(1));
      EXPECT_EQ(co_await waiting, "");
      co_await output.write("out\n");
      co_await errors.write("err\n");
      EXPECT_FALSE(::fcntl(0, F_GETFL) & O_NONBLOCK) << "others share it";
      EXPECT_FALSE(::fcntl(1, F_GETFL) & O_NONBLOCK) << "others share it";
      EXPECT_FALSE(::fcntl(out.ends[1], F_GETFL) & O_NONBLOCK);
    }
    char text[20] = {};
    EXPECT_EQ(::read(out.ends[0], text, sizeof text), 4);
    EXPECT_EQ(::read(err.ends[0], text, sizeof text), 4);
    EXPECT_STREQ(text, "err\n");
  });
}

TEST_F(pipes, standard_streams_of_other_kinds) {
  test::run([]() -> rondo::task<> {
    terminal t;
    {
      replaced_fd zero(0, t.slave);
      auto input = rondo::standard_input();
      t.type("typed\n");
      EXPECT_EQ(co_await input.read_line(), "typed\n");
      EXPECT_FALSE(::fcntl(t.slave, F_GETFL) & O_NONBLOCK) << "the shell shares it";
    }
    int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    {
      replaced_fd zero(0, null);
      replaced_fd one(1, null);
      auto input = rondo::standard_input();
      auto output = rondo::standard_output();
      EXPECT_EQ(co_await input.read(), "");
      co_await output.write("gone");
    }
    ::close(null);
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    {
      replaced_fd one(1, ends[1]);
      auto output = rondo::standard_output();
      co_await output.write("to a socket");
      char text[20] = {};
      EXPECT_EQ(::read(ends[0], text, sizeof text), 11);
    }
    ::close(ends[0]);
    ::close(ends[1]);
    int directory = ::open("/", O_RDONLY | O_CLOEXEC);
    {
      replaced_fd zero(0, directory);
      try {
        auto input = rondo::standard_input();
        ADD_FAILURE() << "a directory";
      } catch (const std::system_error& e) {
        EXPECT_STREQ(e.what(), "stdin: a file, not a stream: Invalid argument");
      }
    }
    ::close(directory);
  });
}

// As a shell connects a filter: `{ head -n 1; filter; echo last; } < in >> out`.
TEST_F(pipes, standard_streams_that_are_files) {
  for (bool nonblocking : {false, true}) {
    test::run([&]() -> rondo::task<> {
      char in_name[] = "/tmp/rondo-test-XXXXXX";
      char out_name[] = "/tmp/rondo-test-XXXXXX";
      int in = ::mkostemp(in_name, O_CLOEXEC);
      int made = ::mkostemp(out_name, O_CLOEXEC);
      int out = ::open(out_name, O_WRONLY | O_APPEND | O_CLOEXEC);
      std::string much = pattern(3'000'000);
      EXPECT_EQ(::write(in, "first\nsecond\n", 13), 13);
      EXPECT_EQ(::write(in, much.data(), much.size()), static_cast<ssize_t>(much.size()));
      ::lseek(in, 6, SEEK_SET);  // another command has read a line
      EXPECT_EQ(::write(made, "before\n", 7), 7);
      if (nonblocking) ::fcntl(in, F_SETFL, O_NONBLOCK);
      {
        replaced_fd zero(0, in);
        replaced_fd one(1, out);
        auto input = rondo::standard_input();
        auto output = rondo::standard_output();
        std::string line = co_await input.read_line();
        EXPECT_EQ(line, "second\n");
        co_await output.write(line);
        std::string rest = co_await input.read_all(1u << 30);
        EXPECT_TRUE(rest == much) << rest.size() << " bytes of " << much.size();
        co_await output.write(rest);
        EXPECT_EQ(co_await input.read(), "") << "the end stays the end";
      }
      EXPECT_EQ(::write(out, "after\n", 6), 6);
      std::string all(much.size() + 100, '\0');
      ssize_t n = ::pread(made, all.data(), all.size(), 0);
      all.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
      EXPECT_TRUE(all == "before\nsecond\n" + much + "after\n") << all.size() << " bytes";
      for (int fd : {in, made, out}) ::close(fd);
      ::unlink(in_name);
      ::unlink(out_name);
    });
  }
}

TEST_F(pipes, a_full_disk_behind_standard_output) {
  test::run([]() -> rondo::task<> {
    int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    {
      replaced_fd one(1, full);
      auto output = rondo::standard_output();
      try {
        co_await output.write("x");
        ADD_FAILURE() << "no error";
      } catch (const std::system_error& e) {
        EXPECT_STREQ(e.what(), "write to stdout: No space left on device");
      }
    }
    ::close(full);
  });
}

TEST_F(pipes, standard_streams_of_another_user) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  test::run([]() -> rondo::task<> {
    raw_pipe out;
    replaced_fd one(1, out.ends[1]);
    // Of this thread alone; as `sudo -u nobody program | cat`.
    ::syscall(SYS_setresuid, -1, 65534, -1);
    int anew = ::open("/proc/self/fd/1", O_WRONLY | O_CLOEXEC);
    EXPECT_LT(anew, 0);
    auto output = rondo::standard_output();
    ::syscall(SYS_setresuid, -1, 0, -1);
    co_await output.write("out\n");
    char text[20] = {};
    EXPECT_EQ(::read(out.ends[0], text, sizeof text), 4);
  });
}

TEST_F(pipes, standard_output_whose_reader_is_gone) {
  test::run([]() -> rondo::task<> {
    raw_pipe out;
    ::close(out.release(0));
    replaced_fd one(1, out.ends[1]);
    auto output = rondo::standard_output();
    try {
      co_await output.write("x");
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "write to stdout: Broken pipe");
    }
  });
}

TEST_F(pipes, many_at_once) {
  test::run([]() -> rondo::task<> {
    std::size_t total = 0;
    auto one = [&](std::size_t size) -> rondo::task<> {
      auto ends = rondo::open_pipe();
      std::string sent = pattern(size);
      auto write = [&]() -> rondo::task<> {
        co_await ends.second.write(sent);
        ends.second.close();
      };
      auto [nothing, got] = co_await rondo::gather(write(), ends.first.read_all(sent.size()));
      EXPECT_TRUE(got == sent);
      total += got.size();
    };
    std::vector<rondo::task<>> all;
    std::size_t expected = 0;
    for (std::size_t i = 0; i < 100; ++i) {
      all.push_back(one(i * 3001));
      expected += i * 3001;
    }
    co_await rondo::gather(all);
    EXPECT_EQ(total, expected);
  });
}

// Two wait for one terminal; what is typed is for one. The other's read may be in a
// thread of the kernel's by then, and its cancellation interrupt a system call.
TEST_F(pipes, a_terminal_of_two_readers) {
  test::run([]() -> rondo::task<> {
    for (int i = 0; i < 50; ++i) {
      terminal t;
      auto other = rondo::stream_from_fd(::fcntl(t.slave, F_DUPFD_CLOEXEC, 0), "tty");
      auto one = rondo::stream_from_fd(std::exchange(t.slave, -1), "tty");
      auto read = [](rondo::stream& s) -> rondo::task<std::string> {
        co_return co_await s.read_line();
      };
      std::vector<rondo::task_handle<std::string>> readers;
      readers.push_back(rondo::create_task(read(one)));
      readers.push_back(rondo::create_task(read(other)));
      co_await test::turns(3);
      t.type("typed\n");
      while (!readers[0].done() && !readers[1].done()) co_await rondo::sleep(10us);
      co_await rondo::sleep(std::chrono::microseconds(50 * i));
      int lines = 0;
      for (auto& r : readers) {
        r.cancel();
        co_await test::ended(r);
        EXPECT_FALSE(r.exception()) << rondo::describe(r.exception());
        lines += !r.cancelled();
      }
      EXPECT_EQ(lines, 1);
    }
  });
}

}  // namespace
