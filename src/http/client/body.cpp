// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/body.hpp>

#include <nlohmann/json.hpp>

#include "http/client/file_pieces.hpp"

namespace rondo::inline v0::http {

body::body(const nlohmann::json& value) : body(value.dump(), "application/json") {}

body::body(const form_fields& fields)
    : body(encode_form(fields), "application/x-www-form-urlencoded") {}

body::body(multipart_form form) {
  content_type_ = "multipart/form-data; boundary=" + form.boundary();
  length_ = form.size();
  make_ = [form = std::move(form)]() mutable { return form.pieces(); };
  present_ = streamed_ = true;
}

body::body(file source, std::string content_type) : content_type_(std::move(content_type)) {
  present_ = streamed_ = true;
  if (auto range = detail::rest_of(source)) {
    length_ = range->length;
    make_ = [range = *range, source = std::move(source)]() mutable {
      return detail::file_pieces(source, range.offset, range.length);
    };
  } else {
    replayable_ = false;
    make_ = [source = std::move(source)]() mutable { return detail::stream_pieces(source); };
  }
}

body::body(pieces source, std::string content_type)
    : body(maker([source = std::move(source)]() mutable { return std::move(source); }),
           std::nullopt, false, std::move(content_type)) {}

}  // namespace rondo::inline v0::http
