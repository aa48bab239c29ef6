// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <llhttp.h>

#include <rondo/http/server/request.hpp>

namespace rondo { inline namespace v0 { namespace http {
struct server_options;
}}}  // namespace rondo::v0::http

namespace rondo { inline namespace v0 { namespace http::detail {

/// Makes a request of the bytes of HTTP/1.1. Knows nothing of connections.
///
/// llhttp parses, but for the method: it knows a list of them only, and any token may be
/// one (RFC 9110, 9.1). It is stricter than llhttp where that lets pass what other programs
/// on the way may read otherwise (request smuggling): a line must end in CR LF, no
/// field may go on in the next line, names are tokens, and nothing but "chunked" is a
/// transfer encoding.
class http1_message {
 public:
  explicit http1_message(const server_options& limits);
  http1_message(const http1_message&) = delete;
  http1_message& operator=(const http1_message&) = delete;

  /// For the next request.
  void restart();
  /// Takes the beginning of bytes: how many. Stops at the end of the header and at
  /// that of the message. Throws status_error; the message is worth nothing then.
  std::size_t parse(std::string_view bytes);

  bool header_done() const noexcept { return header_done_; }
  bool done() const noexcept { return done_; }
  /// The next two once the header is done.
  bool keep_alive() const noexcept { return keep_alive_; }
  bool expects_continue() const noexcept { return expects_continue_; }

  http::request request;
  std::string body;  ///< what has come of it and was not taken

 private:
  static const llhttp_settings_t& settings();
  std::size_t take_method(std::string_view bytes);
  std::size_t run_parser(std::string_view bytes);
  static http1_message& self(llhttp_t* p) { return *static_cast<http1_message*>(p->data); }
  int take_target(std::string_view part);
  int take_header(std::string& into, std::string_view part);
  int take_field();
  int take_body(std::string_view part);
  bool check_lines(std::string_view text) noexcept;
  bool check_framing(std::string_view text) noexcept;
  void check_request();
  void split_absolute_target();
  int refuse(int status, const char* why) noexcept;
  [[noreturn]] void throw_refusal() const;

  const server_options& limits_;
  llhttp_t parser_;
  std::string field_;
  std::string value_;
  std::size_t header_bytes_ = 0;
  std::size_t framing_bytes_ = 0;  // between two pieces of a chunked body
  std::size_t body_bytes_ = 0;
  const char* unchecked_ = nullptr;  // from here on nothing has been through check_lines
  const char* refusal_ = nullptr;
  int refusal_status_ = 0;
  char last_ = '\n';         // byte of those that check_lines has seen
  bool after_data_ = false;  // of a body; if more follows, it is the end of a chunk
  bool method_done_ = false;
  bool header_done_ = false;
  bool done_ = false;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
};

}}}  // namespace rondo::v0::http::detail
