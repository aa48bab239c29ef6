// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/server/http1_message.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <rondo/http/server/server.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// What Host may say: a name or an address, and a port (RFC 3986, 3.2.2), or nothing.
// What stands for more than that in a URL, such as '@' and '/', programs behind this
// one would read in ways of their own.
bool is_host(std::string_view text) noexcept {
  auto all = [](std::string_view part, std::string_view marks) {
    for (char c : part) {
      if (!is_alphanumeric(c) && marks.find(c) == marks.npos) return false;
    }
    return true;
  };
  std::size_t end;
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == text.npos || end == 1 || !all(text.substr(1, end - 1), ":.")) return false;
    ++end;
  } else {
    end = std::min(text.find(':'), text.size());
    if (!all(text.substr(0, end), "-._~!$&'()*+,;=%")) return false;
  }
  if (end == text.size()) return true;
  return text[end] == ':' && text.find_first_not_of("0123456789", end + 1) == text.npos;
}

}  // namespace

http1_message::http1_message(const server_options& limits) : limits_(limits) {
  llhttp_init(&parser_, HTTP_REQUEST, &settings());
  parser_.data = this;
}

void http1_message::restart() {
  llhttp_reset(&parser_);
  request.clear();
  body.clear();
  field_.clear();
  value_.clear();
  header_bytes_ = framing_bytes_ = body_bytes_ = 0;
  refusal_ = nullptr;
  refusal_status_ = 0;
  last_ = '\n';
  after_data_ = false;
  method_done_ = header_done_ = done_ = keep_alive_ = expects_continue_ = false;
}

int http1_message::refuse(int status, const char* why) noexcept {
  if (!refusal_) {
    refusal_ = why;
    refusal_status_ = status;
  }
  return -1;  // llhttp stops with an error
}

void http1_message::throw_refusal() const { throw status_error(refusal_status_, refusal_); }

int http1_message::take_target(std::string_view part) {
  if (request.target.size() + part.size() > limits_.max_target_bytes)
    return refuse(414, "the request's target is too long");
  request.target.append(part);
  return 0;
}

int http1_message::take_header(std::string& into, std::string_view part) {
  if (!header_done_) into.append(part);  // trailers are read and dropped
  return 0;
}

int http1_message::take_field() {
  if (header_done_) return 0;
  if (request.headers.size() >= limits_.max_fields)
    return refuse(431, "the request has too many header fields");
  // llhttp 8.1 lets blanks stand in a name, and a name be empty.
  if (!is_token(field_)) return refuse(400, "a header field has no proper name");
  request.headers.add_parsed(field_, value_);
  field_.clear();
  value_.clear();
  return 0;
}

int http1_message::take_body(std::string_view part) {
  if (!check_framing({unchecked_, static_cast<std::size_t>(part.data() - unchecked_)})) return -1;
  unchecked_ = part.data() + part.size();
  after_data_ = true;
  framing_bytes_ = 0;
  body_bytes_ += part.size();
  if (body_bytes_ > limits_.max_body) return refuse(413, "the request's body is too large");
  body.append(part);
  return 0;
}

const llhttp_settings_t& http1_message::settings() {
  static const llhttp_settings_t table = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_url = [](llhttp_t* p, const char* at, std::size_t n) {
      return self(p).take_target({at, n});
    };
    s.on_header_field = [](llhttp_t* p, const char* at, std::size_t n) {
      return self(p).take_header(self(p).field_, {at, n});
    };
    s.on_header_value = [](llhttp_t* p, const char* at, std::size_t n) {
      return self(p).take_header(self(p).value_, {at, n});
    };
    s.on_header_value_complete = [](llhttp_t* p) { return self(p).take_field(); };
    s.on_headers_complete = [](llhttp_t* p) -> int {
      self(p).header_done_ = true;
      // The parser must not stop for another protocol: whether to change it is the
      // handler's decision, and an offer that it declines is an ordinary request
      // (RFC 9110, 7.8).
      p->upgrade = 0;
      return HPE_PAUSED;
    };
    s.on_body = [](llhttp_t* p, const char* at, std::size_t n) {
      return self(p).take_body({at, n});
    };
    s.on_message_complete = [](llhttp_t* p) -> int {
      self(p).done_ = true;
      return HPE_PAUSED;
    };
    return s;
  }();
  return table;
}

