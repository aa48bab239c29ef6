// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/pipe.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

#include "detail/errno_error.hpp"
#include "io/socket.hpp"

namespace rondo { inline namespace v0 {

namespace {

using detail::socket_guard;
using detail::stream_core;

// Writes are tried at once and must not block; reads are left to the backend.
void set_pipe_flags(int fd) {
  int flags = ::fcntl(fd, F_GETFL);
  if ((flags & O_ACCMODE) == O_RDONLY) {
    detail::set_blocking_as_wanted(fd);
  } else {
    ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  }
}

stream make_pipe_stream(socket_guard fd, std::string name) {
  auto* core = new stream_core(fd.get(), stream_core::kind::pipe, std::move(name));
  fd.release();
  return stream(core);
}

stream make_socket_stream(socket_guard fd, std::string name) {
  auto* core = new stream_core(fd.get(), detail::peer_endpoint(fd.get()));
  fd.release();
  stream result(core);
  core->set_name(std::move(name));
  return result;
}

// A pipe or terminal is opened anew: its flags are then our own. What cannot be is
// shared: a socket, which needs no flags for its writes, what belongs to another
// user, as after su and sudo, and a file, whose position and O_APPEND are the shell's.
stream open_standard(int number, const char* name, int access) {
  struct stat info{};
  if (::fstat(number, &info) != 0) throw detail::errno_error(errno, name);
  if (S_ISREG(info.st_mode) || S_ISBLK(info.st_mode)) {
    socket_guard fd(::fcntl(number, F_DUPFD_CLOEXEC, 3));
    if (fd.get() < 0) throw detail::errno_error(errno, name);
    // Means nothing for a file, but the ring would answer EAGAIN.
    int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags & O_NONBLOCK) ::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK);
    return make_pipe_stream(std::move(fd), name);
  }
  std::string path = "/proc/self/fd/" + std::to_string(number);
  // O_NONBLOCK: opening a pipe that has lost its other end must not wait for one.
  int fd = ::open(path.c_str(), access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) fd = ::fcntl(number, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) throw detail::errno_error(errno, name);
  return stream_from_fd(fd, name);
}

}  // namespace

std::pair<stream, stream> open_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw detail::errno_error(errno, "open_pipe");
  socket_guard read_end(fds[0]);
  socket_guard write_end(fds[1]);
  set_pipe_flags(fds[0]);
  set_pipe_flags(fds[1]);
  stream reader = make_pipe_stream(std::move(read_end), "pipe");
  return {std::move(reader), make_pipe_stream(std::move(write_end), "pipe")};
}

std::pair<stream, stream> socketpair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    throw detail::errno_error(errno, "socketpair");
  socket_guard one(fds[0]);
  socket_guard other(fds[1]);
  detail::set_blocking_as_wanted(fds[0]);
  detail::set_blocking_as_wanted(fds[1]);
  stream first = make_socket_stream(std::move(one), "socketpair");
  return {std::move(first), make_socket_stream(std::move(other), "socketpair")};
}

stream stream_from_fd(int fd, std::string name) {
  socket_guard owner(fd);
  struct stat info{};
  if (::fstat(fd, &info) != 0) throw detail::errno_error(errno, name);
  if (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode) || S_ISBLK(info.st_mode))
    throw detail::errno_error(EINVAL, name + ": a file, not a stream");
  if (S_ISSOCK(info.st_mode)) {
    detail::set_blocking_as_wanted(fd);
    return make_socket_stream(std::move(owner), std::move(name));
  }
  set_pipe_flags(fd);
  return make_pipe_stream(std::move(owner), std::move(name));
}

stream standard_input() { return open_standard(STDIN_FILENO, "stdin", O_RDONLY); }
stream standard_output() { return open_standard(STDOUT_FILENO, "stdout", O_WRONLY); }
stream standard_error() { return open_standard(STDERR_FILENO, "stderr", O_WRONLY); }

}}  // namespace rondo::v0
