// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io.hpp>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <random>
#include <stdexcept>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/run.hpp"

using namespace std::chrono_literals;

namespace {

/// The fds of somebody else: a pipe without any stream.
struct raw_pipe {
  int read_end = -1;
  int write_end = -1;
  raw_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) std::abort();
    read_end = ends[0];
    write_end = ends[1];
  }
  raw_pipe(const raw_pipe&) = delete;
  ~raw_pipe() {
    if (read_end >= 0) ::close(read_end);
    if (write_end >= 0) ::close(write_end);
  }
  void put(char c = 'x') const { EXPECT_EQ(::write(write_end, &c, 1), 1); }
  int take() const {
    char c;
    return ::read(read_end, &c, 1) == 1 ? c : -1;
  }
  void close_write_end() { ::close(std::exchange(write_end, -1)); }
  void fill() const {
    char page[4096] = {};
    while (::write(write_end, page, sizeof page) > 0) {
    }
  }
  void empty() const {
    char page[4096];
    while (::read(read_end, page, sizeof page) > 0) {
    }
  }
};

TEST(readiness, waits_until_an_fd_can_be_read_or_written) {
  test::run([]() -> rondo::task<> {
    raw_pipe p;
    co_await rondo::wait_writable(p.write_end);
    auto reader = [&]() -> rondo::task<int> {
      co_await rondo::wait_readable(p.read_end);
      co_return p.take();
    };
    auto waiting = rondo::create_task(reader());
    co_await test::turns(5);
    EXPECT_FALSE(waiting.done());
    p.put('a');
    EXPECT_EQ(co_await waiting, 'a');
    p.put('b');
    co_await rondo::wait_readable(p.read_end);
    co_await rondo::wait_readable(p.read_end);  // a level: it can still be read
    EXPECT_EQ(p.take(), 'b');
    p.fill();
    auto writer = [&]() -> rondo::task<> { co_await rondo::wait_writable(p.write_end); };
    auto blocked = rondo::create_task(writer());
    co_await test::turns(5);
    EXPECT_FALSE(blocked.done());
    p.empty();
    co_await blocked;
  });
}

TEST(readiness, the_end_counts_as_readable) {
  test::run([]() -> rondo::task<> {
    raw_pipe p;
    auto wait = [&]() -> rondo::task<> { co_await rondo::wait_readable(p.read_end); };
    auto waiting = rondo::create_task(wait());
    co_await test::turns(5);
    p.close_write_end();
    co_await waiting;
    EXPECT_EQ(p.take(), -1);
  });
}

TEST(readiness, errors_name_the_fd) {
  test::run([]() -> rondo::task<> {
    try {
      co_await rondo::wait_readable(987);
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "wait_readable fd 987: Bad file descriptor");
    }
    try {
      co_await rondo::wait_writable(-1);
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "wait_writable fd -1: Bad file descriptor");
    }
  });
}

TEST(readiness, other_kinds_of_fds) {
  test::run([]() -> rondo::task<> {
    int timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    itimerspec soon{};
    soon.it_value.tv_nsec = 1'000'000;
    ::timerfd_settime(timer, 0, &soon, nullptr);
    co_await rondo::wait_readable(timer);
    std::uint64_t count = 0;
    EXPECT_EQ(::read(timer, &count, sizeof count), 8);
    EXPECT_EQ(count, 1u);
    ::close(timer);
    int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);  // always ready
    co_await rondo::wait_readable(null);
    co_await rondo::wait_writable(null);
    ::close(null);
  });
}

TEST(readiness, several_tasks_wait_for_one_fd) {
  test::run([]() -> rondo::task<> {
    raw_pipe p;
    auto wait = [&]() -> rondo::task<> { co_await rondo::wait_readable(p.read_end); };
    auto one = rondo::create_task(wait());
    auto two = rondo::create_task(wait());
    auto three = rondo::create_task(wait());
    co_await test::turns(3);
    two.cancel();
    co_await test::ended(two);
    EXPECT_TRUE(two.cancelled());
    p.put();
    co_await one;
    co_await three;
  });
}

TEST(readiness, both_directions_of_one_fd) {
  test::run([]() -> rondo::task<> {
    int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    auto reads = [&]() -> rondo::task<> { co_await rondo::wait_readable(fd); };
    auto waiting = rondo::create_task(reads());
    co_await test::turns(3);
    co_await rondo::wait_writable(fd);
    EXPECT_FALSE(waiting.done());
    std::uint64_t one = 1;
    EXPECT_EQ(::write(fd, &one, sizeof one), 8);
    co_await waiting;
    ::close(fd);
  });
}

TEST(readiness, cancelled_it_lets_go_of_the_fd) {
  test::run([]() -> rondo::task<> {
    for (int i = 0; i < 100; ++i) {
      raw_pipe p;  // the same number each time
      auto wait = [&]() -> rondo::task<> { co_await rondo::wait_readable(p.read_end); };
      auto waiting = rondo::create_task(wait());
      co_await test::turns(i % 4);
      waiting.cancel();
      co_await test::ended(waiting);
      EXPECT_TRUE(waiting.cancelled());
    }
    raw_pipe p;
    auto never = [&](bool& went_on) -> rondo::task<> {
      rondo::current_task().cancel();
      co_await rondo::wait_readable(p.read_end);
      went_on = true;
    };
    bool went_on = false;
    p.put();
    auto t = rondo::create_task(never(went_on));
    co_await test::ended(t);
    EXPECT_FALSE(went_on) << "begun by a cancelled task it does not start";
  });
}

