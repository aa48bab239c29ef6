// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/server/multipart_parser.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <rondo/http/message/percent_encoding.hpp>
#include <rondo/http/server/reply.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

using parameter = std::pair<std::string_view, std::string>;

void skip_blanks(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

std::string_view trimmed(std::string_view text) {
  skip_blanks(text);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// Takes a quoted string from the front. Only \" and \\ are escapes: old browsers send
/// paths of Windows as they are.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (c == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\'))
      c = text[++i];
    value += c;
  }
  return std::nullopt;
}

/// Takes what stands without quotes: more than a token, for boundaries are often sent
/// bare.
std::string take_bare(std::string_view& text) {
  auto end = std::find_if_not(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != ';' && c != '\\';
  });
  std::string value(text.begin(), end);
  text.remove_prefix(value.size());
  return value;
}

/// Reads `; name=value; name="value"`, in the order sent. Empty when malformed.
std::optional<std::vector<parameter>> parse_parameters(std::string_view text) {
  std::vector<parameter> all;
  for (;;) {
    skip_blanks(text);
    if (text.empty()) return all;
    if (text.front() != ';') return std::nullopt;
    text.remove_prefix(1);
    skip_blanks(text);
    if (text.empty() || text.front() == ';') continue;
    std::string_view name = text.substr(0, text.find('='));
    if (name.size() == text.size() || !is_token(name)) return std::nullopt;
    text.remove_prefix(name.size() + 1);
    if (text.starts_with('"')) {
      std::optional<std::string> value = take_quoted(text);
      if (!value) return std::nullopt;
      all.emplace_back(name, std::move(*value));
    } else {
      std::string value = take_bare(text);
      if (value.empty()) return std::nullopt;
      all.emplace_back(name, std::move(value));
    }
  }
}

/// The only parameter of that name, or null. False when there are several.
bool find_only(const std::vector<parameter>& all, std::string_view name,
               const std::string*& found) {
  found = nullptr;
  for (const auto& [key, value] : all) {
    if (!equal_ignoring_case(key, name)) continue;
    if (found) return false;
    found = &value;
  }
  return true;
}

/// What browsers do to names, undone (HTML standard, "Multipart form data"): %22, %0D and
/// %0A; any other % is itself.
std::string without_escapes(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string_view escape = text.substr(i, 3);
    bool quote = escape == "%22";
    bool cr = equal_ignoring_case(escape, "%0D");
    bool lf = equal_ignoring_case(escape, "%0A");
    if (quote || cr || lf) {
      result += quote ? '"' : cr ? '\r' : '\n';
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// "UTF-8'en'%e2%82%ac" (RFC 8187, 3.2.1). Control characters are none of a name's.
std::optional<std::string> extended_value(std::string_view text) {
  constexpr std::string_view charset = "UTF-8'";
  if (!equal_ignoring_case(text.substr(0, charset.size()), charset)) return std::nullopt;
  text.remove_prefix(charset.size());
  std::size_t quote = text.find('\'');
  if (quote == text.npos) return std::nullopt;
  std::optional<std::string> value = percent_decode(text.substr(quote + 1));
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (value && std::any_of(value->begin(), value->end(), is_control)) return std::nullopt;
  return value;
}

/// A name without the folders before it.
std::string base_name(std::string_view path) {
  std::string_view name = path.substr(path.find_last_of("/\\") + 1);  // npos + 1 is 0
  return name == "." || name == ".." ? std::string() : std::string(name);
}

/// RFC 2046, 5.1.1: of 1 to 70 of these, and no blank at its end.
bool is_boundary(std::string_view text) {
  return !text.empty() && text.size() <= 70 && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
         });
}

/// Where text begins with the delimiter, or ends with a beginning of it; its size if
/// neither.
std::size_t find_delimiter(std::string_view text, std::string_view delimiter) {
  for (std::size_t at = 0;; ++at) {
    at = std::min(text.find('\r', at), text.size());
    if (at == text.size()) return at;
    std::string_view here = text.substr(at, delimiter.size());
    if (here == delimiter.substr(0, here.size())) return at;
  }
}

}  // namespace

std::string boundary_of(const headers& fields) {
  const std::string* given = nullptr;
  for (const auto& [name, value] : fields) {
    if (!equal_ignoring_case(name, "Content-Type")) continue;
    if (given) throw status_error(400, "the request has several Content-Type");
    given = &value;
  }
  std::string_view text = given ? std::string_view(*given) : std::string_view();
  std::size_t semicolon = std::min(text.find(';'), text.size());
  if (!equal_ignoring_case(trimmed(text.substr(0, semicolon)), "multipart/form-data"))
    throw status_error(415, "the body is not multipart/form-data");
  auto parameters = parse_parameters(text.substr(semicolon));
  if (!parameters) throw status_error(400, "the Content-Type is malformed");
  const std::string* boundary = nullptr;
  if (!find_only(*parameters, "boundary", boundary))
    throw status_error(400, "the Content-Type has several boundaries");
  if (!boundary) throw status_error(400, "the Content-Type has no boundary");
  if (!is_boundary(*boundary))
    throw status_error(400,
                       "the Content-Type's boundary is not 1 to 70 characters of those allowed");
  return *boundary;
}

