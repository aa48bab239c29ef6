// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

/// A body that is not compressed as it says.
class coding_error : public error {
 public:
  using error::error;
};

/// The content codings that content_decoder knows here, as Accept-Encoding lists them:
/// "gzip, deflate, br, zstd". Those whose library was missing at the build are left out.
std::string_view known_codings() noexcept;

/// Undoes the codings of a body (RFC 9110, 8.4): gzip (RFC 1952, of one or more members),
/// deflate (RFC 1950, and the bare RFC 1951 that some servers send), br (RFC 7932), zstd
/// (RFC 8878, with windows of up to 8 MiB as RFC 9659 wants it).
///
/// Bytes in, bytes out. One step does a bounded amount of work, takes at most 64 KiB and
/// makes at most 64 KiB, however well the body is compressed, so that who holds an event
/// loop can let others run between steps. Memory is bounded by the codings' windows: 8 MiB
/// for zstd, 16 MiB for br, less for the others.
///
/// What follows the end of a gzip, deflate or br stream is dropped, as browsers do (some
/// servers pad), up to 64 KiB.
class content_decoder {
 public:
  /// For the value of Content-Encoding. Throws coding_error for codings that are not
  /// known_codings, and for more than four of them.
  explicit content_decoder(std::string_view content_encoding);
  content_decoder(content_decoder&&) noexcept;
  content_decoder& operator=(content_decoder&&) noexcept;
  ~content_decoder();

  /// Whether it changes nothing: there is no coding, or only "identity".
  bool is_identity() const noexcept;

  /// Takes the beginning of input, adds to out what it becomes; gives how many bytes it
  /// has taken. Throws coding_error.
  std::size_t step(std::string_view input, std::string& out);
  /// Whether a step without more input can make something.
  bool has_more() const noexcept;
  /// Whether the body may end here: its streams have ended, or nothing has come.
  bool at_end() const noexcept;
  /// What it is in the midst of, for an error: "gzip".
  std::string_view unfinished() const noexcept;

  /// One coding.
  class stage;

 private:
  struct link;
  std::vector<link> stages_;  // the last is the one that what comes over the wire is in
};

}}}  // namespace rondo::v0::http::detail
