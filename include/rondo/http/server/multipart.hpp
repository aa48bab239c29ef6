// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/http/server/request.hpp>
#include <rondo/io/file.hpp>

namespace rondo { inline namespace v0 { namespace http {

class multipart_reader;

namespace detail {
class multipart_parser;
enum class multipart_found : unsigned char;
}  // namespace detail

/// What a form with files may make the server hold. How large all of it may be is
/// server_options::max_body.
struct multipart_options {
  std::size_t max_parts = 1000;              ///< then 413
  std::size_t max_header_bytes = 8 * 1024;   ///< of one part; then 431
  std::size_t max_text_bytes = 1024 * 1024;  ///< of what text() reads; then 413
};
static_assert(std::is_trivially_destructible_v<multipart_options>);

/// What the header of a part says.
struct multipart_head {
  std::string name;  ///< of the form's field
  /// Given for a file; empty when none was chosen, which browsers send too. Only what
  /// follows the last '/' or '\' of what was sent, and empty for "." and "..": no way
  /// out of a folder. It still is the client's choice: it may name a file that is there,
  /// begin with a dot, or hold a line break.
  std::optional<std::string> file_name;
  std::string content_type;  ///< as the client says; text/plain when it does not
  http::headers headers;     ///< all of it, as sent
};

/// A field of a form, or a file. What it holds can be read until the reader is asked for
/// the next one, and must be read by the reader's task.
class multipart_part : public multipart_head {
 public:
  bool is_file() const noexcept { return file_name.has_value(); }

  /// The next piece of what it holds, empty at its end. Throws as request::read does, and
  /// status_error 400 when the body is malformed or cut. Cancelling it loses nothing.
  RONDO_CORO_WRAPPER task<std::string> read();
  /// The rest of it, for fields that are short: status_error 413 when that is more than
  /// max_text_bytes. Cancelled: the next text() has what this one had read.
  RONDO_CORO_WRAPPER task<std::string> text();
  /// Writes the rest of it to a file, from its position on; how many bytes. Also throws
  /// what file::write throws. Cancelled: the file has a part of it, and one piece may be
  /// lost.
  RONDO_CORO_WRAPPER task<std::uint64_t> save(file& into);

 private:
  friend class multipart_reader;
  multipart_part(multipart_head head, multipart_reader* reader, std::size_t number)
      : multipart_head(std::move(head)), reader_(reader), number_(number) {}
  multipart_reader* reader_;
  std::size_t number_;
};

/// Reads a request's body that is a form with files, multipart/form-data (RFC 7578), part
/// by part, while it comes: a handler that does not read slows the client down, and no
/// more than a piece is held.
///
///     http::multipart_reader parts(r);
///     while (auto part = co_await parts.next()) {
///       if (part->is_file()) {
///         auto f = co_await rondo::open_file(new_path(), rondo::file_mode::create);
///         co_await part->save(f);
///         co_await f.close();
///       } else {
///         use(part->name, co_await part->text());
///       }
///     }
///
/// Refused with 400 is what others may read in another way: a line that ends in LF
/// alone, a boundary with something after it, a part without a name or with two, a
/// body that has no end. Names are read as browsers write them, %22, %0D and %0A for a
/// quote and line breaks, with \" and \\ of other clients, and as name* and filename*
/// (RFC 8187) in UTF-8.
///
/// Belongs to the request's task, and is outlived by the request.
class multipart_reader {
 public:
  /// Throws status_error 415 when the body is no multipart/form-data, 400 when
  /// Content-Type gives no proper boundary (RFC 2046, 5.1.1).
  explicit multipart_reader(request& r, multipart_options options = {});
  multipart_reader(const multipart_reader&) = delete;
  multipart_reader& operator=(const multipart_reader&) = delete;
  ~multipart_reader();

  /// The next part; none at the end of the form, once all of the body has come. What was
  /// not read of the last part is skipped. Throws as multipart_part::read does, and
  /// status_error for a part that is over a limit (413, 431) or in a transfer encoding,
  /// such as base64, that is not read (415). Cancelling it loses no part.
  task<std::optional<multipart_part>> next();

 private:
  friend class multipart_part;
  task<std::string> read(std::size_t number);
  task<std::string> text(std::size_t number);
  task<std::uint64_t> save(std::size_t number, file& into);
  task<detail::multipart_found> find();
  void check_current(std::size_t number) const;

  request& request_;
  std::unique_ptr<detail::multipart_parser> parser_;
  std::size_t max_text_bytes_;
  std::string piece_;       // of the body
  std::string_view left_;   // of piece_, which the parser has not seen
  std::string text_;        // of the current part
  std::size_t number_ = 0;  // of the current part
  bool part_ended_ = true;
  bool body_ended_ = false;
};

}}}  // namespace rondo::v0::http