multipart_parser::multipart_parser(std::string_view boundary, const multipart_options& limits)
    : delimiter_("\r\n--" + std::string(boundary)),
      max_parts_(limits.max_parts),
      max_header_bytes_(limits.max_header_bytes) {}

void multipart_parser::refuse(int status, const char* what) {
  state_ = state::failed;
  status_ = status;
  text_ = what;
  throw status_error(status_, text_);
}

void multipart_parser::refuse_part(int status, const char* what) {
  refuse(status, ("part " + std::to_string(parts_) + " of the form " + what).c_str());
}

multipart_found multipart_parser::next(std::string_view& bytes) {
  using found = multipart_found;
  for (;;) {
    switch (state_) {
      case state::preamble:
        if (!take_preamble(bytes)) return found::nothing;
        begin_line();
        break;
      case state::line:
        if (!take_line(bytes)) return found::nothing;
        end_line();
        if (std::exchange(in_part_, false)) return found::part_end;
        break;
      case state::header:
        if (!take_header(bytes)) return found::nothing;
        begin_contents();
        return found::part;
      case state::contents:
        if (!take_contents(bytes)) return found::nothing;
        if (!data_.empty()) return found::data;
        begin_line();
        break;
      case state::closed:
        state_ = state::epilogue;
        return found::end;
      case state::epilogue:
        bytes = {};
        return found::nothing;
      case state::failed:
        throw status_error(status_, text_);
    }
  }
}

multipart_found multipart_parser::finish() {
  using found = multipart_found;
  switch (state_) {
    case state::preamble:
      refuse(400, "the form does not begin with its boundary");
    case state::line:  // nothing needs to stand after the last boundary
      if (!closing_ || line_ != line_state::padding) break;
      end_line();
      if (std::exchange(in_part_, false)) return found::part_end;
      [[fallthrough]];
    case state::closed:
    case state::epilogue:
      state_ = state::epilogue;
      return found::end;
    case state::failed:
      throw status_error(status_, text_);
    default:
      break;
  }
  refuse(400, "the form is cut: it does not end with its boundary");
}

// It is held, within a limit, so that a boundary in the middle of a line is noticed: the
// first part would be passed over in silence.
bool multipart_parser::take_preamble(std::string_view& bytes) {
  constexpr std::size_t longest = 1024;
  std::string_view boundary = std::string_view(delimiter_).substr(2);
  std::size_t before = text_.size();
  text_ += bytes.substr(0, longest - before);
  std::size_t at = text_.find(boundary, before - std::min(before, boundary.size() - 1));
  if (at == text_.npos) {
    if (text_.size() >= longest) refuse(400, "the form does not begin with its boundary");
    bytes = {};
    return false;
  }
  if (at > 0 && !std::string_view(text_).substr(0, at).ends_with("\r\n"))
    refuse(400, "the form's first boundary is not at the beginning of a line");
  bytes.remove_prefix(at + boundary.size() - before);
  return true;
}

void multipart_parser::begin_line() noexcept {
  state_ = state::line;
  line_ = line_state::begin;
  closing_ = false;
  padding_ = 0;
}

void multipart_parser::end_line() noexcept {
  state_ = closing_ ? state::closed : state::header;
  text_ = "\r\n";  // the line's end: with one more, the header is empty
}

/// What stands after a boundary: "--" if it is the last one, blanks, and CR LF. Anything
/// else would make it another boundary for some, and a part of the contents for others
/// (RFC 2046: who sends it has to choose one that the contents do not have).
bool multipart_parser::take_line(std::string_view& bytes) {
  while (!bytes.empty()) {
    char c = bytes.front();
    bytes.remove_prefix(1);
    bool blank = (c == ' ' || c == '\t') && ++padding_ <= max_header_bytes_;
    if (line_ == line_state::begin && c == '-') {
      line_ = line_state::dash;
    } else if (line_ == line_state::dash && c == '-') {
      closing_ = true;
      line_ = line_state::padding;
    } else if ((line_ == line_state::begin || line_ == line_state::padding) &&
               (blank || c == '\r')) {
      line_ = blank ? line_state::padding : line_state::cr;
    } else if (line_ == line_state::cr && c == '\n') {
      return true;
    } else {
      refuse(400,
             "a boundary of the form is not alone in its line, or the line does not end in CR LF");
    }
  }
  return false;
}

