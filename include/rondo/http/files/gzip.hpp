// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <rondo/coro/task.hpp>
#include <rondo/http/server/reply.hpp>
#include <rondo/http/server/request.hpp>
#include <rondo/http/site/router.hpp>

namespace rondo { inline namespace v0 { namespace http {

namespace detail {
struct gzip_state;
}

struct gzip_options {
  std::size_t min_size = 1024;  ///< bytes of a body or file; less is not worth it
  /// Bytes of a file; a larger one is sent as it is, without being copied.
  std::uint64_t max_file = 16 * 1024 * 1024;
  int level = 5;  ///< 1 (fast) to 9 (small)
  /// Streams and files that are compressed at a time; further ones are sent as they are.
  /// Each needs 256 KiB until its end.
  unsigned max_streams = 64;
};
static_assert(std::is_trivially_destructible_v<gzip_options>);

/// A middleware that compresses replies for clients that take gzip:
///
///     site.use(http::gzip());
///
/// Compresses what is_compressible says, of any status that has a body but 206; never
/// what has a Content-Encoding already, nor with Cache-Control: no-transform, nor a stream
/// with an idle_piece. Adds `Vary: Accept-Encoding` to what it compresses for some, and
/// makes its ETag weak, as the bytes are others (RFC 9110, 8.8.1).
///
/// Each piece of a stream is sent when it comes. More than 64 KiB at a time is compressed
/// on a thread of to_thread's pool. Belongs to one loop, as its router does.
///
/// Compressing a secret together with text that an attacker chooses tells the secret by
/// the length (BREACH): leave such pages out.
class gzip {
 public:
  /// Throws usage_error for a level that is none.
  explicit gzip(gzip_options options = {});

  task<reply> operator()(request& r, next rest) const;

 private:
  std::shared_ptr<detail::gzip_state> state_;  // streams of replies may outlive this
};

}}}  // namespace rondo::v0::http
