// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <rondo/coro/task.hpp>
#include <rondo/http/files/files.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

/// The HTML page that lists the open directory `fd`, which is `path` below the directory
/// `root` that is served: directories first, each name with a link, its size and its date. Only
/// what files would serve, at most 100,000 names. The title is the request's path, decoded. Throws
/// std::system_error. Cancelled: a thread that reads it is waited for. Both fds must stay open
/// until then.
task<std::string> directory_page(int root, int fd, std::string path, std::string title,
                                 file_options options);

/// For text in HTML, and in an attribute's quotes; what is not UTF-8 becomes U+FFFD.
std::string escape_html(std::string_view text);

}}}  // namespace rondo::v0::http::detail
