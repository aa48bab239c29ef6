// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/http/server/reply.hpp>
#include <rondo/http/server/request.hpp>
#include <rondo/loop/detail/unique_fd.hpp>

namespace rondo { inline namespace v0 { namespace http {

struct file_options {
  /// Files and directories whose name begins with a dot. Without it they are 404, but
  /// for .well-known (RFC 8615).
  bool hidden = false;
  /// Follow symbolic links that stay inside the directory. Without it any link is 404;
  /// one that leads out always is, and so is one that begins with '/'.
  bool links = true;
  /// index.html for a directory.
  bool index = true;
  /// A page with what is in a directory, if it has no index.html.
  bool listing = false;
  /// FILE.gz in place of FILE for a client that takes gzip, if it is not older.
  bool precompressed = false;
  /// Cache-Control: max-age, in which clients need not ask again. Negative: not sent,
  /// and they ask or guess.
  std::chrono::seconds max_age{-1};
};
static_assert(std::is_trivially_destructible_v<file_options>);

/// A handler that serves the files below a directory:
///
///     site.get("/static/{path...}", http::files("public"));
///
/// The file's name is what the pattern's last parameter stands for; without a pattern
/// it is the request's path. GET and HEAD, with ETag, Last-Modified, conditional
/// requests and one range (RFC 9110, 13 and 14). A request for several ranges gets the
/// whole file.
///
/// Nothing outside of the directory is ever opened, whatever "..", escapes, links and
/// renames do (openat2 with RESOLVE_BENEATH). What is no regular file, a FIFO or a
/// device, is 404, and so is a name with NUL, an escaped slash or an empty segment. A
/// file that may not be read is 403. Directories without '/' at their end are
/// redirected to that.
///
/// The length that was told is that of the file as it was opened: one that gets shorter
/// while it is sent ends the connection. Give a file a new content by renaming another
/// one to it.
///
/// The directory is opened once, when this is made (std::system_error when that fails),
/// and served from then on, also when its name becomes another one's. Holds no state that
/// requests change: may serve several at a time, of one loop.
class files {
 public:
  explicit files(std::string directory, file_options options = {});

  /// Throws std::system_error for what no client can help (EMFILE, EIO).
  /// Cancelled: nothing stays open.
  task<reply> operator()(request& r) const;

 private:
  rondo::detail::unique_fd directory_;
  std::string name_;
  file_options options_;
};

/// The reply to r that is one file, with conditions and ranges as in files; hidden,
/// links, index and listing mean nothing here: path is the program's own, never a part
/// of the request. Throws std::system_error when it cannot be opened, also for what is no
/// regular file (EINVAL). Cancelled: nothing stays open.
task<reply> file_reply(const request& r, std::string path, file_options options = {});

}}}  // namespace rondo::v0::http
