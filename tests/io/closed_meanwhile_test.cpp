// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What waits in something that is closed, destroyed or moved over ends with an
// error, and never meets another file that got the same number.
#include <rondo/io.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::error_text;
using test::folder;

/// Takes the fd numbers that are free, with files that can be read at once.
class number_taker {
 public:
  void take() {
    for (int i = 0; i < 8; ++i) {
      int fd = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
      if (fd >= 0) fds_.push_back(fd);
    }
  }
  bool has(int number) const { return std::ranges::count(fds_, number) > 0; }
  ~number_taker() {
    for (int fd : fds_) ::close(fd);
  }

 private:
  std::vector<int> fds_;
};

/// A FIFO that has a writer, so that its readers wait.
struct fifo {
  explicit fifo(const std::string& path) {
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    end = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  }
  fifo(const fifo&) = delete;
  ~fifo() { ::close(end); }
  int end;
};

enum class way { closed, destroyed, moved_over };
constexpr way ways[] = {way::closed, way::destroyed, way::moved_over};

template <class T>
rondo::task<> end_it(std::optional<T>& thing, way how) {
  if (how == way::destroyed) {
    thing.reset();
  } else if (how == way::moved_over) {
    *thing = T();
  } else if constexpr (requires { thing->close(); }) {
    if constexpr (std::is_void_v<decltype(thing->close())>) {
      thing->close();
    } else {
      co_await thing->close();
    }
  } else {
    thing.reset();
  }
  co_return;
}

template <class T>
rondo::task<std::string> error_of(rondo::task<T> work) {
  try {
    co_await std::move(work);
  } catch (const std::exception& e) {
    co_return e.what();
  }
  co_return "no error";
}

/// Begins `wait` in a task, ends `thing` under it and lets other files take its
/// number. The error that the waiter got. in_flight: the turns between.
template <class T>
rondo::task<std::string> closed_under(std::optional<T>& thing, int number,
                                      rondo::task<std::string> wait, way how, int in_flight) {
  auto waiting = rondo::create_task(std::move(wait));
  co_await test::turns(in_flight);
  number_taker others;
  co_await end_it(thing, how);
  others.take();
  std::string error = co_await waiting;
  // Whoever had the fd to the end has let go of it now.
  for (int i = 0; i < 1000 && ::fcntl(number, F_GETFD) >= 0 && !others.has(number); ++i)
    co_await test::turns(1);
  EXPECT_TRUE(others.has(number) || ::fcntl(number, F_GETFD) < 0) << "the fd is still open";
  co_return error;
}

TEST(closed_meanwhile, a_fifo_that_is_read_as_a_file) {
  for (way how : ways) {
    for (int turns : {0, 1, 2, 5}) {
      if (turns == 0 && how != way::closed) continue;  // it would begin with what is gone
      folder dir;
      fifo f(dir / "f");
      test::run([&]() -> rondo::task<> {
        std::optional<rondo::file> file = co_await rondo::open_file(dir / "f");
        char bytes[64] = {};
        auto read = [&]() -> rondo::task<std::size_t> {
          co_return co_await file->read_some(bytes);
        };
        std::string error = co_await closed_under(file, file->fd(), error_of(read()), how, turns);
        std::string subject = "read " + (dir / "f") + ": ";
        bool begun = error == subject + "the file was closed meanwhile: Operation canceled";
        EXPECT_TRUE(begun || (turns == 0 && error == subject + "Bad file descriptor")) << error;
        EXPECT_EQ(bytes[0], 0) << "bytes of another file";
      });
    }
  }
}

TEST(closed_meanwhile, a_full_fifo_that_is_written_as_a_file) {
  folder dir;
  fifo f(dir / "f");
  test::run([&]() -> rondo::task<> {
    std::optional<rondo::file> file = co_await rondo::open_file(dir / "f", rondo::file_mode::write);
    std::string data(1 << 20, 'x');
    auto write = [&]() -> rondo::task<> { co_await file->write(data); };
    std::string error = co_await closed_under(file, file->fd(), error_of(write()), way::closed, 3);
    EXPECT_EQ(error,
              "write " + (dir / "f") + ": the file was closed meanwhile: Operation canceled");
  });
}

