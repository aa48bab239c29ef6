// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/websocket/handshake.hpp"

#include <cstring>
#include <stdexcept>

#include <llhttp.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <rondo/http/url/url.hpp>
#include <rondo/http/websocket/websocket.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

[[noreturn]] void bad_url(const std::string& url, const std::string& why) {
  throw websocket_error("websocket " + url + ": " + why, 1006);
}

std::string base64(const unsigned char* bytes, int n) {
  std::string text(static_cast<std::size_t>((n + 2) / 3 * 4) + 1, '\0');  // it writes a final zero
  text.resize(static_cast<std::size_t>(
      ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, n)));
  return text;
}

constexpr std::size_t most_fields = 100;

/// What llhttp has found in a response's head.
class response_parser {
 public:
  response_parser() {
    ::llhttp_init(&parser_, HTTP_RESPONSE, &settings());
    parser_.data = this;
  }
  response_parser(const response_parser&) = delete;
  response_parser& operator=(const response_parser&) = delete;

  /// Null, or what is wrong.
  const char* parse(std::string_view head) {
    llhttp_errno_t e = ::llhttp_execute(&parser_, head.data(), head.size());
    if (too_many_) return "its answer has too many fields";
    // Up to the end, or a carriage return without a line feed has ended the header.
    if (e != HPE_PAUSED || ::llhttp_get_error_pos(&parser_) != head.data() + head.size())
      return "its answer is not HTTP";
    return nullptr;
  }
  handshake_response take() {
    result_.status = parser_.status_code;
    return std::move(result_);
  }

 private:
  static response_parser& self(llhttp_t* p) { return *static_cast<response_parser*>(p->data); }
  // Nothing may be thrown through C: without memory the parser stops.
  static int collect(std::string& into, const char* at, std::size_t n) noexcept {
    try {
      into.append(at, n);
      return 0;
    } catch (...) {
      return -1;
    }
  }
  int field_is_whole() noexcept {
    too_many_ = result_.headers.size() >= most_fields;
    if (too_many_) return -1;
    try {
      result_.headers.add_parsed(std::exchange(name_, {}), std::exchange(value_, {}));
      return 0;
    } catch (...) {
      return -1;
    }
  }
  static const llhttp_settings_t& settings() {
    static const llhttp_settings_t table = [] {
      llhttp_settings_t s;
      ::llhttp_settings_init(&s);
      s.on_header_field = [](llhttp_t* p, const char* at, std::size_t n) {
        return collect(self(p).name_, at, n);
      };
      s.on_header_value = [](llhttp_t* p, const char* at, std::size_t n) {
        return collect(self(p).value_, at, n);
      };
      s.on_header_value_complete = [](llhttp_t* p) { return self(p).field_is_whole(); };
      s.on_headers_complete = [](llhttp_t*) -> int { return HPE_PAUSED; };
      return s;
    }();
    return table;
  }

  llhttp_t parser_;
  handshake_response result_;
  std::string name_;
  std::string value_;
  bool too_many_ = false;
};

}  // namespace

websocket_url parse_websocket_url(const std::string& text) {
  // As in the HTTP client: in data of users that came to be part of a URL they are no good sign.
  for (char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F)
      bad_url(text, "the URL holds a space or a control character");
  websocket_url result;
  try {
    url address(text);
    if (address.scheme() != "ws" && address.scheme() != "wss")
      bad_url(text, "the URL must begin with ws:// or wss://");
    if (address.has_fragment()) bad_url(text, "a fragment is not allowed");  // RFC 6455, 3
    if (!address.user().empty() || !address.password().empty())
      bad_url(text, "a user name is not allowed: use the field Authorization");
    if (address.port() == 0) bad_url(text, "the port 0 is none to connect to");
    result.encrypted = address.scheme() == "wss";
    result.host = address.host();
    if (result.host.starts_with('[')) result.host = result.host.substr(1, result.host.size() - 2);
    result.port = address.port();
    result.authority = address.origin().substr(address.scheme().size() + std::strlen("://"));
    result.target = address.target();
  } catch (const url_error& e) {
    bad_url(text, e.cause());
  }
  return result;
}

std::string make_key() {
  unsigned char bytes[16];
  if (::RAND_bytes(bytes, sizeof bytes) != 1)
    throw std::runtime_error("websocket: no randomness for the handshake's key");
  return base64(bytes, sizeof bytes);
}

bool is_key(std::string_view key) noexcept {
  if (key.size() != 24 || key.substr(22) != "==") return false;
  for (char c : key.substr(0, 22)) {
    bool allowed = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                   c == '+' || c == '/';
    if (!allowed) return false;
  }
  return true;
}

std::string accept_value(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (::EVP_Digest(text.data(), text.size(), digest, &size, ::EVP_sha1(), nullptr) != 1)
    throw std::runtime_error("websocket: SHA-1 is not available");
  return base64(digest, static_cast<int>(size));
}

const std::string* only_value(const headers& fields, std::string_view name) {
  const std::string* found = nullptr;
  for (const auto& [field, value] : fields) {
    if (!equal_ignoring_case(field, name)) continue;
    if (found) return nullptr;
    found = &value;
  }
  return found;
}

namespace {

// llhttp 8.1 takes line feeds alone, joins folded lines, and lets other carriage returns and
// blanks stand in names (RFC 9112, 2.2 and 5).
bool has_good_lines(std::string_view head) noexcept {
  for (bool first = true; !head.empty(); first = false) {
    std::size_t end = std::min(head.find("\r\n"), head.size());
    std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    constexpr std::string_view bad("\r\n\0", 3);
    if (line.find_first_of(bad) != line.npos) return false;
    if (!first && !line.empty() && !is_token(line.substr(0, line.find(':')))) return false;
  }
  return true;
}

}  // namespace

handshake_response parse_response(const std::string& url, std::string_view head) {
  if (!has_good_lines(head))
    throw websocket_error("websocket " + url + ": its answer is not HTTP", 1006);
  response_parser parser;
  if (const char* wrong = parser.parse(head))
    throw websocket_error("websocket " + url + ": " + wrong, 1006);
  return parser.take();
}

}}}  // namespace rondo::v0::http::detail
