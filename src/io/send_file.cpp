// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/send_file.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>

#include <rondo/exec/to_thread.hpp>
#include <rondo/io/errors.hpp>
#include <rondo/io/file.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/loop/sleep.hpp>
#include "io/check_file.hpp"

namespace rondo { inline namespace v0 {

namespace {

using detail::file_core;
using detail::file_in_use;
using detail::file_ref;
using detail::stream_core;
using detail::stream_operation;

/// Up to here copying costs less than handing over to a thread.
constexpr std::uint64_t small_part = 256 * 1024;
/// What a thread is asked to send at once: measured, less and more cost more.
constexpr std::uint64_t chunk = 1024 * 1024;
/// What is copied at once.
constexpr std::uint64_t piece = 128 * 1024;

/// Makes a task the only one that writes, between its writes as well.
class output_claim {
 public:
  explicit output_claim(stream_core* core) : core_(core) {
    if (!core) throw usage_error("send_file: the stream is not open");
    if (core->output_claimed)
      throw usage_error("send_file " + core->subject() + ": another task is writing");
    core->output_claimed = true;
  }
  output_claim(const output_claim&) = delete;
  ~output_claim() { core_->output_claimed = false; }

 private:
  detail::ref<stream_core> core_;
};

/// A write by the task that has the claim.
class claimed_write final : public detail::write_operation {
 public:
  claimed_write(stream_core& core, std::string_view data, const std::string& what) noexcept
      : write_operation(&core, data), what_(what) {
    by_claim_ = true;
  }
  claimed_write(claimed_write&&) noexcept = default;
  void result() {
    leave();
    check(what_.c_str());
  }
  const char* describe() const noexcept override { return "send_file"; }

 private:
  const std::string& what_;
};

/// Waits until the socket takes something.
class wait_for_room final : public stream_operation {
 public:
  wait_for_room(stream_core& core, const std::string& what) noexcept
      : stream_operation(&core, role::writer), what_(what) {
    by_claim_ = true;
  }
  wait_for_room(wait_for_room&&) noexcept = default;
  ~wait_for_room() { let_go(); }
  void result() {
    leave();
    check(what_.c_str());
  }
  const char* describe() const noexcept override { return "send_file"; }

 private:
  bool work() noexcept override {
    code = detail::opcode::poll;
    flags = POLLOUT;
    return request();
  }
  bool answered(std::int64_t result) noexcept override {
    outcome = result;
    return true;
  }

  const std::string& what_;
};

/// sendfile would wait for the peer on a blocking socket, and so keep a thread,
/// whatever flags splice has; io_uring's sockets block. A receive of io_uring's
/// that is in flight does not mind.
class nonblocking_meanwhile {
 public:
  explicit nonblocking_meanwhile(int fd) noexcept : fd_(fd), before_(::fcntl(fd, F_GETFL)) {
    if (!(before_ & O_NONBLOCK)) ::fcntl(fd, F_SETFL, before_ | O_NONBLOCK);
  }
  nonblocking_meanwhile(const nonblocking_meanwhile&) = delete;
  ~nonblocking_meanwhile() {
    if (!(before_ & O_NONBLOCK)) ::fcntl(fd_, F_SETFL, before_);
  }

