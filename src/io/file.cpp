// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/file.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/loop/detail/backend.hpp>
#include <rondo/loop/detail/syscall.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo::inline v0 {

namespace detail {

bool file_operation::begin() noexcept {
  loop& l = loop::of(*waiter());
  if (l.kernel().serves_files()) return io_operation::begin();
  link_ = waiter()->sched().outside;
  link_->hold();
  run = [](job& j) noexcept {
    auto& op = static_cast<file_operation&>(j);
    op.arrival_.result = do_syscall(op);
  };
  finish = [](job& j) noexcept {
    auto& op = static_cast<file_operation&>(j);
    outside_link* link = op.link_;
    link->post_and_release(op.arrival_);  // op may be gone from here on
  };
  arrival_.op = this;
  arrival_.fire = [](entry& e) noexcept {
    auto& a = static_cast<arrival&>(e);
    --a.op->waiter()->sched().threads_at_work;
    a.op->kernel_done(a.result);
  };
  ++waiter()->sched().threads_at_work;
  try {
    worker_threads::shared().submit(*this);
    return false;
  } catch (const std::system_error& e) {
    outcome = -e.code().value();
  } catch (const std::bad_alloc&) {
    outcome = -ENOMEM;
  }
  --waiter()->sched().threads_at_work;
  link_->release();
  return true;
}

bool file_operation::cancel() noexcept {
  if (!link_) return io_operation::cancel();
  if (!worker_threads::shared().withdraw(*this)) return false;
  --waiter()->sched().threads_at_work;
  link_->release();
  return true;
}

namespace {

class request final : public file_operation {
 public:
  request(opcode c, int fd_number) noexcept {
    code = c;
    fd = fd_number;
  }
  request(request&&) noexcept = default;
  std::int64_t result() const noexcept { return outcome; }
  const char* describe() const noexcept override {
    switch (code) {
      case opcode::read:
        return "file.read";
      case opcode::write:
        return "file.write";
      case opcode::fsync:
        return "file.sync";
      case opcode::openat:
        return "open_file";
      default:
        return "file";
    }
  }
};

std::int64_t check(std::int64_t result, const char* operation, const std::string& path) {
  if (result >= 0) return result;
  throw std::system_error(static_cast<int>(-result), std::generic_category(),
                          std::string(operation) + " " + path);
}

int open_flags(file_mode mode) {
  switch (mode) {
    case file_mode::read:
      return O_RDONLY;
    case file_mode::write:
      return O_WRONLY | O_CREAT | O_TRUNC;
    case file_mode::append:
      return O_WRONLY | O_CREAT | O_APPEND;
    case file_mode::read_write:
      return O_RDWR;
    case file_mode::create:
      return O_WRONLY | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

task<file> open_with(std::string path, int flags, unsigned permissions) {
  request open(opcode::openat, AT_FDCWD);
  open.buffer = path.data();
  open.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  open.length = permissions;
  int fd = static_cast<int>(check(co_await open, "open", path));
  co_return file(fd, std::move(path));
}

}  // namespace

}  // namespace detail

using detail::opcode;
using detail::request;

file::~file() {
  if (fd_ >= 0) ::close(fd_);
}

task<std::size_t> file::read_some(std::span<char> into) {
  request read(opcode::read, fd_);
  read.buffer = into.data();
  read.length = into.size();
  co_return static_cast<std::size_t>(detail::check(co_await read, "read", path_));
}

task<std::string> file::read(std::size_t max) {
  std::string text;
  struct stat info {};
  std::size_t expected = 0;
  if (::fstat(fd_, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0)
    expected = static_cast<std::size_t>(info.st_size);
  std::size_t filled = 0;
  for (;;) {
    // One byte more than expected, to meet the end without growing.
    if (text.size() == filled)
      text.resize(std::max(filled * 2, std::min(expected, max) + 1 + (expected ? 0 : 4096)));
    std::size_t n = co_await read_some({text.data() + filled, text.size() - filled});
    if (n == 0) break;
    filled += n;
    if (filled > max) detail::check(-EFBIG, "read", path_);
  }
  text.resize(filled);
  co_return text;
}

task<> file::write(std::string_view data) {
  while (!data.empty()) {
    request write(opcode::write, fd_);
    write.buffer = const_cast<char*>(data.data());
    write.length = data.size();
    std::int64_t n = detail::check(co_await write, "write", path_);
    if (n == 0) detail::check(-ENOSPC, "write", path_);
    data.remove_prefix(static_cast<std::size_t>(n));
  }
}

task<> file::sync() {
  request sync(opcode::fsync, fd_);
  detail::check(co_await sync, "sync", path_);
}

std::uint64_t file::size() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) detail::check(-errno, "stat", path_);
  return static_cast<std::uint64_t>(info.st_size);
}

void file::truncate(std::uint64_t size) {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) detail::check(-errno, "truncate", path_);
}

void file::seek(std::uint64_t position) {
  if (::lseek(fd_, static_cast<off_t>(position), SEEK_SET) < 0)
    detail::check(-errno, "seek", path_);
}

task<> file::close() {
  if (fd_ < 0) co_return;
  // A cancelled task does not even begin to close: then this does.
  file owner(std::exchange(fd_, -1), path_);
  request close(opcode::close, owner.fd_);
  std::int64_t result = co_await close;
  owner.fd_ = -1;
  detail::check(result, "close", path_);
}

task<file> open_file(std::string path, file_mode mode) {
  constexpr unsigned permissions = 0666;
  file opened = co_await detail::open_with(std::move(path), detail::open_flags(mode), permissions);
  co_return opened;
}

task<> rename_file(std::string from, std::string to) {
  request rename(opcode::renameat, -1);
  rename.buffer = from.data();
  rename.buffer2 = to.data();
  detail::check(co_await rename, "rename", from + " to " + to);
}

task<> remove_file(std::string path) {
  request remove(opcode::unlinkat, -1);
  remove.buffer = path.data();
  detail::check(co_await remove, "remove", path);
}

task<std::string> read_text(std::string path, std::size_t max) {
  file f = co_await open_file(std::move(path));
  co_return co_await f.read(max);
}

task<> sync_directory(std::string path) {
  file directory = co_await detail::open_with(std::move(path), O_RDONLY | O_DIRECTORY, 0);
  co_await directory.sync();
}

task<> write_text(std::string path, std::string_view text) {
  // A name of its own, so that two writers do not mix their texts.
  static std::atomic<unsigned> counter{0};
  std::string part = path + "." + std::to_string(::getpid()) + "." + std::to_string(++counter) + ".part";
  file f = co_await open_file(part, file_mode::create);
  struct remover {
    std::string name;
    ~remover() {
      if (!name.empty()) ::unlink(name.c_str());
    }
  } remove_part;
  remove_part.name = part;
  co_await f.write(text);
  co_await f.sync();
  co_await f.close();
  co_await rename_file(part, path);
  remove_part.name.clear();
  std::size_t slash = path.rfind('/');
  std::string directory = slash == path.npos ? "." : path.substr(0, slash + 1);
  co_await sync_directory(directory);
}

}  // namespace rondo::inline v0
