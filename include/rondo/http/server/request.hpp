// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <rondo/coro/task.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/http/message/percent_encoding.hpp>
#include <rondo/http/server/detail/body_source.hpp>
#include <rondo/http/site/detail/typed_value.hpp>
#include <rondo/io/endpoint.hpp>

namespace rondo { inline namespace v0 { namespace http {

class router;

/// A request whose header has come. Lives as long as its handler runs.
class request {
 public:
  request() = default;
  request(const request&) = delete;
  request& operator=(const request&) = delete;

  std::string method;
  std::string target;  ///< as sent: "/path?query"
  http::headers headers;
  endpoint peer;
  bool http_1_0 = false;
  bool encrypted = false;  ///< it came over TLS

  /// As sent, not decoded.
  std::string_view path() const noexcept;
  std::string_view query() const noexcept;

  /// What stands for "{name}" in the route's pattern, decoded. Throws usage_error
  /// when the route has none of that name.
  const std::string& param(std::string_view name) const;
  /// The same as a number or bool; what is none is a 404, as for any other path that
  /// names nothing.
  template <class T>
  T param_as(std::string_view name) const {
    return detail::typed_value<T>(param(name), 404, "the path's", name);
  }

  /// The first value of that name in the query, decoded.
  std::optional<std::string> query_value(std::string_view name) const;
  /// All of them.
  std::vector<std::string> query_values(std::string_view name) const;
  /// A number, bool or text; a missing or malformed one is a 400 that says so.
  template <class T>
  T query_as(std::string_view name) const {
    std::optional<std::string> text = query_value(name);
    if (!text) detail::throw_missing("the query's", name);
    return detail::typed_value<T>(*text, 400, "the query's", name);
  }
  /// The same, or the fallback when there is none; a malformed one is a 400 still.
  template <class T>
  T query_as(std::string_view name, std::type_identity_t<T> fallback) const {
    std::optional<std::string> text = query_value(name);
    return text ? detail::typed_value<T>(*text, 400, "the query's", name) : std::move(fallback);
  }
  /// As query_as, for a header field.
  template <class T>
  T header_as(std::string_view name) const {
    const std::string* text = headers.find(name);
    if (!text) detail::throw_missing("the header's", name);
    return detail::typed_value<T>(*text, 400, "the header's", name);
  }
  template <class T>
  T header_as(std::string_view name, std::type_identity_t<T> fallback) const {
    const std::string* text = headers.find(name);
    return text ? detail::typed_value<T>(*text, 400, "the header's", name) : std::move(fallback);
  }

  /// Tells the requests of a log apart: the client's X-Request-Id if that is up to 64
  /// letters, digits, '-', '_' or '.', else one that is made. The reply carries it.
  const std::string& id();

  /// The next piece of the body, empty at its end. Throws status_error when the body
  /// is longer than the server allows (413), malformed or cut (400), or too slow
  /// (408): what the client gets if the handler lets it pass; the connection then
  /// closes in any case. Cancelling it loses nothing.
  task<std::string> read();
  /// The rest of the body. Throws what read() throws. Cancelled, what it has read is lost.
  task<std::string> body();
  /// The body as JSON (include <nlohmann/json.hpp>). Throws what read() throws;
  /// status_error 415 when Content-Type is given and is not JSON, 400 when the text
  /// is not, or is nested more than 500 deep. Cancelled: as body().
  task<nlohmann::json> json();
  /// The body as an HTML form, application/x-www-form-urlencoded: 415 for another
  /// type. One with files, multipart/form-data, is read by a multipart_reader. Throws what
  /// read() throws. Cancelled: as body().
  task<form_fields> form();

  // For the server and its parts:
  using parameter = std::pair<std::string_view, std::string>;  // the name is the route's
  std::vector<parameter>& parameters() noexcept { return parameters_; }
  void set_body_source(detail::body_source* e) noexcept { body_source_ = e; }
  /// Empty when the client has sent none and nobody has asked for one.
  const std::string& known_id() const noexcept { return id_; }
  /// Takes the client's, if it has none yet and this one is sane.
  void adopt_id(std::string_view given);
  void clear() noexcept;

 private:
  detail::body_source* body_source_ = nullptr;
  std::vector<parameter> parameters_;
  std::string id_;
};

}}}  // namespace rondo::v0::http
