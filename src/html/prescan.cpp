// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "html/prescan.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "detail/ascii.hpp"
#include "html/tree.hpp"

namespace rondo { inline namespace v0 { namespace html::detail {

namespace {

using ascii::equal_ignoring_case;

std::string_view skip_spaces(std::string_view text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
  return text;
}

/// The prescan's own small reader of tags. Whatever ends within the bytes that are looked at
/// counts; at their end it gives up.
class prescan {
 public:
  explicit prescan(std::string_view bytes) : bytes_(bytes) {}

  const encoding* find();

 private:
  struct attribute {
    std::string name, value;  // in lower case
  };

  bool begins_meta() const noexcept {
    return bytes_.size() > at_ + 5 && equal_ignoring_case(bytes_.substr(at_, 5), "<meta") &&
           (is_space(bytes_[at_ + 5]) || bytes_[at_ + 5] == '/');
  }
  bool begins_tag() const noexcept {
    std::size_t name = at_ + (bytes_.substr(at_).starts_with("</") ? 2 : 1);
    return name < bytes_.size() && ascii::is_letter(bytes_[name]);
  }
  void skip_to(std::string_view any_of) noexcept {
    at_ = std::min(bytes_.find_first_of(any_of, at_), bytes_.size());
  }
  bool at_end() const noexcept { return at_ >= bytes_.size(); }
  std::optional<attribute> take_attribute();
  std::string take_value();
  const encoding* read_meta();