bool multipart_parser::take_header(std::string_view& bytes) {
  while (!bytes.empty()) {
    char c = bytes.front();
    if (text_.size() == 2 && ++parts_ > max_parts_) refuse(413, "the form has too many parts");
    bool after_cr = text_.ends_with('\r');
    if (after_cr != (c == '\n') || c == '\0')
      refuse_part(400, "has a header with NUL, or with a line that does not end in CR LF");
    if (text_.size() - 2 >= max_header_bytes_) refuse_part(431, "has a header that is too large");
    bytes.remove_prefix(1);
    text_ += c;
    if (text_.ends_with("\r\n\r\n")) {
      parse_header();
      return true;
    }
  }
  return false;
}

void multipart_parser::parse_header() {
  head_ = {};
  head_.content_type = "text/plain";
  bool has_disposition = false, has_type = false;
  std::string_view left = text_;
  left.remove_prefix(2);
  for (;;) {
    std::string_view line = left.substr(0, left.find('\r'));
    if (line.empty()) break;
    left.remove_prefix(line.size() + 2);
    std::string_view name = line.substr(0, line.find(':'));
    if (name.size() == line.size() || !is_token(name))
      refuse_part(400, "has a malformed header field");
    std::string_view value = trimmed(line.substr(name.size() + 1));
    if (!is_field_value(value)) refuse_part(400, "has a control character in a header field");
    head_.headers.add_parsed(std::string(name), std::string(value));
    if (equal_ignoring_case(name, "Content-Disposition")) {
      if (std::exchange(has_disposition, true)) refuse_part(400, "has several Content-Disposition");
      parse_disposition(value);
    } else if (equal_ignoring_case(name, "Content-Type")) {
      if (std::exchange(has_type, true)) refuse_part(400, "has several Content-Type");
      head_.content_type = value;
    } else if (equal_ignoring_case(name, "Content-Transfer-Encoding")) {
      // Deprecated (RFC 7578, 4.7). These three change nothing.
      if (!equal_ignoring_case(value, "binary") && !equal_ignoring_case(value, "8bit") &&
          !equal_ignoring_case(value, "7bit"))
        refuse_part(415, "has a Content-Transfer-Encoding");
    }
  }
  if (!has_disposition) refuse_part(400, "has no Content-Disposition");
}

void multipart_parser::parse_disposition(std::string_view value) {
  std::size_t semicolon = std::min(value.find(';'), value.size());
  auto parameters = parse_parameters(value.substr(semicolon));
  if (!parameters || !equal_ignoring_case(trimmed(value.substr(0, semicolon)), "form-data"))
    refuse_part(400, "has a Content-Disposition that is malformed, or not form-data");
  auto wanted = [&](std::string_view plain,
                    std::string_view extended) -> std::optional<std::string> {
    const std::string* sent = nullptr;
    const std::string* sent_extended = nullptr;
    if (!find_only(*parameters, plain, sent) || !find_only(*parameters, extended, sent_extended))
      refuse_part(400, "has several names");
    if (!sent_extended) return sent ? std::optional(without_escapes(*sent)) : std::nullopt;
    std::optional<std::string> decoded = extended_value(*sent_extended);
    if (!decoded) refuse_part(400, "has a name that is malformed, or not in UTF-8");
    return decoded;
  };
  std::optional<std::string> name = wanted("name", "name*");
  if (!name) refuse_part(400, "has no name");
  head_.name = std::move(*name);
  head_.file_name = wanted("filename", "filename*");
  if (head_.file_name) head_.file_name = base_name(*head_.file_name);
}

// When they are empty, the delimiter's CR LF may be the end of the header (RFC 2046, 5.1.1).
void multipart_parser::begin_contents() noexcept {
  state_ = state::contents;
  in_part_ = true;
  matched_ = before_contents_ = 2;
}

/// With data(), or with none at the end of the contents. CR is in the delimiter only as
/// its first byte: where it does not go on, no other can have begun meanwhile.
bool multipart_parser::take_contents(std::string_view& bytes) {
  data_ = {};
  while (!bytes.empty()) {
    if (matched_ == 0) {
      std::size_t at = find_delimiter(bytes, delimiter_);
      if (at > 0) {
        data_ = bytes.substr(0, at);
        bytes.remove_prefix(at);
        return true;
      }
    }
    std::string_view expected = std::string_view(delimiter_).substr(matched_, bytes.size());
    auto differ = std::mismatch(expected.begin(), expected.end(), bytes.begin()).first;
    auto same = static_cast<std::size_t>(differ - expected.begin());
    bytes.remove_prefix(same);
    matched_ += same;
    bool differs = same < expected.size();
    if (!differs && matched_ < delimiter_.size()) return false;
    std::size_t begun = std::exchange(matched_, 0);
    std::size_t before = std::exchange(before_contents_, 0);
    if (differs) data_ = std::string_view(delimiter_).substr(before, begun - before);
    if (!differs || !data_.empty()) return true;
  }
  return false;
}

}}}  // namespace rondo::v0::http::detail
