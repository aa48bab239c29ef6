// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/file.hpp>
#include <rondo/io/file_system.hpp>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>
#include <cstring>

#include <gtest/gtest.h>
#include <rondo/io/errors.hpp>

#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using test::error_text;
using test::folder;
using test::open_fds;

rondo::task<> until_done(const auto& handle) {
  while (!handle.done()) co_await rondo::sleep(0s);
}

/// Writes a file that the page cache has not: the next read waits for the disk.
void make_uncached(const std::string& path, std::size_t size) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::string data(size, 'u');
  EXPECT_EQ(::write(fd, data.data(), size), static_cast<ssize_t>(size));
  ::fsync(fd);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
}

TEST(file, writes_and_reads_whole_files) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    std::string text(100'000, 'q');
    co_await rondo::write_text(dir / "a", text);
    EXPECT_EQ(co_await rondo::read_text(dir / "a"), text);
    EXPECT_EQ(dir.entries(), 1u) << "something was left behind";
    co_await rondo::write_text(dir / "a", "");
    EXPECT_EQ(co_await rondo::read_text(dir / "a"), "");
    // No size is known before: /proc says 0.
    std::string status = co_await rondo::read_text("/proc/self/status");
    EXPECT_NE(status.find("Name:"), status.npos);
  });
}

TEST(file, errors_name_the_operation_and_the_path) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto missing = co_await rondo::outcome_of(rondo::open_file("/nonexistent/file"));
    EXPECT_EQ(error_text(std::move(missing)), "open /nonexistent/file: No such file or directory");
    for (auto mode : {rondo::file_mode::read, rondo::file_mode::write}) {
      auto directory = co_await rondo::outcome_of(rondo::open_file("/tmp", mode));
      EXPECT_EQ(error_text(std::move(directory)), "open /tmp: Is a directory");
    }
    auto exists =
        co_await rondo::outcome_of(rondo::open_file("/dev/null", rondo::file_mode::create));
    EXPECT_EQ(error_text(std::move(exists)), "open /dev/null: File exists");
    auto full = co_await rondo::open_file("/dev/full", rondo::file_mode::write);
    auto written = co_await rondo::outcome_of(full.write("x"));
    EXPECT_EQ(error_text(std::move(written)), "write /dev/full: No space left on device");
    auto f = co_await rondo::open_file(dir / "f", rondo::file_mode::write);
    char c;
    auto read = co_await rondo::outcome_of(f.read_some({&c, 1}));
    EXPECT_EQ(error_text(std::move(read)), "read " + (dir / "f") + ": Bad file descriptor");
    auto cut = co_await rondo::outcome_of(rondo::open_file(std::string("/tmp\0/x", 7)));
    EXPECT_EQ(error_text(std::move(cut)), "open /tmp: Invalid argument");
    auto replaced = co_await rondo::outcome_of(rondo::write_text("/tmp", "x"));
    EXPECT_EQ(error_text(std::move(replaced)), "open /tmp: Is a directory");
    auto nowhere = co_await rondo::outcome_of(rondo::write_text("/nonexistent/f", "x"));
    EXPECT_EQ(error_text(std::move(nowhere)), "write /nonexistent/f: No such file or directory");
  });
}

TEST(file, modes_are_those_of_python) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    using enum rondo::file_mode;
    {
      auto f = co_await rondo::open_file(dir / "f", create, 0640);
      co_await f.write("one ");
      co_await f.close();
      EXPECT_FALSE(f);
    }
    {
      auto f = co_await rondo::open_file(dir / "f", append);
      co_await f.write("two");
      co_await f.close();
    }
    {
      auto f = co_await rondo::open_file(dir / "f", read_write);
      EXPECT_EQ(co_await f.read(), "one two");
      f.seek(4);
      co_await f.write("TWO");
      EXPECT_EQ(f.position(), 7u);
      co_await f.sync();
      co_await f.sync_data();
      co_await f.close();
    }
    auto f = co_await rondo::open_file(dir / "f", read_write_create);
    EXPECT_EQ(co_await f.read(), "one TWO");
    auto status = co_await f.status();
    EXPECT_EQ(status.mode, 0640u);
    EXPECT_TRUE(status.is_regular());
    co_await f.truncate(3);
    EXPECT_EQ(f.size(), 3u);
    co_await f.close();
    co_await f.close();  // once more is nothing
    auto emptied = co_await rondo::open_file(dir / "f", write);
    EXPECT_EQ(emptied.size(), 0u);
  });
}

