// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Files when memory runs short at every allocation in turn: an error, no fd and no
// half-made file is left, and what was there stays.
#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <rondo/io.hpp>

#include <rondo/testing/every_allocation.hpp>
#include "support/async.hpp"
#include "support/folder.hpp"

namespace {

using test::folder;

constexpr const char* old_text = "what was there before, and is longer than a small string";
constexpr const char* new_text = "what is there afterwards, and is longer than a small string";

// The whole text is there, old or new, and nothing beside it.
rondo::task<> replace(const folder& dir) {
  std::string path = dir.path + "/text";
  std::exception_ptr error;
  try {
    co_await rondo::write_text(path, old_text);
    co_await rondo::write_text(path, new_text);
    std::string text = co_await rondo::read_text(path);
    EXPECT_EQ(text, new_text);
    auto lines = rondo::read_lines(path);
    while (auto line = co_await lines.next()) EXPECT_EQ(*line, new_text);
    co_await rondo::copy_file(path, path + ".copy");
    co_await rondo::rename_file(path + ".copy", path);
  } catch (...) {
    error = std::current_exception();
  }
  rondo::testing::failing_allocation::stop();
  std::size_t entries = dir.entries();
  if (entries > 0) {
    std::string text = co_await rondo::read_text(path);
    EXPECT_TRUE(text == old_text || text == new_text) << text;
    co_await rondo::remove_file(path);
    if (entries > 1) {
      std::string copy = co_await rondo::read_text(path + ".copy");
      EXPECT_EQ(copy, new_text);
      co_await rondo::remove_file(path + ".copy");
    }
  }
  EXPECT_EQ(dir.entries(), 0u);
  if (error) std::rethrow_exception(error);
}

rondo::task<> use_a_file(const folder& dir) {
  rondo::file mine = co_await rondo::temporary_file(dir.path);
  co_await mine.write(new_text);
  co_await mine.sync();
  mine.seek(0);
  std::string text = co_await mine.read();
  EXPECT_EQ(text, new_text);
  co_await mine.close();
}

rondo::task<> trees(const folder& dir) {
  std::string root = dir.path + "/a/directory/in/a/directory";
  std::exception_ptr error;
  try {
    co_await rondo::make_directory(root, {.parents = true});
    co_await rondo::write_text(root + "/text", new_text);
    std::size_t seen = 0;
    auto tree = rondo::walk(dir.path);
    while (auto e = co_await tree.next()) ++seen;
    EXPECT_EQ(seen, 6u);
    auto entries = rondo::list_directory(root);
    while (auto e = co_await entries.next()) EXPECT_EQ(e->name, "text");
    co_await rondo::remove_tree(dir.path + "/a");
  } catch (...) {
    error = std::current_exception();
  }
  rondo::testing::failing_allocation::stop();
  if (dir.entries() > 0) co_await rondo::remove_tree(dir.path + "/a");
  if (error) std::rethrow_exception(error);
}

rondo::task<> names(const folder& dir) {
  std::string path = dir.path + "/a name that is longer than a small string";
  std::exception_ptr error;
  try {
    co_await rondo::write_text(path, old_text);
    co_await rondo::make_symlink(path, path + ".link");
    std::string target = co_await rondo::read_link(path + ".link");
    EXPECT_EQ(target, path);
    rondo::file_status status = co_await rondo::stat(path + ".link");
    EXPECT_EQ(status.size, std::string(old_text).size());
    {
      rondo::file_lock mine = co_await rondo::lock_file(path);
      std::optional<rondo::file_lock> other = co_await rondo::try_lock_file(path);
      EXPECT_FALSE(other);
    }
    rondo::temporary_directory inside = co_await rondo::make_temporary_directory(dir.path);
    co_await rondo::write_text(inside.path() + "/text", new_text);
    co_await inside.close();
  } catch (...) {
    error = std::current_exception();
  }
  rondo::testing::failing_allocation::stop();
  // Also a directory whose destructor had no memory to remove it.
  for (const auto& e : std::filesystem::directory_iterator(dir.path))
    std::filesystem::remove_all(e.path());
  if (error) std::rethrow_exception(error);
}

void expect_sound(rondo::task<> (*main)(const folder&), int at_least) {
  folder dir;
  test::run(main(dir));
  std::size_t fds = test::open_fds();
  auto scenario = [&] {
    std::exception_ptr error;
    try {
      test::run(main(dir));
    } catch (...) {
      error = std::current_exception();
    }
    rondo::testing::failing_allocation::stop();  // there is memory for what follows
    EXPECT_EQ(test::open_fds(), fds);
    EXPECT_EQ(dir.entries(), 0u);
    if (error) std::rethrow_exception(error);
  };
  for (bool all_after : {false, true})
    EXPECT_GE(rondo::testing::every_allocation(scenario, all_after), at_least);
}

TEST(file_faults, texts_are_replaced_whole_or_not_at_all) { expect_sound(&replace, 10); }
TEST(file_faults, temporary_files) { expect_sound(&use_a_file, 5); }
TEST(file_faults, names_and_locks) { expect_sound(&names, 10); }
TEST(file_faults, trees) { expect_sound(&trees, 10); }

}  // namespace
