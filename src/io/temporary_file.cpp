// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/temporary_file.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <stop_token>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/io/file_system.hpp>
#include "io/on_thread.hpp"
#include "io/remove_tree.hpp"

namespace rondo { inline namespace v0 {

namespace {

/// A name for mkstemp and mkdtemp.
std::string name_pattern(std::string directory) {
  if (directory.empty()) {
    const char* wanted = std::getenv("TMPDIR");
    directory = wanted && *wanted ? wanted : "/tmp";
  }
  return directory + "/rondo-XXXXXX";
}

}  // namespace

task<file> temporary_file(std::string directory) {
  detail::check_path(directory, "temporary_file");
  std::string name = name_pattern(std::move(directory));
  std::string in = name.substr(0, name.rfind('/'));
  std::string path = in + "/(temporary)";  // made before there is an fd that could be lost
  auto make = [&] {
    int fd = ::open(in.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
    // A file system without files that have no name.
    fd = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd >= 0) ::unlink(name.c_str());
    return fd;
  };
  std::int64_t fd = co_await detail::on_thread("temporary_file", in, make);
  file made(static_cast<int>(fd), std::move(path));
  co_return made;
}

temporary_directory::~temporary_directory() {
  if (path_.empty()) return;
  try {
    detail::remove_tree_now(path_, {});
  } catch (const std::exception&) {
    // Nobody is there to be told; close() tells.
  }
}

task<> temporary_directory::close() {
  if (path_.empty()) co_return;
  co_await remove_tree(path_);
  path_.clear();
}

task<temporary_directory> make_temporary_directory(std::string directory) {
  detail::check_path(directory, "make_temporary_directory");
  std::string name = name_pattern(std::move(directory));
  auto make = [&] { return ::mkdtemp(name.data()) ? 0 : -1; };
  std::string in = name.substr(0, name.rfind('/'));
  co_await detail::on_thread("make_temporary_directory", in, make);
  temporary_directory made(std::move(name));
  co_return made;
}

}}  // namespace rondo::v0
