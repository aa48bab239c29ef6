// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/client/body.hpp>

#include <nlohmann/json.hpp>

#include "http/client/file_pieces.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace {

// What makes the pieces of a body. Types with names, as a lambda that is no coroutine
// cannot be marked as a wrapper.

struct pieces_of_form {
  multipart_form form;
  RONDO_CORO_WRAPPER body::pieces operator()() { return form.pieces(); }
};
struct pieces_of_range {
  detail::file_range range;
  file source;
  RONDO_CORO_WRAPPER body::pieces operator()() {
    return detail::file_pieces(source, range.offset, range.length);
  }
};
struct pieces_of_stream {
  file source;
  RONDO_CORO_WRAPPER body::pieces operator()() { return detail::stream_pieces(source); }
};
struct given_pieces {
  body::pieces source;
  RONDO_CORO_WRAPPER body::pieces operator()() { return std::move(source); }
};

}  // namespace

body::body(const nlohmann::json& value) : body(value.dump(), "application/json") {}

body::body(const form_fields& fields)
    : body(encode_form(fields), "application/x-www-form-urlencoded") {}

body::body(multipart_form form) {
  content_type_ = "multipart/form-data; boundary=" + form.boundary();
  length_ = form.size();
  make_ = pieces_of_form{std::move(form)};
  present_ = streamed_ = true;
}

body::body(file source, std::string content_type) : content_type_(std::move(content_type)) {
  present_ = streamed_ = true;
  if (auto range = detail::rest_of(source)) {
    length_ = range->length;
    make_ = pieces_of_range{*range, std::move(source)};
  } else {
    replayable_ = false;
    make_ = pieces_of_stream{std::move(source)};
  }
}

body::body(pieces source, std::string content_type)
    : body(maker(given_pieces{std::move(source)}), std::nullopt, false, std::move(content_type)) {}

}}}  // namespace rondo::v0::http
