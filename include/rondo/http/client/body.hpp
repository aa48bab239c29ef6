// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/coro/async_generator.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/http/client/multipart_form.hpp>
#include <rondo/http/message/percent_encoding.hpp>
#include <rondo/io/file.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// The body of a request, made from whatever is to be sent: a text, JSON, a form, a
/// file, or pieces that are made while it is sent. A field Content-Type of the
/// request counts more than the body's own type.
class body {
 public:
  using pieces = async_generator<std::string>;

  body() noexcept = default;
  body(std::string text, std::string content_type = {})
      : text_(std::move(text)), content_type_(std::move(content_type)), present_(true) {}
  body(std::string_view text, std::string content_type = {})
      : body(std::string(text), std::move(content_type)) {}
  body(const char* text, std::string content_type = {})
      : body(std::string(text), std::move(content_type)) {}
  /// application/json. Throws nlohmann::json::type_error when a string in it is not
  /// UTF-8.
  body(const nlohmann::json& value);
  /// application/x-www-form-urlencoded
  body(const form_fields& fields);
  /// multipart/form-data
  body(multipart_form form);
  /// A file from its position to its end, as it is now. What is not a regular file
  /// is sent in chunks, and only once.
  body(file source, std::string content_type = "application/octet-stream");
  /// Pieces, sent in chunks as they come. They can be sent once: a redirect that
  /// wants the body again (307, 308) fails, and such a request is never retried.
  body(pieces source, std::string content_type = "application/octet-stream");
  /// The same from a callable that makes the pieces, anew each time that the body
  /// is to be sent.
  template <class F>
    requires std::is_invocable_r_v<pieces, std::decay_t<F>&>
  body(F&& make, std::string content_type = "application/octet-stream")
      : body(maker(std::forward<F>(make)), std::nullopt, true, std::move(content_type)) {
    RONDO_CHECK_CLOSURE(F);
  }

  /// The length, for those of whom it is known; the server then gets a
  /// Content-Length. More or fewer bytes fail the transfer.
  body&& sized(std::uint64_t bytes) && {
    length_ = bytes;
    return std::move(*this);
  }

  /// Whether there is one, be it empty.
  bool present() const noexcept { return present_; }
  /// Whether it comes in pieces.
  bool streamed() const noexcept { return streamed_; }
  bool replayable() const noexcept { return replayable_; }
  const std::string& text() const noexcept { return text_; }
  const std::string& content_type() const noexcept { return content_type_; }
  /// In bytes, if it is known.
  std::optional<std::uint64_t> length() const noexcept {
    return streamed_ ? length_ : std::optional<std::uint64_t>(text_.size());
  }
  /// For the client: its pieces from the beginning. Those of a body that is not
  /// replayable can be had once. What next() throws and does when it is
  /// cancelled is the generator's own.
  RONDO_CORO_WRAPPER pieces open() { return make_(); }

 private:
  using maker = rondo::detail::unique_function<pieces()>;
  body(maker make, std::optional<std::uint64_t> length, bool replayable, std::string content_type)
      : content_type_(std::move(content_type)),
        make_(std::move(make)),
        length_(length),
        present_(true),
        streamed_(true),
        replayable_(replayable) {}

  std::string text_;
  std::string content_type_;
  maker make_;
  std::optional<std::uint64_t> length_;
  bool present_ = false;
  bool streamed_ = false;
  bool replayable_ = true;
};

}}}  // namespace rondo::v0::http
