// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/watch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <set>

#include <gtest/gtest.h>
#include <rondo/io/file.hpp>
#include <rondo/io/file_system.hpp>

#include "support/async.hpp"
#include "support/folder.hpp"

using namespace std::chrono_literals;

namespace {

using rondo::watch_kind;
using test::folder;

void touch(const std::string& path) { ::close(::open(path.c_str(), O_CREAT | O_WRONLY, 0600)); }

std::string told(const rondo::watch_event& e) {
  return std::string(to_string(e.kind)) + " " + e.name + (e.is_directory ? "/" : "");
}

TEST(watch, tells_what_happens_in_a_directory) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto changes = co_await rondo::watch(dir.path);
    auto next = [&]() -> rondo::task<std::string> {
      auto e = co_await changes.next();
      EXPECT_TRUE(e);
      if (!e) co_return "the end";
      EXPECT_EQ(e->path, dir.path);
      co_return told(*e);
    };
    auto waiting = rondo::create_task(next());
    co_await test::turns(5);
    EXPECT_FALSE(waiting.done());
    touch(dir / "a");
    EXPECT_EQ(co_await waiting, "created a");
    EXPECT_EQ(co_await next(), "closed a");
    ::mkdir((dir / "d").c_str(), 0700);
    EXPECT_EQ(co_await next(), "created d/");
    ::rename((dir / "a").c_str(), (dir / "b").c_str());
    auto from = co_await changes.next();
    auto to = co_await changes.next();
    EXPECT_EQ(told(*from), "moved_from a");
    EXPECT_EQ(told(*to), "moved_to b");
    EXPECT_NE(from->cookie, 0u);
    EXPECT_EQ(from->cookie, to->cookie);
    ::chmod((dir / "b").c_str(), 0644);
    EXPECT_EQ(co_await next(), "attributes b");
    EXPECT_EQ(::truncate((dir / "b").c_str(), 10), 0);
    EXPECT_EQ(co_await next(), "modified b");
    ::unlink((dir / "b").c_str());
    EXPECT_EQ(co_await next(), "removed b");
    ::rmdir((dir / "d").c_str());
    EXPECT_EQ(co_await next(), "removed d/");
  });
}

TEST(watch, ends_when_all_that_is_watched_has_gone) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    touch(dir / "a");
    touch(dir / "b");
    auto changes = co_await rondo::watch(dir / "a", watch_kind::moved);
    co_await changes.add(dir / "b", watch_kind::modified | watch_kind::closed);
    ::rename((dir / "a").c_str(), (dir / "c").c_str());
    ::unlink((dir / "c").c_str());
    ::unlink((dir / "b").c_str());
    test::lines seen;
    while (auto e = co_await changes.next())
      seen.push_back(told(*e) + e->path.substr(dir.path.size()));
    test::lines expected{"moved /a", "gone /a", "gone /b"};
    EXPECT_EQ(seen, expected);
    EXPECT_FALSE(co_await changes.next()) << "the end stays";
  });
}

TEST(watch, errors_and_misuse) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto o = co_await rondo::outcome_of(rondo::watch(dir / "no"));
    try {
      static_cast<void>(std::move(o).get());
      ADD_FAILURE();
    } catch (const std::system_error& e) {
      EXPECT_EQ(std::string(e.what()), "watch " + (dir / "no") + ": No such file or directory");
    }
    auto changes = co_await rondo::watch(dir.path);
    auto first = rondo::create_task(changes.next());
    co_await test::turns(2);
    bool thrown = false;
    try {
      co_await changes.next();
    } catch (const rondo::usage_error&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    first.cancel();
    while (!first.done()) co_await rondo::sleep(0s);
    touch(dir / "f");
    auto e = co_await changes.next();
    EXPECT_EQ(told(*e), "created f") << "a cancelled next() is in the way";
  });
}

TEST(watch, tells_of_lost_events) {
  folder dir;
  test::run([&]() -> rondo::task<> {
    auto changes = co_await rondo::watch(dir.path);
    long limit = std::stol(co_await rondo::read_text("/proc/sys/fs/inotify/max_queued_events"));
    if (limit > 100'000) {
      std::puts("skipped: the kernel keeps too many events here");
      co_return;
    }
    touch(dir / "a");
    touch(dir / "b");
    // Equal neighbours are one event: alternate.
    for (long i = 0; i <= limit; ++i) ::chmod((dir / (i % 2 ? "a" : "b")).c_str(), 0600);
    long events = 0;
    bool lost = false;
    while (!lost) {
      auto e = co_await changes.next();
      ++events;
      lost = e->kind == watch_kind::overflow;
    }
    EXPECT_GE(events, limit);
    touch(dir / "later");
    auto e = co_await changes.next();
    EXPECT_EQ(told(*e), "created later");
  });
}

TEST(watch, a_cancel_that_races_an_event_loses_none) {
  folder dir;
  std::size_t before = 0;
  std::size_t after = 0;
  test::run([&]() -> rondo::task<> {
    before = test::open_fds();
    {
      auto changes = co_await rondo::watch(dir.path, watch_kind::created);
      int made = 0;
      int seen = 0;
      auto take = [&]() -> rondo::task<> {
        auto e = co_await changes.next();
        EXPECT_EQ(e->name, std::to_string(seen)) << "an event was lost";
        ++seen;
      };
      for (int i = 0; i < 2000 && !testing::Test::HasFailure(); ++i) {
        auto h = rondo::create_task(take());
        co_await test::turns(i % 4);
        if (i % 2) touch(dir / std::to_string(made++));
        if (i % 6 == 1) co_await rondo::sleep(0s);
        h.cancel();
        if (i % 2 == 0) touch(dir / std::to_string(made++));
        while (!h.done()) co_await rondo::sleep(0s);
        if (h.cancelled()) co_await take();
        EXPECT_EQ(seen, made);
      }
    }
    after = test::open_fds();
  });
  EXPECT_EQ(after, before);
}

}  // namespace
