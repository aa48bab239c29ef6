// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/url.hpp>

#include <curl/curl.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <new>
#include <utility>

namespace rondo::inline v0::http {

namespace {

struct known_scheme {
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array<known_scheme, 4> known_schemes = {
    {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}}};

const known_scheme* find_scheme(std::string_view name) noexcept {
  for (const known_scheme& s : known_schemes) {
    if (s.name == name) return &s;
  }
  return nullptr;
}

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  constexpr std::size_t shown = 200;
  std::string start(text.substr(0, shown));
  for (char& c : start) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  if (text.size() > shown) start += "...";
  throw url_error("URL '" + start + "': " + why);
}

void check(CURLUcode code, std::string_view text) {
  if (code == CURLUE_OK) return;
  if (code == CURLUE_OUT_OF_MEMORY) throw std::bad_alloc();
  refuse(text, curl_url_strerror(code));
}

bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string in_lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

/// The scheme that a reference begins with (RFC 3986, 3.1), or nothing.
std::optional<std::string> scheme_of(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && (is_alpha(text[end]) || (end > 0 && (is_digit(text[end]) || text[end] == '+' ||
                                                                   text[end] == '-' || text[end] == '.'))))
    ++end;
  if (end == 0 || end == text.size() || text[end] != ':') return std::nullopt;
  return in_lower_case(text.substr(0, end));
}

constexpr char upper_hex[] = "0123456789ABCDEF";

void append_encoded(std::string& to, char c) {
  auto byte = static_cast<unsigned char>(c);
  to += '%';
  to += upper_hex[byte >> 4];
  to += upper_hex[byte & 15];
}

/// Where the authority ends in an absolute URL or a reference; 0 if it has none.
std::size_t authority_end(std::string_view text) {
  std::size_t begin = scheme_of(text) ? text.find(':') + 1 : 0;
  if (!text.substr(begin).starts_with("//")) return 0;
  return std::min(text.find_first_of("/?#", begin + 2), text.size());
}

/// What browsers do to a text before they read it as a URL (WHATWG URL, 4.4).
std::string tidy(std::string_view text) {
  auto is_space = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  std::string plain(text);
  std::erase_if(plain, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
  std::size_t query = std::min(plain.find_first_of("?#"), plain.size());
  std::replace(plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(query), '\\', '/');
  // The host has a form of its own in ASCII, and no spaces.
  std::size_t host_end = authority_end(plain);
  std::size_t host = std::string_view(plain).substr(0, host_end).rfind('@') + 1;  // 0 if no user is named
  std::string result;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    bool in_host = i >= host && i < host_end;
    if (!in_host && (plain[i] == ' ' || static_cast<unsigned char>(plain[i]) >= 0x80)) {
      append_encoded(result, plain[i]);
    } else {
      result += plain[i];
    }
  }
  return result;
}

struct free_text {
  void operator()(char* text) const noexcept { curl_free(text); }
};

/// libcurl's parser.
class parser {
 public:
  explicit parser(std::string_view about) : about_(about), handle_(curl_url()) {
    if (!handle_) throw std::bad_alloc();
  }
  parser(const parser&) = delete;
  parser& operator=(const parser&) = delete;
  ~parser() { curl_url_cleanup(handle_); }

  /// A URL; resolves it against one that was set before.
  void set(const std::string& text) {
    check(curl_url_set(handle_, CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME), about_);
  }

  std::optional<std::string> get(CURLUPart part, CURLUcode absent, unsigned flags = 0) const {
    char* text = nullptr;
    CURLUcode code = curl_url_get(handle_, part, &text, flags);
    std::unique_ptr<char, free_text> owner(text);
    if (code == absent) return std::nullopt;
    check(code, about_);
    return std::string(text);
  }

  /// libcurl's conversion reads the name in the locale's encoding, and calls
  /// each failure one of memory.
  std::string ascii_host() const {
    char* text = nullptr;
    CURLUcode code = curl_url_get(handle_, CURLUPART_HOST, &text, CURLU_PUNYCODE);
    std::unique_ptr<char, free_text> owner(text);
    if (code != CURLUE_OK) refuse(about_, "the host has no ASCII form in this locale");
    return text;
  }

 private:
  std::string_view about_;
  CURLU* handle_;
};

bool has_high_bytes(std::string_view text) noexcept {
  for (char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return true;
  }
  return false;
}

int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_unreserved(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// An address, of which no other is a subdomain.
bool is_address(std::string_view host) noexcept {
  if (host.starts_with('[')) return true;
  return !host.empty() && is_digit(host.back()) && host.find_first_not_of("0123456789.") == host.npos;
}

}  // namespace

url::url(std::string_view text) : url(text, nullptr) {}