TEST(file, offsets_leave_the_position_alone) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto f = co_await rondo::open_file(dir / "f", rondo::file_mode::read_write_create);
    std::string data(3'000'000, 'a');
    co_await f.pwrite(data, 0);
    co_await f.pwrite("xyz", 2'999'999);
    EXPECT_EQ(f.position(), 0u);
    EXPECT_EQ(f.size(), 3'000'002u);
    std::string back(4'000'000, '\0');
    EXPECT_EQ(co_await f.pread(back, 0), 3'000'002u) << "less than there is";
    back.resize(3'000'002);
    data.back() = 'x';
    EXPECT_TRUE(back == data + "yz");
    char c;
    EXPECT_EQ(co_await f.pread({&c, 1}, 3'000'002), 0u);
    auto beyond = co_await rondo::outcome_of(f.pwrite("x", ~std::uint64_t{0}));
    EXPECT_TRUE(beyond.has_error());
  });
}

TEST(file, what_the_cache_does_not_have_is_read_too) {
  folder dir;
  make_uncached(dir / "f", 3'000'000);
  test::run([&]() -> rondo::task<> {
    std::string text = co_await rondo::read_text(dir / "f");
    EXPECT_TRUE(text == std::string(3'000'000, 'u')) << text.size();
  });
}

// A task that reads what is there at once takes its part of a turn, no more.
TEST(file, cached_reads_let_others_run) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "f", std::string(100'000, 'x'));
    auto f = co_await rondo::open_file(dir / "f");
    int turns = 0;
    auto other = [&]() -> rondo::task<> {
      for (; turns < 5; ++turns) co_await rondo::sleep(0s);
    };
    auto o = rondo::create_task(other());
    char c;
    for (int i = 0; i < 2000; ++i) co_await f.read_some({&c, 1});
    EXPECT_GE(turns, 5);
    co_await o;
  });
}

TEST(file, five_gigabytes) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    constexpr std::uint64_t size = 5ull << 30;
    auto f = co_await rondo::open_file(dir / "big", rondo::file_mode::read_write_create);
    co_await f.truncate(size);
    EXPECT_EQ(f.size(), size);
    co_await f.pwrite("end", size - 3);
    co_await f.pwrite("middle", 3ull << 30);
    std::string end(10, '\0');
    EXPECT_EQ(co_await f.pread(end, size - 3), 3u);
    EXPECT_EQ(end.substr(0, 3), "end");
    f.seek(size - 2);
    EXPECT_EQ(co_await f.read(), "nd");
    EXPECT_EQ(f.position(), size);
    f.seek(0);
    auto all = co_await rondo::outcome_of(f.read());
    EXPECT_EQ(error_text(std::move(all)), "read " + (dir / "big") + ": File too large");
    EXPECT_EQ(f.position(), 0u);

    co_await rondo::copy_file(dir / "big", dir / "copy");
    auto copied = co_await rondo::open_file(dir / "copy");
    EXPECT_EQ(copied.size(), size);
    EXPECT_EQ(co_await copied.pread(end, size - 3), 3u);
    EXPECT_EQ(end.substr(0, 3), "end");
    std::string middle(6, '\0');
    EXPECT_EQ(co_await copied.pread(middle, 3ull << 30), 6u);
    EXPECT_EQ(middle, "middle");
    struct stat info{};
    EXPECT_EQ(::stat((dir / "copy").c_str(), &info), 0);
    EXPECT_LT(info.st_blocks * 512, 1 << 20) << "the holes were filled";
  });
}

TEST(file, a_file_over_the_maximum_is_an_error) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "a", "0123456789");
    EXPECT_EQ(co_await rondo::read_text(dir / "a", 10), "0123456789");
    auto o = co_await rondo::outcome_of(rondo::read_text(dir / "a", 9));
    EXPECT_EQ(error_text(std::move(o)), "read " + (dir / "a") + ": File too large");
    auto unknown = co_await rondo::outcome_of(rondo::read_text("/dev/zero", 1 << 20));
    EXPECT_EQ(error_text(std::move(unknown)), "read /dev/zero: File too large");
  });
}

