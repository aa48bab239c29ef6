// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Files: write, read lines, copy, list a directory.
#include <cstdio>
#include <rondo/io.hpp>
#include <rondo/rondo.hpp>
#include <set>

rondo::task<> amain() {
  auto directory = co_await rondo::make_temporary_directory();
  std::string notes = directory.path() + "/notes.txt";
  co_await rondo::write_text(notes, "buy milk\ncall home\n");
  auto lines = rondo::read_lines(notes);
  while (auto line = co_await lines.next()) std::printf("- %s", line->c_str());
  co_await rondo::copy_file(notes, directory.path() + "/copy.txt");
  std::set<std::string> names;
  auto entries = rondo::list_directory(directory.path());
  while (auto entry = co_await entries.next()) names.insert(entry->name);
  for (auto& name : names) std::printf("%s%s", name.c_str(), name == *names.rbegin() ? "\n" : " ");
  auto status = co_await rondo::stat(notes);
  std::printf("%d bytes\n", static_cast<int>(status.size));
  try {
    co_await rondo::read_text("/no/such/file");
  } catch (const std::system_error& error) {
    std::puts(error.code().message().c_str());
  }
}

int main() { rondo::run(amain()); }
