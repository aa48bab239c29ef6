// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/server/http1_reply.hpp"

#include <charconv>
#include <chrono>

#include <rondo/http/message/date.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/http/message/status.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

void append_number(std::string& to, std::uint64_t n, int base = 10) {
  char digits[24];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, n, base);
  to.append(digits, end);
}

bool has_no_body(int status) noexcept { return status < 200 || status == 204 || status == 304; }

/// Fields that the server makes itself.
bool is_own_field(std::string_view name) noexcept {
  // A second length beside ours would let a proxy see other requests than we.
  return equal_ignoring_case(name, "Content-Length") || equal_ignoring_case(name, "Date") ||
         equal_ignoring_case(name, "Transfer-Encoding") || equal_ignoring_case(name, "Connection");
}

}  // namespace

body_framing framing_of(const reply& r, bool http_1_0) noexcept {
  if (has_no_body(r.status)) return {body_framing::end::none, {}};
  if (r.stream) return {http_1_0 ? body_framing::end::connection : body_framing::end::chunked, {}};
  return {body_framing::end::length, r.file ? r.file->length : r.body.size()};
}

void append_head(std::string& out, const reply& r, const body_framing& framing,
                 const reply_context& context) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<unsigned>(r.status));
  out += ' ';
  out += reason_phrase(r.status);
  out += "\r\n";
  out += context.date_line;
  bool has_body = framing.by != body_framing::end::none;
  if (!r.content_type.empty() && has_body && !r.headers.contains("Content-Type")) {
    out += "Content-Type: ";
    out += r.content_type;
    out += "\r\n";
  }
  bool upgrade = r.status == 101;
  for (const auto& [name, value] : r.headers) {
    upgrade |= equal_ignoring_case(name, "Upgrade");  // RFC 9110, 7.8
    if (is_own_field(name)) continue;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (!context.request_id.empty()) {
    out += "X-Request-Id: ";
    out += context.request_id;
    out += "\r\n";
  }
  if (framing.by == body_framing::end::chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (framing.content_length) {
    out += "Content-Length: ";
    append_number(out, *framing.content_length);
    out += "\r\n";
  }
  if (upgrade) out += "Connection: Upgrade\r\n";
  if (r.status != 101) {
    if (!context.keep_alive) {
      out += "Connection: close\r\n";
    } else if (context.http_1_0) {
      out += "Connection: keep-alive\r\n";
    }
  }
  out += "\r\n";
}

void append_piece(std::string& out, std::string_view piece, body_framing::end by) {
  if (piece.empty()) return;
  bool chunked = by == body_framing::end::chunked;
  if (chunked) {
    append_number(out, piece.size(), 16);
    out += "\r\n";
  }
  out += piece;
  if (chunked) out += "\r\n";
}

void append_end(std::string& out, body_framing::end by) {
  if (by == body_framing::end::chunked) out += "0\r\n\r\n";
}

std::string_view date_line::at(std::time_t now) {
  if (now != made_) {
    // Not by strftime, which writes the names of the program's locale.
    std::string date = format_date(std::chrono::sys_seconds(std::chrono::seconds(now)));
    text_ = "Date: " + date + "\r\n";
    made_ = now;
  }
  return text_;
}

}}}  // namespace rondo::v0::http::detail