TEST(file, two_writers_do_not_mix) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    std::string a(3'000'000, 'A');
    std::string b(10, 'B');
    co_await rondo::gather(rondo::write_text(dir / "f", a), rondo::write_text(dir / "f", b));
    std::string text = co_await rondo::read_text(dir / "f");
    EXPECT_TRUE(text == a || text == b) << "a mixture of " << text.size() << " bytes";
    EXPECT_EQ(dir.entries(), 1u);
  });
}

TEST(file, write_text_and_copy_file_make_what_a_link_names) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::make_directory(dir / "sub");
    co_await rondo::make_directory(dir / "other");
    co_await rondo::make_symlink("sub/link", dir / "first");            // relative to dir
    co_await rondo::make_symlink("../other/target", dir / "sub/link");  // relative to sub
    co_await rondo::make_symlink(dir / "absolute", dir / "whole");
    co_await rondo::write_text(dir / "first", "made");
    EXPECT_EQ(co_await rondo::read_text(dir / "other/target"), "made");
    co_await rondo::write_text(dir / "first", "replaced");
    EXPECT_EQ(co_await rondo::read_text(dir / "other/target"), "replaced");
    EXPECT_EQ(co_await rondo::read_link(dir / "first"), "sub/link");
    mode_t mask = ::umask(0);
    ::umask(mask);
    EXPECT_EQ((co_await rondo::stat(dir / "other/target")).mode, 0666u & ~mask);
    co_await rondo::copy_file(dir / "first", dir / "whole");
    EXPECT_EQ(co_await rondo::read_text(dir / "absolute"), "replaced");

    co_await rondo::make_symlink("nowhere/f", dir / "lost");
    auto lost = co_await rondo::outcome_of(rondo::write_text(dir / "lost", "x"));
    EXPECT_EQ(error_text(std::move(lost)),
              "write " + (dir / "lost") + ": No such file or directory");
    co_await rondo::make_symlink("round", dir / "round");
    auto round = co_await rondo::outcome_of(rondo::write_text(dir / "round", "x"));
    EXPECT_EQ(error_text(std::move(round)),
              "write " + (dir / "round") + ": Too many levels of symbolic links");
    // A file without a name any more: /proc's link must not make one of that name.
    auto nameless = co_await rondo::open_file(dir / "nameless", rondo::file_mode::write);
    co_await rondo::remove_file(dir / "nameless");
    std::string by_fd = "/proc/self/fd/" + std::to_string(nameless.fd());
    auto deleted = co_await rondo::outcome_of(rondo::write_text(by_fd, "x"));
    EXPECT_EQ(error_text(std::move(deleted)), "write " + by_fd + ": No such file or directory");
  });
}

// Another file system: what it is renamed from must be there, too.
TEST(file, write_text_through_a_link_to_another_file_system) {
  folder dir;
  char elsewhere[] = "/dev/shm/rondo-test-XXXXXX";
  if (!::mkdtemp(elsewhere)) GTEST_SKIP() << "no /dev/shm";
  std::string target = std::string(elsewhere) + "/target";
  test::run([&]() -> rondo::task<> {
    co_await rondo::make_symlink(target, dir / "link");
    co_await rondo::write_text(dir / "link", "made");
    EXPECT_EQ(co_await rondo::read_text(target), "made");
    co_await rondo::remove_tree(elsewhere);
  });
}

TEST(file, write_text_keeps_permissions_and_links) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "f", "old");
    co_await rondo::change_mode(dir / "f", 0600);
    co_await rondo::make_symlink("f", dir / "link");
    co_await rondo::write_text(dir / "link", "new");
    EXPECT_EQ(co_await rondo::read_text(dir / "f"), "new");
    EXPECT_EQ(co_await rondo::read_link(dir / "link"), "f");
    auto status = co_await rondo::stat(dir / "f");
    EXPECT_EQ(status.mode, 0600u);
    co_await rondo::write_text("/dev/null", "plainly");
    auto null = co_await rondo::stat("/dev/null");
    EXPECT_EQ(null.type, rondo::file_type::character_device) << "it was replaced!";
    auto full = co_await rondo::outcome_of(rondo::write_text("/dev/full", "x"));
    EXPECT_EQ(error_text(std::move(full)), "write /dev/full: No space left on device");
  });
}