url::url(std::string_view text, const url* base) {
  if (text.size() > max_length) refuse(text, "longer than " + std::to_string(max_length) + " bytes");
  if (text.find('\0') != text.npos) refuse(text, "it holds a NUL");
  std::string tidied = tidy(text);
  std::optional<std::string> scheme = scheme_of(tidied);
  if (scheme && !find_scheme(*scheme)) refuse(text, "the scheme '" + *scheme + "' is not one of the web");
  if (!scheme && !base) refuse(text, "no scheme: it is not absolute");
  std::string_view rest = std::string_view(tidied).substr(scheme ? scheme->size() + 1 : 0);
  if (base && scheme == base->scheme_ && !rest.starts_with("//")) {
    // "http:page" on an http page is an old spelling of "page" (RFC 3986, 5.2.2).
    // Its first part may look like a scheme, too.
    tidied = (scheme_of(rest) ? "./" : "") + std::string(rest);
    scheme.reset();
  } else if (scheme || rest.starts_with("//")) {
    // However many slashes there are, what follows is the host.
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    tidied = (scheme ? *scheme + "://" : "//") + std::string(rest);
  }
  // libcurl decodes it after it has looked for the forms of an address.
  std::string_view authority = std::string_view(tidied).substr(0, authority_end(tidied));
  if (authority.find('%', authority.rfind('@') + 1) != authority.npos) refuse(text, "a percent sign in the host");
  parser p(text);
  if (!scheme) {
    if (tidied.empty()) {  // the page itself
      *this = base->without_fragment();
      return;
    }
    std::string page = base->without_fragment().str();
    p.set(page);
    // libcurl 7.88 would take a lone fragment for one of the page's folder.
    if (tidied[0] == '#') tidied.insert(0, page);
  }
  p.set(tidied);

  scheme_ = in_lower_case(*p.get(CURLUPART_SCHEME, CURLUE_NO_SCHEME));
  const known_scheme* known = find_scheme(scheme_);
  if (!known) refuse(text, "the scheme '" + scheme_ + "' is not one of the web");
  user_ = p.get(CURLUPART_USER, CURLUE_NO_USER).value_or("");
  password_ = p.get(CURLUPART_PASSWORD, CURLUE_NO_PASSWORD).value_or("");
  host_ = p.get(CURLUPART_HOST, CURLUE_NO_HOST).value_or("");
  if (has_high_bytes(host_)) host_ = p.ascii_host();
  host_ = in_lower_case(host_);
  if (host_.empty()) refuse(text, "no host");
  path_ = p.get(CURLUPART_PATH, CURLUE_UNKNOWN_PART).value_or("/");
  query_ = p.get(CURLUPART_QUERY, CURLUE_NO_QUERY).value_or("");
  fragment_ = p.get(CURLUPART_FRAGMENT, CURLUE_NO_FRAGMENT).value_or("");
  std::optional<std::string> port = p.get(CURLUPART_PORT, CURLUE_NO_PORT);
  port_ = known->port;
  if (port) std::from_chars(port->data(), port->data() + port->size(), port_);
}

std::optional<url> url::try_parse(std::string_view text) {
  try {
    return url(text);
  } catch (const url_error&) {
    return std::nullopt;
  }
}

url url::resolve(std::string_view reference) const { return url(reference, this); }

std::optional<url> url::try_resolve(std::string_view reference) const {
  try {
    return resolve(reference);
  } catch (const url_error&) {
    return std::nullopt;
  }
}

bool url::has_default_port() const noexcept {
  const known_scheme* known = find_scheme(scheme_);
  return known && known->port == port_;
}

std::string url::target() const { return query_.empty() ? path_ : path_ + "?" + query_; }

std::string url::origin() const {
  std::string result = scheme_ + "://" + host_;
  if (!has_default_port()) result += ":" + std::to_string(port_);
  return result;
}

std::string url::str() const {
  std::string result = scheme_ + "://";
  if (!user_.empty() || !password_.empty()) {
    result += user_;
    if (!password_.empty()) result += ":" + password_;
    result += "@";
  }
  result += host_;
  if (!has_default_port()) result += ":" + std::to_string(port_);
  result += target();
  if (!fragment_.empty()) result += "#" + fragment_;
  return result;
}

url url::without_fragment() const {
  url result = *this;
  result.fragment_.clear();
  return result;
}

url url::without_credentials() const {
  url result = *this;
  result.user_.clear();
  result.password_.clear();
  return result;
}

url url::normalized() const {
  url result = *this;
  result.fragment_.clear();
  result.path_ = normalize_percent_encoding(path_);
  result.query_ = normalize_percent_encoding(query_);
  // An encoded dot may have been a dot segment; reading it again removes it.
  return result.path_ == path_ ? result : url(result.str());
}

std::string normalize_percent_encoding(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      // A percent sign that begins nothing: alone, it could come to begin
      // something once what follows is decoded.
      text[i] == '%' ? append_encoded(result, '%') : result.push_back(text[i]);
      continue;
    }
    auto decoded = static_cast<char>(high * 16 + low);
    if (is_unreserved(decoded)) {
      result += decoded;
    } else {
      append_encoded(result, decoded);
    }
    i += 2;
  }
  return result;
}

bool same_origin(const url& a, const url& b) noexcept {
  return a.scheme() == b.scheme() && a.host() == b.host() && a.port() == b.port();
}

bool same_host(const url& a, const url& b) noexcept {
  if (a.host() != b.host()) return false;
  return a.port() == b.port() || (a.has_default_port() && b.has_default_port());
}

bool within_domain(std::string_view host, std::string_view domain) noexcept {
  if (host == domain) return true;
  if (domain.empty() || is_address(host) || !host.ends_with(domain)) return false;
  return host[host.size() - domain.size() - 1] == '.';
}

}  // namespace rondo::inline v0::http
