// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <rondo/io/stream.hpp>

namespace rondo { inline namespace v0 {

/// A pipe: what is written into the second can be read from the first. Throws
/// std::system_error.
std::pair<stream, stream> open_pipe();

/// Two streams that are connected to each other (Unix sockets). Throws
/// std::system_error.
std::pair<stream, stream> socketpair();

/// A stream over the fd of somebody else: a socket, a pipe or a terminal. The
/// stream owns it from now on and may change its O_NONBLOCK, which others see who
/// share its open file description. name stands for the peer in errors and in
/// the task tree. Throws std::system_error for a regular file (open_file is for
/// those) and for what cannot be waited for.
stream stream_from_fd(int fd, std::string name);

/// Standard input to be read, standard output and error to be written without
/// blocking the loop. Opened anew, so that nothing changes for others who share
/// them, such as the shell, unless that is not allowed: a terminal or pipe of
/// another user (after su or sudo) gets O_NONBLOCK for all. Closing the stream
/// closes no standard fd.
///
/// One that is redirected from or to a file is a stream like any other: it goes on
/// at the position that it shares with the shell's other commands, and appends after
/// `>>`. A file is always ready: on epoll a read, and on both backends a write, is
/// made at once, at most 1 MiB, and holds the loop while the disk works.
///
/// Throws std::system_error when it is closed, or a directory.
stream standard_input();
stream standard_output();
stream standard_error();

}}  // namespace rondo::v0