TEST(file, a_full_disk_is_an_error_and_spoils_nothing) {
  folder dir;
  if (::mount("rondo", dir.path.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "cannot mount a small tmpfs: " << std::strerror(errno);
  struct unmount {
    std::string path;
    ~unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } at_end{dir.path};
  test::run([&]() -> rondo::task<> {
    std::string big(2'000'000, 'x');
    co_await rondo::write_text(dir / "f", "old");
    auto replaced = co_await rondo::outcome_of(rondo::write_text(dir / "f", big));
    EXPECT_EQ(error_text(std::move(replaced)),
              "write " + (dir / "f") + ": No space left on device");
    EXPECT_EQ(co_await rondo::read_text(dir / "f"), "old");
    EXPECT_EQ(dir.entries(), 1u) << "the part that was written is left";
    {
      folder elsewhere;
      co_await rondo::write_text(elsewhere / "big", big);
      auto copied = co_await rondo::outcome_of(rondo::copy_file(elsewhere / "big", dir / "f"));
      EXPECT_EQ(error_text(std::move(copied)),
                "copy " + (elsewhere / "big") + " to " + (dir / "f") + ": No space left on device");
      EXPECT_EQ(co_await rondo::read_text(dir / "f"), "old");
      EXPECT_EQ(dir.entries(), 1u);
    }
    // A part fits: what did not may not be taken for written.
    for (auto mode : {rondo::file_mode::write, rondo::file_mode::append}) {
      auto f = co_await rondo::open_file(dir / "g", mode);
      auto written = co_await rondo::outcome_of(f.write(big));
      EXPECT_EQ(error_text(std::move(written)),
                "write " + (dir / "g") + ": No space left on device");
      co_await f.close();
      co_await rondo::remove_file(dir / "g");
    }
  });
}

TEST(file, lines) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    std::string text, expected;
    for (int i = 0; i < 20'000; ++i) text += "line " + std::to_string(i) + "\n";
    text += "\n\nlast without an end";
    co_await rondo::write_text(dir / "f", text);
    auto lines = rondo::read_lines(dir / "f");
    int count = 0;
    while (auto line = co_await lines.next()) {
      expected += *line;
      ++count;
    }
    EXPECT_EQ(count, 20'003);
    EXPECT_TRUE(expected == text);

    co_await rondo::write_text(dir / "empty", "");
    auto none = rondo::read_lines(dir / "empty");
    EXPECT_FALSE(co_await none.next());
    auto missing = rondo::read_lines(dir / "missing");
    std::string error;
    try {
      co_await missing.next();
    } catch (const std::system_error& e) {
      error = e.what();
    }
    EXPECT_EQ(error, "open " + (dir / "missing") + ": No such file or directory");
  });
}

TEST(file, a_line_over_the_limit_is_an_error_and_stays) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "f", "short\n" + std::string(200'000, 'x') + "\nmore\n");
    auto f = co_await rondo::open_file(dir / "f");
    {
      auto lines = f.lines(1000);
      EXPECT_EQ(*co_await lines.next(), "short\n");
      bool thrown = false;
      try {
        co_await lines.next();
      } catch (const rondo::limit_overrun_error& e) {
        thrown = true;
        EXPECT_EQ(std::string(e.what()),
                  "read " + (dir / "f") + ": a line is longer than 1000 bytes");
      }
      EXPECT_TRUE(thrown);
    }
    EXPECT_EQ(f.position(), 6u);
    auto exact = f.lines(200'001);
    EXPECT_EQ((*co_await exact.next()).size(), 200'001u);
    EXPECT_EQ(*co_await exact.next(), "more\n");
    EXPECT_FALSE(co_await exact.next());
  });
}

TEST(file, lines_give_back_what_they_read_ahead) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "f", "a\nbb\nccc\n");
    auto f = co_await rondo::open_file(dir / "f");
    {
      auto lines = f.lines();
      EXPECT_EQ(*co_await lines.next(), "a\n");
      EXPECT_EQ(*co_await lines.next(), "bb\n");
    }
    EXPECT_EQ(co_await f.read(), "ccc\n");
  });
}

