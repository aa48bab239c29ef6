// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json_fwd.hpp>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/http/message/status.hpp>
#include <rondo/io/file.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// A part of an open file, as the body of a reply.
struct file_body {
  rondo::file file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  ///< what Content-Length says: the file must have it
};

/// Takes over a connection after a 101.
using upgrade_handler = rondo::detail::unique_function<task<>(stream)>;

/// What a handler answers. Content-Length, Transfer-Encoding, Date and Connection
/// are the server's. At most one of stream, file and upgrade; else body is sent.
struct reply {
  reply() {}
  reply(std::string text) : body(std::move(text)) {}  // NOLINT: implicit on purpose
  reply(const char* text) : body(text) {}             // NOLINT
  reply(int code, std::string text) : status(code), body(std::move(text)) {}

  /// A value as JSON, application/json (include <nlohmann/json.hpp>). Text in it that
  /// is not UTF-8 has its bad bytes replaced by U+FFFD.
  static reply json(const nlohmann::json& value, int status = 200);
  /// The same of a text that is JSON already.
  static reply json_text(std::string text, int status = 200);
  /// A page, text/html in UTF-8.
  static reply html(std::string page, int status = 200);
  /// Sends the client elsewhere. Throws usage_error when the location could not stand
  /// in a header.
  static reply redirect(std::string location, int status = 303);

  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  http::headers headers;
  std::string body;
  /// Pieces that are sent as they come, chunked. A slow client slows the generator
  /// down; when the client goes away its frame is destroyed.
  async_generator<std::string> stream;
  /// Unless empty: sent whenever the stream has had nothing for idle_after, so that the
  /// connection is kept open on the way, and a client that has gone is noticed.
  std::string idle_piece;
  delay idle_after = std::chrono::seconds(15);
  /// A part of a file, sent without being copied where that can be (send_file).
  std::unique_ptr<file_body> file;
  /// With status 101: gets the connection once the head is sent, with whatever the
  /// client sent after its request; the connection is HTTP no more. It counts as a
  /// running request until it returns, and closing the server cancels it.
  upgrade_handler upgrade;
};

/// Thrown by a handler: becomes the reply of that status with that text, which is for
/// the client to see. Without a text: the status's own name.
class status_error : public error {
 public:
  explicit status_error(int status);
  status_error(int status, std::string text) : error(std::move(text)), status_(status) {}
  int status() const noexcept { return status_; }

 private:
  int status_;
};

}}}  // namespace rondo::v0::http
