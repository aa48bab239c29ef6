// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rondo/coro/async_generator.hpp>
#include <rondo/io/file.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// A form with files: multipart/form-data (RFC 7578). Names and file names may hold
/// anything; line breaks and quotes in them are escaped as browsers do.
class multipart_form {
 public:
  multipart_form();

  /// A field with a value.
  multipart_form& add(std::string name, std::string value);
  /// A file whose contents are in memory. Throws usage_error when the content type
  /// holds a line break.
  multipart_form& add_file(std::string name, std::string file_name, std::string contents,
                           std::string content_type = "application/octet-stream");
  /// A file, from its position to its end, read while it is sent. Throws
  /// usage_error when it is not a regular file.
  multipart_form& add_file(std::string name, std::string file_name, file contents,
                           std::string content_type = "application/octet-stream");

  const std::string& boundary() const noexcept { return boundary_; }
  /// The length of all of it, in bytes.
  std::uint64_t size() const noexcept { return size_; }
  /// All of it, piece by piece; the form must outlive that.
  async_generator<std::string> pieces() RONDO_LIFETIMEBOUND;

 private:
  struct part {
    std::string text;
    file source;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  void add_text(std::string text);

  std::string boundary_;
  std::vector<part> parts_;
  std::uint64_t size_;
};

}}}  // namespace rondo::v0::http