TEST(closed_meanwhile, the_lines_and_the_whole_of_a_file) {
  folder dir;
  fifo f(dir / "f");
  test::run([&]() -> rondo::task<> {
    EXPECT_EQ(::write(f.end, "one\ntw", 6), 6);
    std::optional<rondo::file> file = co_await rondo::open_file(dir / "f");
    auto lines = [&]() -> rondo::task<> {
      auto all = file->lines();
      while (auto line = co_await all.next()) EXPECT_EQ(*line, "one\n");
    };
    std::string error =
        co_await closed_under(file, file->fd(), error_of(lines()), way::destroyed, 5);
    EXPECT_EQ(error, "read " + (dir / "f") + ": the file was closed meanwhile: Operation canceled");

    file = co_await rondo::open_file(dir / "f");
    auto read = [&]() -> rondo::task<std::string> { co_return co_await file->read(); };
    error = co_await closed_under(file, file->fd(), error_of(read()), way::destroyed, 5);
    EXPECT_EQ(error, "read " + (dir / "f") + ": the file was closed meanwhile: Operation canceled");
  });
}

// Threads and the ring work with these; the bytes are of the right file or there is
// an error, at whatever moment it is closed.
TEST(closed_meanwhile, a_regular_file_is_read_whole_or_not) {
  folder dir;
  std::string text(300'000, 'a');
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "a", text);
    for (int turns = 0; turns < 8; ++turns) {
      std::optional<rondo::file> file = co_await rondo::open_file(dir / "a");
      ::posix_fadvise(file->fd(), 0, 0, POSIX_FADV_DONTNEED);
      std::string got(text.size(), '-');
      std::size_t n = 0;
      auto read = [&]() -> rondo::task<> { n = co_await file->pread(got, 0); };
      std::string error =
          co_await closed_under(file, file->fd(), error_of(read()), way::closed, turns);
      bool whole = error == "no error" && n == text.size() && got == text;
      EXPECT_TRUE(whole || error.starts_with("read " + (dir / "a"))) << error;
      EXPECT_EQ(got.find_first_not_of("-a"), got.npos) << "bytes of another file";
    }
  });
}

TEST(closed_meanwhile, a_written_file_has_all_of_it_or_there_is_an_error) {
  folder dir;
  std::string text(3'000'000, 'w');
  test::run([&]() -> rondo::task<> {
    for (int turns = 0; turns < 8; ++turns) {
      std::optional<rondo::file> file =
          co_await rondo::open_file(dir / "w", rondo::file_mode::write);
      auto write = [&]() -> rondo::task<> {
        co_await file->write(text);
        co_await file->sync();
      };
      auto waiting = rondo::create_task(error_of(write()));
      co_await test::turns(turns);
      co_await file->close();
      // A file that gets the number: nothing is written into it.
      auto other = co_await rondo::open_file(dir / "other", rondo::file_mode::write);
      std::string error = co_await waiting;
      EXPECT_NE(error.find((dir / "w") + ": "), error.npos) << error;
      EXPECT_EQ(other.size(), 0u) << "it was written into another file";
      std::string there = co_await rondo::read_text(dir / "w");
      EXPECT_EQ(there, text.substr(0, there.size()));
    }
  });
}

TEST(closed_meanwhile, status_truncate_and_sync) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    for (int which = 0; which < 3; ++which) {
      std::optional<rondo::file> file =
          co_await rondo::open_file(dir / "s", rondo::file_mode::read_write_create);
      auto work = [&]() -> rondo::task<> {
        if (which == 0) static_cast<void>(co_await file->status());
        if (which == 1) co_await file->truncate(7);
        if (which == 2) co_await file->sync();
      };
      std::string error = co_await closed_under(file, file->fd(), error_of(work()), way::closed, 1);
      EXPECT_EQ(error, "no error") << "a thread was at it, and is waited for";
    }
    EXPECT_EQ((co_await rondo::stat(dir / "s")).size, 7u);
  });
}

TEST(closed_meanwhile, a_closed_file_says_so) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "a", "text");
    auto file = co_await rondo::open_file(dir / "a");
    co_await file.close();
    co_await file.close();
    EXPECT_FALSE(file);
    EXPECT_EQ(file.fd(), -1);
    EXPECT_EQ(file.path(), dir / "a");
    EXPECT_EQ(co_await error_of(file.read()), "stat " + (dir / "a") + ": Bad file descriptor");
    char c;
    EXPECT_EQ(co_await error_of(file.read_some({&c, 1})),
              "read " + (dir / "a") + ": Bad file descriptor");
    EXPECT_EQ(co_await error_of(file.write("x")), "write " + (dir / "a") + ": Bad file descriptor");
    EXPECT_EQ(co_await error_of(file.sync()), "sync " + (dir / "a") + ": Bad file descriptor");
    EXPECT_EQ(co_await error_of(file.status()), "stat " + (dir / "a") + ": Bad file descriptor");
    EXPECT_EQ(co_await error_of(rondo::file().read()), "read : Bad file descriptor");
  });
}

