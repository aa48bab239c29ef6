// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/server/multipart.hpp>

#include <rondo/coro/errors.hpp>
#include <rondo/http/server/reply.hpp>

#include "http/server/multipart_parser.hpp"

namespace rondo { inline namespace v0 { namespace http {

using found = detail::multipart_found;

multipart_reader::multipart_reader(request& r, multipart_options options)
    : request_(r),
      parser_(std::make_unique<detail::multipart_parser>(detail::boundary_of(r.headers), options)),
      max_text_bytes_(options.max_text_bytes) {}

multipart_reader::~multipart_reader() = default;

task<found> multipart_reader::find() {
  for (;;) {
    found what = body_ended_ ? parser_->finish() : parser_->next(left_);
    if (what != found::nothing) co_return what;
    piece_ = co_await request_.read();
    left_ = piece_;
    body_ended_ = piece_.empty();
  }
}

task<std::optional<multipart_part>> multipart_reader::next() {
  ++number_;  // the last part is read no more
  for (;;) {
    found what = co_await find();
    if (what == found::part) {
      part_ended_ = false;
      text_.clear();
      co_return multipart_part(std::move(parser_->head()), this, number_);
    }
    if (what == found::end && body_ended_) co_return std::nullopt;
  }
}

void multipart_reader::check_current(std::size_t number) const {
  if (number != number_)
    throw usage_error("http::multipart_part: the reader has been asked for the next part already");
}

task<std::string> multipart_reader::read(std::size_t number) {
  check_current(number);
  if (part_ended_) co_return std::string();
  found what = co_await find();
  part_ended_ = what == found::part_end;
  if (part_ended_) co_return std::string();
  std::string_view data = parser_->data();
  bool whole = data.data() == piece_.data() && data.size() == piece_.size();
  if (whole) co_return std::move(piece_);  // most of a large file
  co_return std::string(data);
}

task<std::string> multipart_reader::text(std::size_t number) {
  for (;;) {
    if (text_.size() > max_text_bytes_) throw status_error(413, "a field of the form is too large");
    std::string piece = co_await read(number);
    if (piece.empty()) co_return std::exchange(text_, {});
    text_ += piece;
  }
}

task<std::uint64_t> multipart_reader::save(std::size_t number, file& into) {
  std::uint64_t written = 0;
  for (;;) {
    std::string piece = co_await read(number);
    if (piece.empty()) co_return written;
    co_await into.write(piece);
    written += piece.size();
  }
}

task<std::string> multipart_part::read() { return reader_->read(number_); }
task<std::string> multipart_part::text() { return reader_->text(number_); }
task<std::uint64_t> multipart_part::save(file& into) { return reader_->save(number_, into); }

}}}  // namespace rondo::v0::http