// A FIFO without the other end: open for reading does not wait, the first read
// does, and no thread is stuck in either.
TEST(file, a_fifo_without_a_writer_is_waited_for) {
  folder dir;
  ASSERT_EQ(::mkfifo((dir / "p").c_str(), 0600), 0);
  test::run([&]() -> rondo::task<> {
    auto f = co_await rondo::open_file(dir / "p");
    char c = 0;
    auto read_one = [&]() -> rondo::task<std::size_t> { co_return co_await f.read_some({&c, 1}); };
    auto cancelled = rondo::create_task(read_one());
    co_await test::turns(5);
    EXPECT_FALSE(cancelled.done()) << "no writer is not the end";
    cancelled.cancel();
    co_await until_done(cancelled);
    EXPECT_TRUE(cancelled.cancelled());

    auto reading = rondo::create_task(read_one());
    co_await test::turns(5);
    {
      auto writer = co_await rondo::open_file(dir / "p", rondo::file_mode::write);
      co_await test::turns(5);
      EXPECT_FALSE(reading.done());
      co_await writer.write("xy");
      EXPECT_EQ(co_await reading, 1u);
      EXPECT_EQ(c, 'x');
      co_await writer.close();
    }
    EXPECT_EQ(co_await f.read(), "y");
    EXPECT_EQ(co_await f.read_some({&c, 1}), 0u) << "the writer has gone";
  });
}

TEST(file, a_fifo_without_a_reader_opens_when_one_comes) {
  folder dir;
  ASSERT_EQ(::mkfifo((dir / "p").c_str(), 0600), 0);
  std::size_t before = open_fds();
  test::run([&]() -> rondo::task<> {
    auto open = [&]() -> rondo::task<rondo::file> {
      co_return co_await rondo::open_file(dir / "p", rondo::file_mode::write);
    };
    auto cancelled = rondo::create_task(open());
    co_await rondo::sleep(5ms);
    EXPECT_FALSE(cancelled.done());
    cancelled.cancel();
    co_await until_done(cancelled);
    EXPECT_TRUE(cancelled.cancelled());

    auto opening = rondo::create_task(open());
    co_await test::turns(5);
    auto reader = co_await rondo::open_file(dir / "p");
    rondo::file writer = co_await std::move(opening);
    // More than a pipe holds: the writer waits for the reader.
    std::string much(300'000, 'z');
    auto write = [&]() -> rondo::task<> {
      co_await writer.write(much);
      co_await writer.close();
    };
    auto [text, nothing] = co_await rondo::gather(reader.read(), write());
    static_cast<void>(nothing);
    EXPECT_TRUE(text == much) << text.size();
  });
  EXPECT_EQ(open_fds(), before);
}

TEST(file, a_pipe_that_nobody_reads_is_an_error_not_a_signal) {
  auto before = std::signal(SIGPIPE, SIG_DFL);
  test::run([]() -> rondo::task<> {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);  // blocking: polled before each write
    ::close(ends[0]);
    rondo::file writer(ends[1], "a pipe");
    auto o = co_await rondo::outcome_of(writer.write("x"));
    EXPECT_EQ(error_text(std::move(o)), "write a pipe: Broken pipe");
  });
  std::signal(SIGPIPE, before);
}