TEST(closed_meanwhile, moving_over_a_file_closes_it_at_once) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto one = co_await rondo::open_file("/dev/null");
    auto other = co_await rondo::open_file("/dev/null");
    int number = one.fd();
    one = std::move(other);
    EXPECT_LT(::fcntl(number, F_GETFD), 0) << "it was kept";
    EXPECT_TRUE(one);
    EXPECT_FALSE(other);
  });
}

TEST(closed_meanwhile, send_file_of_a_file_that_is_closed) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "big", std::string(8 << 20, 'b'));
    auto [here, there] = rondo::socketpair();
    std::optional<rondo::file> file = co_await rondo::open_file(dir / "big");
    auto send = [&]() -> rondo::task<> {
      static_cast<void>(co_await rondo::send_file(here, *file));
    };
    auto waiting = rondo::create_task(error_of(send()));
    co_await test::turns(20);  // the peer takes nothing yet
    number_taker others;
    file.reset();
    others.take();
    auto take = [&]() -> rondo::task<> {
      for (;;) {
        std::string got = co_await there.read();
        if (got.empty()) co_return;
        EXPECT_EQ(got.find_first_not_of('b'), got.npos) << "bytes of another file";
      }
    };
    auto taking = rondo::create_task(take());
    std::string error = co_await waiting;
    EXPECT_EQ(error,
              "read " + (dir / "big") + ": the file was closed meanwhile: Operation canceled");
    here.close();
    co_await taking;
  });
}

TEST(closed_meanwhile, streams) {
  for (way how : ways) {
    for (int turns : {1, 2, 5}) {
      test::run([&]() -> rondo::task<> {
        auto [reader, writer] = rondo::open_pipe();
        auto [one, other] = rondo::socketpair();
        std::optional<rondo::stream> pipe(std::move(reader));
        std::optional<rondo::stream> socket(std::move(one));
        auto read = [](rondo::stream& s) -> rondo::task<> {
          std::string got = co_await s.read_exactly(10);
          ADD_FAILURE() << "got '" << got << "'";
        };
        int numbers[] = {pipe->internal()->fd, socket->internal()->fd};
        std::string error =
            co_await closed_under(pipe, numbers[0], error_of(read(*pipe)), how, turns);
        std::string aborted = ": Software caused connection abort";
        EXPECT_EQ(error, "read from pipe" + aborted);
        error = co_await closed_under(socket, numbers[1], error_of(read(*socket)), how, turns);
        EXPECT_EQ(error, "read from socketpair" + aborted);
      });
    }
  }
}

TEST(closed_meanwhile, a_datagram_socket) {
  for (way how : ways) {
    test::run([&]() -> rondo::task<> {
      std::optional<rondo::datagram_socket> socket = co_await rondo::bind_udp("127.0.0.1", 0);
      auto receive = [](rondo::datagram_socket& s) -> rondo::task<> {
        static_cast<void>(co_await s.receive());
      };
      std::string error =
          co_await closed_under(socket, socket->fd(), error_of(receive(*socket)), how, 3);
      EXPECT_TRUE(error.starts_with("receive ")) << error;
    });
  }
}

TEST(closed_meanwhile, a_watch) {
  for (way how : ways) {
    folder dir;
    test::run([&]() -> rondo::task<> {
      std::optional<rondo::file_watch> changes = co_await rondo::watch(dir.path);
      auto next = [](rondo::file_watch& w) -> rondo::task<> {
        static_cast<void>(co_await w.next());
      };
      auto waiting = rondo::create_task(error_of(next(*changes)));
      co_await test::turns(3);
      co_await end_it(changes, how);
      EXPECT_EQ(co_await waiting,
                "read inotify: the file was closed meanwhile: Operation canceled");
    });
  }
}

TEST(closed_meanwhile, the_pipe_of_a_process) {
  test::run([&]() -> rondo::task<> {
    std::optional<rondo::process> child =
        co_await rondo::create_subprocess_exec({.out = rondo::redirect::pipe}, "sleep", "1000");
    auto read = [](rondo::stream& s) -> rondo::task<> { static_cast<void>(co_await s.read()); };
    int number = child->out().internal()->fd;
    std::string error =
        co_await closed_under(child, number, error_of(read(child->out())), way::destroyed, 3);
    EXPECT_EQ(error, "read from stdout of sleep: Software caused connection abort");
  });
}

