// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <rondo/coro/task.hpp>

namespace rondo { inline namespace v0 {

class file;
class stream;

/// Sends a part of a regular file and gives the number of bytes sent: asyncio's
/// `loop.sendfile`. From offset on, count bytes, or without a count up to the end
/// of the file, as it is when that is reached. The file's position is neither
/// used nor moved.
///
/// A large part goes to a socket without being copied into this process
/// (sendfile(2)), on a thread of the pool, because it may wait for the disk; a
/// peer that is slow to take it is waited for without a thread. A small part, and
/// what goes over TLS or into a pipe, is read and written piece by piece.
///
/// It is the stream's one writer until it returns: another write, shutdown_write
/// or start_tls meanwhile throws usage_error. Reading goes on.
///
/// Throws incomplete_read_error when the file ends before count bytes, though it
/// has sent those that there were; std::system_error that names both ends (`send
/// /a to 10.0.0.7:80: Connection reset by peer`), or the file that has no offsets
/// (`seek /fifo: Illegal seek`).
///
/// Cancelled: an unknown part has been sent; close the stream then. The file is as
/// before. Both must live until it has begun; one that is closed meanwhile ends it
/// with an error.
task<std::uint64_t> send_file(stream& to, file& from, std::uint64_t offset = 0,
                              std::optional<std::uint64_t> count = {});

}}  // namespace rondo::v0
