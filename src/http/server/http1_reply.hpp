// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Makes the bytes of HTTP/1.1 of a reply, as http1_message makes a request of them. Knows
// nothing of connections.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include <rondo/http/server/reply.hpp>

#include "http/message/response_framing.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

/// Where the body of a reply will end. One whose length is not known ends with a last chunk;
/// to HTTP/1.0, which has none, with the connection. To HEAD the same is said as to GET.
body_framing framing_of(const reply& r, bool http_1_0) noexcept;

/// What a reply's head says that is not in the reply.
struct reply_context {
  bool http_1_0 = false;             ///< the request was
  bool keep_alive = true;            ///< another request may follow
  std::string_view date_line = {};   ///< see class date_line
  std::string_view request_id = {};  ///< empty: there is none to tell
};

/// Up to and with the empty line. The reply's fields must be fit for it (check_header); of
/// those that are the server's own its values are left out.
void append_head(std::string& out, const reply& r, const body_framing& framing,
                 const reply_context& context);
/// A piece of a body whose length is not known. An empty one adds nothing: it would be the
/// last chunk.
void append_piece(std::string& out, std::string_view piece, body_framing::end by);
/// What follows its last piece.
void append_end(std::string& out, body_framing::end by);

/// A client that waits for it sends the body of its request then.
inline constexpr std::string_view continue_head = "HTTP/1.1 100 Continue\r\n\r\n";

/// "Date: …\r\n", made once a second.
class date_line {
 public:
  /// Valid until the next call.
  std::string_view at(std::time_t now);

 private:
  std::time_t made_ = -1;
  std::string text_;
};

}}}  // namespace rondo::v0::http::detail
