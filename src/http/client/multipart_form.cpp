// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/client/multipart_form.hpp>

#include <sys/stat.h>
#include <algorithm>
#include <random>

#include <rondo/coro/errors.hpp>

#include "http/client/file_pieces.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace {

/// 128 random bits: no contents hold it but by intent, and who sends them does not
/// know it.
std::string new_boundary() {
  std::random_device random;
  std::string boundary = "rondo";
  for (int i = 0; i < 4; ++i) {
    unsigned bits = random();
    for (int digit = 0; digit < 8; ++digit, bits >>= 4) boundary += "0123456789abcdef"[bits & 15];
  }
  return boundary;
}

/// As the HTML standard has it: "Multipart form data", escaping of names.
std::string in_quotes(std::string_view name) {
  std::string text = "\"";
  for (char c : name) {
    if (c == '"') {
      text += "%22";
    } else if (c == '\r') {
      text += "%0D";
    } else if (c == '\n') {
      text += "%0A";
    } else {
      text += c;
    }
  }
  return text += '"';
}

std::string file_head(const std::string& boundary, const std::string& name,
                      const std::string& file_name, const std::string& content_type) {
  if (content_type.find_first_of(std::string_view("\r\n\0", 3)) != content_type.npos)
    throw usage_error("http::multipart_form: the content type of '" + file_name +
                      "' holds a line break or NUL");
  return "--" + boundary + "\r\nContent-Disposition: form-data; name=" + in_quotes(name) +
         "; filename=" + in_quotes(file_name) + "\r\nContent-Type: " + content_type + "\r\n\r\n";
}

}  // namespace

multipart_form::multipart_form() : boundary_(new_boundary()), size_(boundary_.size() + 6) {}

void multipart_form::add_text(std::string text) {
  size_ += text.size();
  part p;
  p.text = std::move(text);
  parts_.push_back(std::move(p));
}

multipart_form& multipart_form::add(std::string name, std::string value) {
  add_text("--" + boundary_ + "\r\nContent-Disposition: form-data; name=" + in_quotes(name) +
           "\r\n\r\n" + value + "\r\n");
  return *this;
}

multipart_form& multipart_form::add_file(std::string name, std::string file_name,
                                         std::string contents, std::string content_type) {
  add_text(file_head(boundary_, name, file_name, content_type) + contents + "\r\n");
  return *this;
}

multipart_form& multipart_form::add_file(std::string name, std::string file_name, file contents,
                                         std::string content_type) {
  auto range = detail::rest_of(contents);
  if (!range)
    throw usage_error("http::multipart_form: " + contents.path() + " is not a regular file");
  add_text(file_head(boundary_, name, file_name, content_type));
  part p;
  p.offset = range->offset;
  p.length = range->length;
  p.source = std::move(contents);
  size_ += p.length;
  parts_.push_back(std::move(p));
  add_text("\r\n");
  return *this;
}

async_generator<std::string> multipart_form::pieces() {
  for (part& p : parts_) {
    if (!p.source) {
      co_yield std::string(p.text);
      continue;
    }
    auto contents = detail::file_pieces(p.source, p.offset, p.length);
    for (;;) {
      auto piece = co_await contents.next();
      if (!piece) break;
      co_yield std::move(*piece);
    }
  }
  co_yield "--" + boundary_ + "--\r\n";
}

}}}  // namespace rondo::v0::http
