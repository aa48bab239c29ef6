// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A form with files, in pieces: however it is cut, the same is found, or it is refused
// with the same words. What was found, written as a client does, is found again.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/http/server/reply.hpp>

#include "http/server/multipart_parser.hpp"

namespace {

namespace http = rondo::http;
using found = http::detail::multipart_found;

constexpr http::multipart_options limits{
    .max_parts = 8, .max_header_bytes = 300, .max_text_bytes = 100};

void require(bool truth, int line = __builtin_LINE()) {
  if (truth) return;
  std::fprintf(stderr, "not true: line %d\n", line);
  std::abort();
}

struct part {
  std::string name;
  std::optional<std::string> file_name;
  std::string content_type;
  std::string contents;
  bool complete = false;
  bool operator==(const part&) const = default;
};

struct form {
  std::vector<part> parts;
  std::string refusal;
  bool operator==(const form&) const = default;
};

void take(form& f, http::detail::multipart_parser& parser, found what) {
  if (what == found::part) {
    require(f.parts.empty() || f.parts.back().complete);
    http::multipart_head& h = parser.head();
    for (const auto& [name, value] : h.headers) {
      require(http::is_token(name));
      http::check_header(name, value);
    }
    f.parts.push_back({h.name, h.file_name, h.content_type, {}, false});
    require(f.parts.size() <= limits.max_parts);
    require(h.name.find('\0') == h.name.npos);
    require(!h.file_name ||
            h.file_name->find_first_of(std::string_view("/\\\0", 3)) == h.file_name->npos);
    return;
  }
  require(!f.parts.empty());
  part& last = f.parts.back();
  require(!last.complete);
  if (what == found::data) {
    require(!parser.data().empty());
    last.contents += parser.data();
  } else {
    require(what == found::part_end);
    last.complete = true;
  }
}

form read(std::string_view boundary, std::string_view bytes, std::size_t piece_size) {
  form f;
  http::detail::multipart_parser parser(boundary, limits);
  bool ended = false;
  try {
    while (!bytes.empty()) {
      // A piece of its own, so that reading past it is noticed.
      std::string copy(bytes.substr(0, piece_size));
      std::string_view piece = copy;
      bytes.remove_prefix(piece.size());
      for (;;) {
        found what = parser.next(piece);
        if (what == found::nothing) break;
        require(!ended);
        if (what == found::end) {
          ended = true;
        } else {
          take(f, parser, what);
        }
      }
      require(piece.empty());
    }
    for (;;) {
      found what = parser.finish();
      if (what == found::end) break;
      take(f, parser, what);
    }
    require(parser.finish() == found::end);
    for (const part& p : f.parts) require(p.complete);
  } catch (const http::status_error& e) {
    require(e.status() == 400 || e.status() == 413 || e.status() == 415 || e.status() == 431);
    f.refusal = std::to_string(e.status()) + " " + e.what();
    try {
      parser.finish();
      std::abort();
    } catch (const http::status_error& again) {
      require(std::string_view(again.what()) == e.what());
    }
  }
  return f;
}

std::string quoted(std::string_view text) {
  std::string all = "\"";
  for (char c : text) {
    if (c == '"')
      all += "%22";
    else if (c == '\r')
      all += "%0D";
    else if (c == '\n')
      all += "%0A";
    else if (c == '\\')
      all += "\\\\";
    else
      all += c;
  }
  return all + '"';
}

/// One that the contents do not have; none when they have all that are tried.
std::string other_boundary(const form& f) {
  std::string boundary(70, 'x');
  for (char c = '0'; c <= '9'; ++c) {
    boundary.back() = c;
    if (std::none_of(f.parts.begin(), f.parts.end(),
                     [&](const part& p) { return p.contents.find(boundary) != std::string::npos; }))
      return boundary;
  }
  return {};
}

void send_again(form f) {
  std::string boundary = other_boundary(f);
  if (boundary.empty()) return;
  std::string bytes;
  for (part& p : f.parts) {
    std::string head = "Content-Disposition: form-data; name=" + quoted(p.name);
    if (p.file_name) head += "; filename=" + quoted(*p.file_name);
    head += "\r\nContent-Type: " + p.content_type + "\r\n\r\n";
    if (head.size() > limits.max_header_bytes) return;  // escapes are longer
    bytes += "--" + boundary + "\r\n" + head + p.contents + "\r\n";
  }
  bytes += "--" + boundary + "--\r\n";
  require(read(boundary, bytes, 7) == f);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::size_t piece_size = 1 + data[0] % 100;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  // The first line is a Content-Type, or one that is plain.
  std::string boundary = "b";
  if (bytes.starts_with("multipart")) {
    std::size_t line = std::min(bytes.find('\n'), bytes.size());
    http::headers fields;
    fields.add_parsed("Content-Type", std::string(bytes.substr(0, line)));
    bytes.remove_prefix(std::min(line + 1, bytes.size()));
    try {
      boundary = http::detail::boundary_of(fields);
    } catch (const http::status_error& e) {
      require(e.status() == 400 || e.status() == 415);
    }
    require(!boundary.empty() && boundary.size() <= 70 && boundary.back() != ' ');
  }
  form whole = read(boundary, bytes, size);
  require(read(boundary, bytes, piece_size) == whole);
  require(read(boundary, bytes, 1) == whole);
  if (whole.refusal.empty()) send_again(whole);
  return 0;
}