TEST(closed_meanwhile, a_file_whose_lock_is_waited_for) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto held = co_await rondo::lock_file(dir / "l");
    std::optional<rondo::file> file =
        co_await rondo::open_file(dir / "l", rondo::file_mode::read_write);
    auto lock = [](rondo::file& f) -> rondo::task<> { auto mine = co_await rondo::lock_file(f); };
    auto waiting = rondo::create_task(error_of(lock(*file)));
    co_await test::turns(5);
    file.reset();  // the lock is asked for through an fd of its own
    held.unlock();
    EXPECT_EQ(co_await waiting, "no error");
  });
}

/// The fds of somebody else.
struct raw_pipe {
  int ends[2];
  raw_pipe() { EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0); }
  raw_pipe(const raw_pipe&) = delete;
  ~raw_pipe() {
    close_read_end();
    ::close(ends[1]);
  }
  void close_read_end() {
    if (ends[0] >= 0) ::close(std::exchange(ends[0], -1));
  }
};

TEST(closed_meanwhile, what_waits_for_an_fd_of_others_is_told_by_forget_fd) {
  for (int turns : {1, 2, 5}) {
    test::run([&]() -> rondo::task<> {
      raw_pipe p;
      int number = p.ends[0];
      bool called = false;
      rondo::add_reader(number, [&] { called = true; });
      auto wait = [&]() -> rondo::task<> { co_await rondo::wait_readable(number); };
      auto waiting = rondo::create_task(error_of(wait()));
      auto another = rondo::create_task(error_of(wait()));
      co_await test::turns(turns);
      rondo::forget_fd(number);
      p.close_read_end();
      number_taker others;
      others.take();
      std::string expected = "wait_readable fd " + std::to_string(number) +
                             ": it was closed meanwhile: Bad file descriptor";
      EXPECT_EQ(co_await waiting, expected);
      EXPECT_EQ(co_await another, expected);
      EXPECT_FALSE(rondo::remove_reader(number)) << "it was not removed";
      EXPECT_FALSE(called);
    });
  }
}

TEST(closed_meanwhile, what_waits_for_the_fd_of_a_stream) {
  test::run([&]() -> rondo::task<> {
    auto [one, other] = rondo::socketpair();
    int number = one.internal()->fd;
    auto wait = [&]() -> rondo::task<> { co_await rondo::wait_readable(number); };
    auto waiting = rondo::create_task(error_of(wait()));
    co_await test::turns(3);
    one.close();
    EXPECT_EQ(co_await waiting, "wait_readable fd " + std::to_string(number) +
                                    ": it was closed meanwhile: Bad file descriptor");
  });
}

TEST(closed_meanwhile, the_waiter_and_its_fd_race) {
  for (int turns = 0; turns < 4; ++turns) {
    test::run([&]() -> rondo::task<> {
      raw_pipe p;
      auto wait = [&]() -> rondo::task<> { co_await rondo::wait_readable(p.ends[0]); };
      auto waiting = rondo::create_task(error_of(wait()));
      co_await test::turns(turns);
      EXPECT_EQ(::write(p.ends[1], "x", 1), 1);
      rondo::forget_fd(p.ends[0]);
      waiting.cancel();
      p.close_read_end();
      co_await rondo::wait(waiting);
    });
  }
}

// Nobody said that the fd was closed. Whoever waits for its number now must get
// what that number means now.
TEST(closed_meanwhile, a_number_that_came_again_unannounced) {
  test::run([&]() -> rondo::task<> {
    raw_pipe old;
    int number = old.ends[0];
    auto wait = [number]() -> rondo::task<> { co_await rondo::wait_readable(number); };
    auto stale = rondo::create_task(error_of(wait()));
    rondo::add_reader(number, [] {});
    co_await test::turns(3);
    old.close_read_end();
    raw_pipe fresh;
    if (fresh.ends[0] != number) co_return;  // another thread has taken it
    int called = 0;
    rondo::add_reader(number, [&] {
      char c;
      called += ::read(number, &c, 1) == 1;
    });
    auto waiting = rondo::create_task(error_of(wait()));
    co_await test::turns(3);
    EXPECT_EQ(::write(fresh.ends[1], "x", 1), 1);
    EXPECT_EQ(co_await waiting, "no error");
    while (called == 0) co_await rondo::sleep(0s);
    EXPECT_TRUE(rondo::remove_reader(number));
    rondo::forget_fd(number);  // of io_uring's, which waits on with the old pipe
    EXPECT_NE(co_await stale, "no error");
  });
}

TEST(closed_meanwhile, add_reader_of_no_fd_is_an_error) {
  test::run([&]() -> rondo::task<> {
    try {
      rondo::add_reader(987, [] {});
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& e) {
      EXPECT_STREQ(e.what(), "add_reader fd 987: Bad file descriptor");
    }
    co_return;
  });
}

}  // namespace