// Also while the writer waits for room, and in each form of opening.
TEST(file, a_fifo_that_loses_its_reader_is_an_error_not_a_signal) {
  folder dir;
  ASSERT_EQ(::mkfifo((dir / "p").c_str(), 0600), 0);
  auto before = std::signal(SIGPIPE, SIG_DFL);
  test::run([&]() -> rondo::task<> {
    for (auto mode : {rondo::file_mode::write, rondo::file_mode::append}) {
      int reader = ::open((dir / "p").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
      rondo::file writer = co_await rondo::open_file(dir / "p", mode);
      std::string much(1'000'000, 'z');
      auto writing = rondo::create_task(writer.write(much));
      co_await rondo::sleep(1ms);
      EXPECT_FALSE(writing.done());
      ::close(reader);
      co_await test::ended(writing);
      EXPECT_TRUE(writing.exception()) << "it wrote all";
      auto again = co_await rondo::outcome_of(writer.write("x"));
      EXPECT_EQ(error_text(std::move(again)), "write " + (dir / "p") + ": Broken pipe");
    }
  });
  std::signal(SIGPIPE, before);
}

TEST(file, a_blocking_pipe_does_not_block_the_loop) {
  test::run([]() -> rondo::task<> {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    rondo::file reader(ends[0], "reader");
    rondo::file writer(ends[1], "writer");
    std::string much(1'000'000, 'b');
    auto write = [&]() -> rondo::task<> {
      co_await writer.write(much);
      co_await writer.close();
    };
    auto [text, nothing] = co_await rondo::gather(reader.read(), write());
    static_cast<void>(nothing);
    EXPECT_TRUE(text == much) << text.size();
  });
}

TEST(file, begun_on_a_cancelled_task_nothing_starts) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "f", "0123456789");
    auto f = co_await rondo::open_file(dir / "f", rondo::file_mode::read_write);
    char c = 0;
    auto started_cancelled = [](auto make) -> rondo::task<> {
      auto one = [](auto m) -> rondo::task<> {
        rondo::current_task().cancel();
        co_await m();
        ADD_FAILURE() << "it went on";
      };
      auto h = rondo::create_task(one(make));
      co_await until_done(h);
      EXPECT_TRUE(h.cancelled());
    };
    auto read = [&]() -> rondo::task<> { co_await f.read_some({&c, 1}); };
    auto write = [&]() -> rondo::task<> { co_await f.write("x"); };
    auto create = [&]() -> rondo::task<> {
      auto opened = co_await rondo::open_file(dir / "new", rondo::file_mode::create);
    };
    auto replace = [&]() -> rondo::task<> { co_await rondo::write_text(dir / "f", "new"); };
    auto copy = [&]() -> rondo::task<> { co_await rondo::copy_file(dir / "f", dir / "copy"); };
    auto remove = [&]() -> rondo::task<> { co_await rondo::remove_file(dir / "f"); };
    auto cut = [&]() -> rondo::task<> { co_await f.truncate(0); };
    co_await started_cancelled(read);
    co_await started_cancelled(write);
    co_await started_cancelled(create);
    co_await started_cancelled(replace);
    co_await started_cancelled(copy);
    co_await started_cancelled(remove);
    co_await started_cancelled(cut);
    EXPECT_EQ(c, 0);
    EXPECT_EQ(f.position(), 0u);
    EXPECT_EQ(co_await rondo::read_text(dir / "f"), "0123456789");
    EXPECT_EQ(dir.entries(), 1u);
  });
}

TEST(file, a_cancelled_close_leaves_no_fd) {
  folder dir;
  std::size_t before = 0;
  std::size_t after = 0;
  test::run([&]() -> rondo::task<> {
    co_await rondo::read_text("/proc/self/stat");  // whatever the first use keeps open
    before = open_fds();
    for (int i = 0; i < 100; ++i) {
      auto one = [&]() -> rondo::task<> {
        auto f = co_await rondo::open_file(dir / "f", rondo::file_mode::write);
        if (i % 2) rondo::current_task().cancel();
        co_await f.close();
      };
      auto task = rondo::create_task(one());
      co_await test::turns(i % 5);
      task.cancel();
      co_await until_done(task);
    }
    after = open_fds();
  });
  EXPECT_EQ(after, before);
}

/// Cancels tasks at different moments; says how many of them completed.
template <class Make>
rondo::task<int> race(int rounds, Make make) {
  int completed = 0;
  for (int i = 0; i < rounds; ++i) {
    auto h = rondo::create_task(make(i));
    // At moments from 0 to 300 us; what races takes about as long.
    auto moment = rondo::now() + std::chrono::microseconds(i % 61 * 5);
    while (!h.done() && rondo::now() < moment) co_await rondo::sleep(0s);
    h.cancel();
    co_await until_done(h);
    if (!h.cancelled()) ++completed;
  }
  co_return completed;
}

TEST(file, a_cancel_that_races_reads_loses_no_byte) {
  folder dir;
  make_uncached(dir / "f", 8 << 20);
  test::run([&]() -> rondo::task<> {
    auto f = co_await rondo::open_file(dir / "f");
    std::vector<char> buffer(4096);
    std::uint64_t delivered = 0;
    auto read = [&](int) -> rondo::task<> {
      ::posix_fadvise(f.fd(), 0, 0, POSIX_FADV_DONTNEED);
      if (delivered > 4u << 20) {
        f.seek(0);
        delivered = 0;
      }
      delivered += co_await f.read_some(buffer);
    };
    for (int i = 0; i < 20; ++i) {
      co_await race(50, read);
      EXPECT_EQ(f.position(), delivered) << "bytes were taken and not delivered";
    }
  });
}

