// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <rondo/io/stream.hpp>

namespace rondo::inline v0 {

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
/// closes no standard fd. Throws std::system_error when it is a regular file or
/// closed.
stream standard_input();
stream standard_output();
stream standard_error();

}  // namespace rondo::inline v0