  std::string_view bytes_;
  std::size_t at_ = 0;
};

/// "Get an attribute"; nothing at the tag's end, and at that of the bytes.
std::optional<prescan::attribute> prescan::take_attribute() {
  while (!at_end() && (is_space(bytes_[at_]) || bytes_[at_] == '/')) ++at_;
  if (at_end() || bytes_[at_] == '>') return std::nullopt;
  attribute a;
  for (;; ++at_) {
    if (at_end()) return std::nullopt;
    char c = bytes_[at_];
    if (c == '/' || c == '>') return a;
    if (c == '=' && !a.name.empty()) break;
    if (is_space(c)) {
      while (!at_end() && is_space(bytes_[at_])) ++at_;
      if (at_end()) return std::nullopt;
      if (bytes_[at_] != '=') return a;
      break;
    }
    a.name += ascii::lower(c);
  }
  ++at_;
  a.value = take_value();
  if (at_end()) return std::nullopt;
  return a;
}

std::string prescan::take_value() {
  while (!at_end() && is_space(bytes_[at_])) ++at_;
  std::string value;
  char quote = !at_end() && (bytes_[at_] == '"' || bytes_[at_] == '\'') ? bytes_[at_++] : '\0';
  for (; !at_end(); ++at_) {
    char c = bytes_[at_];
    if (quote ? c == quote : is_space(c) || c == '>') break;
    value += ascii::lower(c);
  }
  if (quote && !at_end()) ++at_;
  return value;
}

const encoding* prescan::read_meta() {
  at_ += 5;
  std::vector<std::string> seen;
  bool got_pragma = false;
  std::optional<bool> need_pragma;
  const encoding* charset = nullptr;
  while (std::optional<attribute> a = take_attribute()) {
    if (std::find(seen.begin(), seen.end(), a->name) != seen.end()) continue;
    if (a->name == "http-equiv") {
      got_pragma = is_content_type(a->value);
    } else if (a->name == "content") {
      const encoding* found = need_pragma ? nullptr : encoding_of_content(a->value);
      if (found) {
        charset = found;
        need_pragma = true;
      }
    } else if (a->name == "charset") {
      charset = find_encoding(a->value);
      need_pragma = false;
    }
    seen.push_back(std::move(a->name));
  }
  if (at_end() || !need_pragma || (*need_pragma && !got_pragma)) return nullptr;
  return charset;
}

const encoding* prescan::find() {
  for (; !at_end(); ++at_) {
    std::string_view rest = bytes_.substr(at_);
    if (rest.starts_with("<!--")) {
      std::size_t end = rest.find("-->", 2);  // "<!-->" is a whole comment
      if (end == rest.npos) return nullptr;
      at_ += end + 2;
    } else if (begins_meta()) {
      if (const encoding* found = read_meta()) return found;
    } else if (rest[0] == '<' && begins_tag()) {
      skip_to(" \t\n\f\r>");
      while (take_attribute()) {
      }
    } else if (rest.starts_with("<!") || rest.starts_with("</") || rest.starts_with("<?")) {
      skip_to(">");
    }
  }
  return nullptr;
}

/// "Get an XML encoding".
const encoding* encoding_of_xml_declaration(std::string_view bytes) {
  if (!bytes.starts_with("<?xml")) return nullptr;
  std::size_t end = bytes.find('>');
  if (end == bytes.npos) return nullptr;
  bytes = bytes.substr(0, end);
  std::size_t at = bytes.find("encoding");
  if (at == bytes.npos) return nullptr;
  auto skip_controls = [](std::string_view text) {
    while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
    return text;
  };
  std::string_view rest = skip_controls(bytes.substr(at + std::string_view("encoding").size()));
  if (!rest.starts_with('=')) return nullptr;
  rest = skip_controls(rest.substr(1));
  if (!rest.starts_with('"') && !rest.starts_with('\'')) return nullptr;
  std::size_t close = rest.find(rest[0], 1);
  if (close == rest.npos) return nullptr;
  std::string_view name = rest.substr(1, close - 1);
  if (std::any_of(name.begin(), name.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= ' '; }))
    return nullptr;
  return find_encoding(name);
}

}  // namespace

const encoding* encoding_of_mark(std::string_view bytes) noexcept {
  if (bytes.starts_with("\xEF\xBB\xBF")) return &utf_8;
  if (bytes.starts_with("\xFE\xFF")) return find_encoding("utf-16be");
  if (bytes.starts_with("\xFF\xFE")) return find_encoding("utf-16le");
  return nullptr;
}

const encoding* encoding_of_content_type(std::string_view content_type) {
  // The parameters of a media type (RFC 9110, 5.6.6); the first charset counts.
  std::size_t at = content_type.find(';');
  while (at < content_type.size()) {
    ++at;
    std::size_t end = std::min(content_type.find_first_of(";=", at), content_type.size());
    std::string_view name = ascii::trimmed(content_type.substr(at, end - at), spaces);
    at = end;
    if (at == content_type.size() || content_type[at] == ';') continue;
    std::string_view rest = skip_spaces(content_type.substr(at + 1));
    at = content_type.size() - rest.size();
    std::string value;
    if (rest.starts_with('"')) {
      for (++at; at < content_type.size() && content_type[at] != '"'; ++at) {
        if (content_type[at] == '\\' && at + 1 < content_type.size()) ++at;
        value += content_type[at];
      }
      at = std::min(content_type.find(';', at), content_type.size());
    } else {
      end = std::min(content_type.find(';', at), content_type.size());
      value = content_type.substr(at, end - at);
      // Some servers quote like that.
      if (value.size() > 2 && value.front() == '\'' && value.back() == '\'')
        value = value.substr(1, value.size() - 2);
      at = end;
    }
    if (equal_ignoring_case(name, "charset")) return find_encoding(value);
  }
  return nullptr;
}

bool is_content_type(std::string_view http_equiv) noexcept {
  return equal_ignoring_case(http_equiv, "content-type");
}

const encoding* encoding_of_content(std::string_view content) {
  constexpr std::string_view name = "charset";
  for (std::size_t at = 0; (at = ascii::find_ignoring_case(content, name, at)) != content.npos;) {
    at += name.size();
    std::string_view rest = skip_spaces(content.substr(at));
    if (!rest.starts_with('=')) continue;
    rest = skip_spaces(rest.substr(1));
    if (rest.empty()) return nullptr;
    if (rest[0] == '"' || rest[0] == '\'') {
      std::size_t end = rest.find(rest[0], 1);
      return end == rest.npos ? nullptr : find_encoding(rest.substr(1, end - 1));
    }
    return find_encoding(rest.substr(0, rest.find_first_of("; \t\r\n\f")));
  }
  return nullptr;
}

const encoding* encoding_of_prescan(std::string_view bytes) {
  constexpr std::size_t looked_at = 1024;
  bytes = bytes.substr(0, looked_at);
  // An XML declaration in UTF-16.
  if (bytes.starts_with(std::string_view("<\0?\0x\0", 6))) return find_encoding("utf-16le");
  if (bytes.starts_with(std::string_view("\0<\0?\0x", 6))) return find_encoding("utf-16be");
  const encoding* found = prescan(bytes).find();
  if (!found) found = encoding_of_xml_declaration(bytes);
  return found ? &encoding_of_page(*found) : nullptr;
}

}}}  // namespace rondo::v0::html::detail