TEST(readiness, cancel_raced_against_completion) {
  test::run([]() -> rondo::task<> {
    std::mt19937 random(3);
    raw_pipe p;
    for (int i = 0; i < 500; ++i) {
      bool completed = false;
      auto wait = [&]() -> rondo::task<> {
        co_await rondo::wait_readable(p.read_end);
        completed = true;
      };
      auto waiting = rondo::create_task(wait());
      co_await test::turns(static_cast<int>(random() % 3));
      p.put();
      if (random() % 2) co_await rondo::sleep(0s);
      waiting.cancel();
      co_await test::ended(waiting);
      EXPECT_EQ(completed, !waiting.cancelled());
      EXPECT_EQ(p.take(), 'x');
    }
  });
}

TEST(add_reader, calls_each_time_until_it_is_removed) {
  test::run([]() -> rondo::task<> {
    raw_pipe p;
    test::lines got;
    rondo::event three;
    rondo::add_reader(p.read_end, [&] {
      got.push_back(std::string(1, static_cast<char>(p.take())));
      if (got.size() == 3) three.set();
    });
    p.put('a');
    p.put('b');
    co_await rondo::sleep(1ms);
    p.put('c');
    co_await three.wait();
    EXPECT_EQ(got, (test::lines{"a", "b", "c"}));
    EXPECT_TRUE(rondo::remove_reader(p.read_end));
    EXPECT_FALSE(rondo::remove_reader(p.read_end));
    EXPECT_FALSE(rondo::remove_writer(p.read_end));
    p.put('d');
    co_await rondo::sleep(2ms);
    EXPECT_EQ(got.size(), 3u);
  });
}

TEST(add_reader, what_is_not_read_is_told_again) {
  test::run([]() -> rondo::task<> {
    raw_pipe p;
    int calls = 0;
    rondo::event enough;
    rondo::add_reader(p.read_end, [&] {
      if (++calls == 5) {
        p.take();
        enough.set();
      }
    });
    p.put();
    co_await enough.wait();
    co_await rondo::sleep(2ms);
    EXPECT_EQ(calls, 5);
    rondo::remove_reader(p.read_end);
  });
}

TEST(add_reader, a_reader_and_a_writer_of_one_fd) {
  test::run([]() -> rondo::task<> {
    int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    rondo::event readable;
    int writable = 0;
    rondo::add_reader(fd, [&] {
      readable.set();
      rondo::remove_reader(fd);
    });
    rondo::add_writer(fd, [&] {
      std::uint64_t one = 1;
      EXPECT_EQ(::write(fd, &one, sizeof one), 8);
      ++writable;
      EXPECT_TRUE(rondo::remove_writer(fd)) << "it may remove itself";
    });
    co_await readable.wait();
    EXPECT_EQ(writable, 1);
    EXPECT_FALSE(rondo::remove_reader(fd));
    ::close(fd);
  });
}

TEST(add_reader, a_second_add_replaces_the_first) {
  test::run([]() -> rondo::task<> {
    raw_pipe p;
    test::lines got;
    rondo::event done;
    rondo::add_reader(p.read_end, [&] { got.push_back("first"); });
    rondo::add_reader(p.read_end, [&] {
      p.take();
      got.push_back("second");
      rondo::add_reader(p.read_end, [&] {  // while it runs
        p.take();
        got.push_back("third");
        done.set();
      });
    });
    p.put();
    p.put();
    co_await done.wait();
    EXPECT_EQ(got, (test::lines{"second", "third"}));
    rondo::remove_reader(p.read_end);
  });
}

TEST(add_reader, removed_while_the_call_is_on_its_way_none_follows) {
  test::run([]() -> rondo::task<> {
    for (int turns = 0; turns < 6; ++turns) {
      raw_pipe p;
      int after = 0;
      bool removed = false;
      rondo::add_reader(p.read_end, [&] {
        p.take();
        after += removed;
      });
      p.put();
      co_await test::turns(turns);
      removed = rondo::remove_reader(p.read_end);
      EXPECT_TRUE(removed);
      co_await test::turns(5);
      EXPECT_EQ(after, 0);
    }
  });
}

TEST(add_reader, an_exception_reaches_the_handler) {
  test::diagnostics told;
  test::run([&]() -> rondo::task<> {
    told.listen();
    raw_pipe p;
    rondo::event done;
    rondo::add_reader(p.read_end, [&] {
      p.take();
      done.set();
      throw std::runtime_error("no good");
    });
    p.put();
    co_await done.wait();
    co_await test::turns(2);
    rondo::remove_reader(p.read_end);
  });
  EXPECT_TRUE(told.mentions("a callback of add_reader or add_writer threw"));
  EXPECT_TRUE(told.mentions("no good"));
}

TEST(add_reader, needs_a_loop) {
  EXPECT_THROW(rondo::add_reader(0, [] {}), rondo::usage_error);
  EXPECT_THROW(rondo::remove_reader(0), rondo::usage_error);
}

TEST(add_reader, left_at_the_end_of_run_it_is_gone) {
  raw_pipe p;
  test::run([&]() -> rondo::task<> {
    rondo::add_reader(p.read_end, [] { ADD_FAILURE() << "called"; });
    rondo::add_writer(p.read_end, [] {});
    co_await test::turns(2);
  });
}

}  // namespace
