// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "coro/line_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

namespace {

using rondo::detail::line_writer;
using namespace std::chrono_literals;

struct raw_pipe {
  int ends[2];
  raw_pipe() { EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0); }
  raw_pipe(const raw_pipe&) = delete;
  ~raw_pipe() {
    close_reader();
    ::close(ends[1]);
  }
  void close_reader() {
    if (ends[0] >= 0) ::close(std::exchange(ends[0], -1));
  }
  std::string read(std::size_t n) const {
    std::string text(n, '\0');
    std::size_t got = 0;
    while (got < n) {
      ssize_t r = ::read(ends[0], text.data() + got, n - got);
      if (r <= 0) break;
      got += static_cast<std::size_t>(r);
    }
    text.resize(got);
    return text;
  }
};

std::string numbered(int i) { return "line " + std::to_string(1'000'000 + i) + "\n"; }

TEST(line_writer, writes_at_once_what_the_pipe_takes) {
  raw_pipe p;
  line_writer out(p.ends[1]);
  out.write("one\ntwo\n");
  EXPECT_FALSE(out.behind());
  EXPECT_EQ(p.read(8), "one\ntwo\n");
}

TEST(line_writer, nobody_reads_and_nothing_is_waited_for_or_lost) {
  raw_pipe p;
  line_writer out(p.ends[1]);
  std::string all;
  for (int i = 0; i < 20'000; ++i) {
    out.write(numbered(i));
    all += numbered(i);
  }
  EXPECT_TRUE(out.behind());
  EXPECT_EQ(p.read(all.size()), all);
  EXPECT_TRUE(out.flush(60s));
}

TEST(line_writer, what_is_too_much_is_dropped_and_counted_at_its_place) {
  raw_pipe p;
  line_writer out(p.ends[1], line_writer::when_full::drop, 4096);
  constexpr int lines = 20'000;
  for (int i = 0; i < lines; ++i) out.write(numbered(i));
  // Every line that comes is whole, and the gap has its size.
  std::string text;
  int next = 0;
  bool told = false;
  while (!told) {
    std::string byte = p.read(1);
    ASSERT_EQ(byte.size(), 1u);
    text += byte;
    if (byte != "\n") continue;
    int dropped = 0;
    if (std::sscanf(text.c_str(), "… %d lines dropped\n", &dropped) == 1) {
      next += dropped;
      told = next == lines;
    } else {
      ASSERT_EQ(text, numbered(next));
      ++next;
    }
    text.clear();
  }
  EXPECT_TRUE(out.flush(60s));
  out.write("after\n");
  EXPECT_EQ(p.read(6), "after\n");
}

TEST(line_writer, one_that_must_not_lose_waits) {
  raw_pipe p;
  line_writer out(p.ends[1], line_writer::when_full::wait, 4096);
  std::string all;
  for (int i = 0; i < 20'000; ++i) all += numbered(i);
  std::string got;
  std::thread reader([&] { got = p.read(all.size()); });
  for (int i = 0; i < 20'000; ++i) out.write(numbered(i));
  reader.join();
  EXPECT_EQ(got, all);
}

TEST(line_writer, a_reader_that_has_gone_kills_nobody) {
  raw_pipe p;
  line_writer out(p.ends[1]);
  p.close_reader();
  for (int i = 0; i < 3; ++i) out.write("lost\n");
  EXPECT_EQ(out.error(), EPIPE);
  EXPECT_TRUE(out.flush(60s));
}

TEST(line_writer, a_reader_that_goes_while_lines_wait_kills_nobody) {
  raw_pipe p;
  line_writer out(p.ends[1]);
  for (int i = 0; i < 20'000; ++i) out.write(numbered(i));
  p.close_reader();
  EXPECT_TRUE(out.flush(60s));
  EXPECT_EQ(out.error(), EPIPE);
}

TEST(line_writer, the_next_reader_of_a_fifo_is_told_what_was_lost) {
  char name[] = "/tmp/rondo-test-XXXXXX";
  ASSERT_TRUE(::mkdtemp(name));
  std::string path = std::string(name) + "/log";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  int low = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  // A number of its own: a writer's state goes with it, and the thread of a test before,
  // which had the number, may still have a line to tell of.
  int writer = ::fcntl(low, F_DUPFD_CLOEXEC, 700);
  ASSERT_GE(writer, 700);
  ::close(low);
  {
    line_writer out(writer);
    ::close(reader);
    out.write("lost\nlost too\n");
    reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    out.write("kept\n");
    EXPECT_TRUE(out.flush(60s));
  }
  char text[200] = {};
  EXPECT_GT(::read(reader, text, sizeof text - 1), 0);
  EXPECT_STREQ(text, "… 2 lines dropped\nkept\n");
  ::close(reader);
  ::close(writer);
  ::unlink(path.c_str());
  ::rmdir(name);
}

TEST(line_writer, destroying_it_does_not_wait_for_ever) {
  raw_pipe p;
  {
    line_writer out(p.ends[1]);
    for (int i = 0; i < 20'000; ++i) out.write(numbered(i));
  }
  p.close_reader();  // ends its thread
  line_writer again(p.ends[1]);
  EXPECT_TRUE(again.flush(60s));
}

}  // namespace