// Lines end in CR LF, neither of which stands alone, and begin with no blank: llhttp
// 8.1 takes a bare LF, takes a CR and any byte for the end of a header
// (CVE-2025-23167), joins folded lines, and passes over any two bytes after a chunk.
// Proxies that read such lines in another way see other requests (RFC 9112, 2.2, 5.2,
// 7.1 and 11.2).
bool http1_message::check_lines(std::string_view text) noexcept {
  bool good = text.empty() || !std::exchange(after_data_, false) || text[0] == '\r';
  while (good && !text.empty()) {
    if (last_ == '\r') {
      good = text[0] == '\n';
      last_ = '\n';
      text.remove_prefix(1);
      continue;
    }
    if (last_ == '\n' && (text[0] == ' ' || text[0] == '\t')) good = false;
    const void* end = std::memchr(text.data(), '\r', text.size());
    std::size_t n =
        end ? static_cast<std::size_t>(static_cast<const char*>(end) - text.data()) : text.size();
    if (std::memchr(text.data(), '\n', n) || std::memchr(text.data(), '\0', n)) good = false;
    last_ = end ? '\r' : text.back();
    text.remove_prefix(end ? n + 1 : n);
  }
  if (!good) refuse(400, "a line of the header or of a chunk is malformed");
  return good;
}

// What stands around the data of chunks, and the trailer.
bool http1_message::check_framing(std::string_view text) noexcept {
  constexpr std::size_t longest_framing = 4096;
  if ((framing_bytes_ += text.size()) > longest_framing) {
    refuse(400, "a chunk's extension or the trailer is too long");
    return false;
  }
  return check_lines(text);
}