TEST(file, a_cancel_that_races_reads_of_a_pipe_loses_no_byte) {
  folder dir;
  ASSERT_EQ(::mkfifo((dir / "p").c_str(), 0600), 0);
  test::run([&]() -> rondo::task<> {
    auto reader = co_await rondo::open_file(dir / "p");
    auto writer = co_await rondo::open_file(dir / "p", rondo::file_mode::write);
    unsigned char byte = 0;
    int sent = 0;
    int received = 0;
    auto read = [&]() -> rondo::task<> {
      std::size_t n = co_await reader.read_some({reinterpret_cast<char*>(&byte), 1});
      EXPECT_EQ(n, 1u);
      EXPECT_EQ(byte, received % 251);
      ++received;
    };
    auto send = [&] {
      char b = static_cast<char>(sent++ % 251);
      EXPECT_EQ(::write(writer.fd(), &b, 1), 1);
    };
    for (int i = 0; i < 3000 && !testing::Test::HasFailure(); ++i) {
      auto h = rondo::create_task(read());
      co_await test::turns(i % 4);
      if (i % 2) send();
      if (i % 6 == 3) co_await rondo::sleep(0s);
      h.cancel();
      if (i % 2 == 0) send();
      co_await until_done(h);
      if (h.cancelled()) co_await read();
      EXPECT_EQ(received, sent);
    }
  });
}

TEST(file, a_cancel_that_races_writes_tells_what_was_written) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto f = co_await rondo::open_file(dir / "f", rondo::file_mode::append);
    std::string block(64 * 1024, 'w');
    std::uint64_t told = 0;
    auto write = [&](int) -> rondo::task<> {
      co_await f.write(block);
      told += block.size();
    };
    co_await race(600, write);
    EXPECT_EQ(f.size(), told);
    EXPECT_GT(told, 0u);
  });
}

TEST(file, a_cancel_that_races_opens_leaves_no_fd) {
  folder dir;
  std::size_t before = 0;
  std::size_t after = 0;
  test::run([&]() -> rondo::task<> {
    co_await rondo::write_text(dir / "f", "x");
    before = open_fds();
    auto open = [&](int i) -> rondo::task<> {
      using enum rondo::file_mode;
      auto f = co_await rondo::open_file(dir / "f", i % 2 ? write : read);
      co_await rondo::sleep(0s);
    };
    int completed = co_await race(1000, open);
    EXPECT_GT(completed, 0);
    after = open_fds();
  });
  EXPECT_EQ(after, before);
}

TEST(file, a_cancelled_replacement_is_all_or_nothing) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    std::string texts[2] = {std::string(100'000, '0'), std::string(100'000, '1')};
    co_await rondo::write_text(dir / "f", texts[0]);
    auto replace = [&](int i) -> rondo::task<> {
      co_await rondo::write_text(dir / "f", texts[i % 2]);
    };
    for (int i = 0; i < 30; ++i) {
      co_await race(5, replace);
      std::string text = co_await rondo::read_text(dir / "f");
      EXPECT_TRUE(text == texts[0] || text == texts[1]) << "a mixture of " << text.size();
      EXPECT_EQ(dir.entries(), 1u) << "a part is left";
    }
  });
}

TEST(file, cancelled_in_the_midst_of_reading_all_the_position_is_restored) {
  folder dir;
  make_uncached(dir / "f", 4 << 20);
  test::run([&]() -> rondo::task<> {
    auto f = co_await rondo::open_file(dir / "f");
    bool got_all = false;
    auto read = [&]() -> rondo::task<> {
      ::posix_fadvise(f.fd(), 0, 0, POSIX_FADV_DONTNEED);
      std::string text = co_await f.read();
      got_all = true;
    };
    for (int i = 0; i < 60; ++i) {
      f.seek(7);
      got_all = false;
      auto h = rondo::create_task(read());
      co_await test::turns(i);
      h.cancel();
      co_await until_done(h);
      EXPECT_EQ(f.position(), got_all ? 4u << 20 : 7u);
    }
  });
}

}  // namespace