 private:
  int fd_;
  int before_;
};

/// From the page cache to the socket. Gives how much it has sent: less than size
/// if the file has ended, or cannot be sent in this way.
task<std::uint64_t> send_pages(stream_core& core, const file_ref& from, std::uint64_t offset,
                               std::uint64_t size, const std::string& what) {
  nonblocking_meanwhile guard(core.fd);
  file_in_use source(from);
  std::uint64_t sent = 0;
  while (sent < size) {
    wait_for_room room(core, what);
    co_await room;
    auto call = [&]() noexcept -> std::int64_t {
      auto at = static_cast<off_t>(offset + sent);
      auto most = static_cast<std::size_t>(std::min(size - sent, chunk));
      // A lost peer raises SIGPIPE for this thread, which has it blocked.
      ssize_t n = ::sendfile(core.fd, source.fd(), &at, most);
      return n < 0 ? -errno : n;
    };
    std::int64_t n = co_await to_thread(call);
    if (core.closed) core.fail(what.c_str(), -ECONNABORTED);
    if (from->closed) detail::check_file(-ECANCELED, "read", from);
    if (n == -EAGAIN) continue;
    if (n == 0 || n == -EINVAL || n == -ENOSYS || n == -EOPNOTSUPP) break;
    if (n < 0) core.fail(what.c_str(), n);
    sent += static_cast<std::uint64_t>(n);
  }
  co_return sent;
}

/// Memory for one piece. A thread keeps some of it between files: fresh memory costs
/// a page fault for each 4 KiB, about as much as copying into it.
class piece_buffer {
 public:
  piece_buffer() {
    spares& kept = kept_here();
    memory_ = kept.count > 0 ? std::move(kept.memory[--kept.count])
                             : std::make_unique_for_overwrite<char[]>(piece);
  }
  piece_buffer(const piece_buffer&) = delete;
  ~piece_buffer() {
    spares& kept = kept_here();
    if (kept.count < std::size(kept.memory)) kept.memory[kept.count++] = std::move(memory_);
  }
  char* data() const noexcept { return memory_.get(); }

 private:
  struct spares {
    std::unique_ptr<char[]> memory[16];
    std::size_t count = 0;
  };
  static spares& kept_here() noexcept {
    thread_local spares kept;
    return kept;
  }
  std::unique_ptr<char[]> memory_;
};

/// Through memory: size bytes, or up to the end of the file. Gives how many.
task<std::uint64_t> send_copies(stream_core& core, const file_ref& from, std::uint64_t offset,
                                std::uint64_t size, const std::string& what) {
  // What is cached, and taken at once, comes without a pause.
  constexpr unsigned pieces_in_a_turn = 8;
  piece_buffer buffer;
  std::uint64_t sent = 0;
  for (unsigned pieces = 1; sent < size; ++pieces) {
    auto wanted = static_cast<std::size_t>(std::min(size - sent, piece));
    std::span<char> into(buffer.data(), wanted);
    std::size_t n = co_await file_core::pread(from, into, offset + sent);
    if (core.closed) core.fail(what.c_str(), -ECONNABORTED);
    claimed_write write(core, std::string_view(buffer.data(), n), what);
    co_await write;
    sent += n;
    if (n < wanted) break;
    if (pieces % pieces_in_a_turn == 0) co_await sleep(std::chrono::seconds(0));
  }
  co_return sent;
}

}  // namespace

task<std::uint64_t> send_file(stream& to, file& from, std::uint64_t offset,
                              std::optional<std::uint64_t> count) {
  std::string what = "send " + from.path() + " to";
  stream_core* core = to.internal();
  file_ref source(from.internal());
  output_claim claim(core);
  // Whether one may write; and what a cancelled write has left goes first.
  claimed_write first(*core, {}, what);
  co_await first;
  if (!source.get() || ::lseek(source->open_fd(), 0, SEEK_CUR) < 0)  // it has no offsets
    detail::check_file(source.get() ? -errno : -EBADF, "seek", source);

  constexpr std::uint64_t furthest = INT64_MAX;
  if (offset > furthest) core->fail(what.c_str(), -EINVAL);
  std::uint64_t wanted = std::min(count.value_or(furthest), furthest - offset);
  auto there = static_cast<std::uint64_t>(detail::check_file(source->size(), "stat", source));
  std::uint64_t size = offset < there ? std::min(wanted, there - offset) : 0;
  std::uint64_t sent = 0;
  if (core->type == stream_core::kind::socket && !core->filter && size > small_part)
    sent = co_await send_pages(*core, source, offset, size, what);
  if (sent < wanted)
    sent += co_await send_copies(*core, source, offset + sent, wanted - sent, what);
  if (count && sent < *count)
    throw incomplete_read_error(what + " " + core->subject() + ": the file ended after " +
                                    std::to_string(sent) + " bytes of " + std::to_string(*count),
                                {});
  co_return sent;
}

}}  // namespace rondo::v0