// Gives llhttp a method that it knows in place of the others: how the rest is read does
// not depend on it, but for CONNECT's.
std::size_t http1_message::take_method(std::string_view bytes) {
  constexpr std::size_t longest = 64;
  std::string& method = request.method;
  std::size_t taken = 0;
  // Empty lines may stand before a request (RFC 9112, 2.2).
  if (method.empty() && !bytes.empty() && (bytes[0] == '\r' || bytes[0] == '\n')) {
    taken = std::min(bytes.find_first_not_of("\r\n"), bytes.size());
    run_parser(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
  }
  std::size_t end = bytes.find(' ');
  if (end == bytes.npos) end = std::min(bytes.find('\r'), std::min(bytes.find('\n'), bytes.size()));
  std::string_view part = bytes.substr(0, std::min(end, longest + 1));
  if (!part.empty() && !is_token(part)) throw status_error(400, "the request is malformed");
  if (!check_lines(part)) throw_refusal();
  method += part;
  if (method.size() > longest) throw status_error(501, "the request's method is unknown");
  if (end == bytes.size()) return taken + end;
  if (bytes[end] != ' ' || method.empty()) throw status_error(400, "the request is malformed");
  method_done_ = true;
  std::string_view stand_in = method == "CONNECT" ? "CONNECT" : "GET";
  llhttp_execute(&parser_, stand_in.data(), stand_in.size());
  return taken + end;
}

/// How many bytes llhttp has taken.
std::size_t http1_message::run_parser(std::string_view bytes) {
  bool in_header = !header_done_;
  unchecked_ = bytes.data();
  llhttp_errno_t e = llhttp_execute(&parser_, bytes.data(), bytes.size());
  const char* stopped = e == HPE_OK ? bytes.data() + bytes.size() : llhttp_get_error_pos(&parser_);
  if (e != HPE_OK && e != HPE_PAUSED) {
    if (refusal_) throw_refusal();
    throw status_error(400, "the request is malformed");
  }
  std::string_view rest(unchecked_, static_cast<std::size_t>(stopped - unchecked_));
  if (!(in_header ? check_lines(rest) : check_framing(rest))) throw_refusal();
  return static_cast<std::size_t>(stopped - bytes.data());
}

std::size_t http1_message::parse(std::string_view bytes) {
  bool in_header = !header_done_;
  if (in_header) bytes = bytes.substr(0, limits_.max_header_bytes - header_bytes_);
  if (llhttp_get_errno(&parser_) == HPE_PAUSED) llhttp_resume(&parser_);
  std::size_t taken = method_done_ ? 0 : take_method(bytes);
  if (method_done_) taken += run_parser(bytes.substr(taken));
  if (in_header) {
    header_bytes_ += taken;
    if (header_done_) {
      if (last_ != '\n') throw status_error(400, "the header does not end in a line feed");
      check_request();
      if (!done_) taken += parse(bytes.substr(taken));  // finds that there is no body, or takes it
    } else if (header_bytes_ >= limits_.max_header_bytes) {
      bool in_target = request.headers.empty() && field_.empty();
      if (in_target) throw status_error(414, "the request's target is too long");
      throw status_error(431, "the request's header is too large");
    }
  }
  return taken;
}

void http1_message::check_request() {
  http::request& r = request;
  if (parser_.http_major != 1) throw status_error(505, "unknown version of HTTP");
  r.http_1_0 = parser_.http_minor == 0;
  keep_alive_ = llhttp_should_keep_alive(&parser_) && r.method != "CONNECT";
  std::size_t hosts = 0;
  for (const auto& [name, value] : r.headers) {
    switch (name.size()) {
      case 4:
        if (equal_ignoring_case(name, "Host")) {
          ++hosts;
          if (!is_host(value)) throw status_error(400, "the request's Host is malformed");
        }
        break;
      case 6:
        if (equal_ignoring_case(name, "Expect")) {
          if (!equal_ignoring_case(value, "100-continue"))
            throw status_error(417, "unknown expectation");
          expects_continue_ = !r.http_1_0;  // which knows no 100 (RFC 9110, 10.1.1)
        }
        break;
      case 10:
        // As for "close" and a tab, which llhttp does not know.
        if (equal_ignoring_case(name, "Connection") && equal_ignoring_case(value, "close"))
          keep_alive_ = false;
        break;
      case 12:
        if (equal_ignoring_case(name, "X-Request-Id")) r.adopt_id(value);
        break;
      case 17:
        // Others before it the handler would have to undo; HTTP/1.0 knows none, and
        // what is on the way may not either (RFC 9112, 6.1).
        if (equal_ignoring_case(name, "Transfer-Encoding")) {
          if (!equal_ignoring_case(value, "chunked"))
            throw status_error(501, "unknown transfer encoding");
          if (r.http_1_0) throw status_error(400, "HTTP/1.0 has no transfer encodings");
          if (!(parser_.flags & F_CHUNKED))
            throw status_error(400, "the transfer encoding is malformed");
        }
        break;
      default:
        break;
    }
  }
  if (hosts > 1 || (hosts == 0 && !r.http_1_0))
    throw status_error(400, "the request has no Host, or several");  // RFC 9112, 3.2
  if ((parser_.flags & F_CONTENT_LENGTH) && parser_.content_length > limits_.max_body)
    throw status_error(413, "the request's body is too large");
  // llhttp 8.1 lets tabs and form feeds pass, at which others end the target.
  for (char c : r.target)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '#')
      throw status_error(400,
                         "the request's target has a blank, a control character or a fragment");
  if (!r.target.starts_with('/')) split_absolute_target();
}

// "GET http://host/path": what a proxy is sent; a server takes it too, and the host
// in it instead of the field (RFC 9112, 3.2.2).
void http1_message::split_absolute_target() {
  http::request& r = request;
  if (r.method == "CONNECT" || (r.method == "OPTIONS" && r.target == "*")) return;
  std::size_t host = r.target.find("://");
  if (host == r.target.npos) throw status_error(400, "the request's target is malformed");
  host += 3;
  std::size_t path = r.target.find_first_of("/?", host);
  std::string authority = r.target.substr(host, path - host);
  if (authority.empty() || !is_host(authority))
    throw status_error(400, "the request's target is malformed");
  r.headers.set("Host", std::move(authority));
  r.target.erase(0, path);
  if (!r.target.starts_with('/')) r.target.insert(0, "/");
}

}}}  // namespace rondo::v0::http::detail
