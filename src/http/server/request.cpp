// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/server/request.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>

#include <nlohmann/json.hpp>

#include <rondo/coro/errors.hpp>
#include <rondo/http/server/reply.hpp>
#include "coro/fork.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace detail {

void throw_malformed(int status, const char* where, std::string_view name, const char* wanted) {
  throw status_error(status,
                     std::string(where) + " \"" + std::string(name) + "\" is not " + wanted);
}

void throw_missing(const char* where, std::string_view name) {
  throw status_error(400, std::string(where) + " \"" + std::string(name) + "\" is missing");
}

}  // namespace detail

namespace {

/// Whether it may stand in logs and headers as it is.
bool is_sane_id(std::string_view id) noexcept {
  constexpr std::size_t longest = 64;
  return !id.empty() && id.size() <= longest && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

/// Unlike all others with overwhelming probability; no secret.
std::string make_id() {
  thread_local std::mt19937_64 random(std::random_device{}());
  thread_local unsigned forks = rondo::detail::fork_count();
  if (rondo::detail::forked_since(forks)) random.seed(std::random_device{}());
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(random()));
  return text;
}

/// Whether arrays and objects are in each other more than `limit` deep. A value of
/// each byte would cost a hundred times the memory of the text.
bool is_nested_deeper(std::string_view json, int limit) noexcept {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limit) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

/// "application/json" of "Application/JSON; charset=utf-8".
std::string media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (!content_type.empty() && (content_type.back() == ' ' || content_type.back() == '\t'))
    content_type.remove_suffix(1);
  std::string type(content_type);
  for (char& c : type)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return type;
}

}  // namespace

void request::clear() noexcept {
  method.clear();
  target.clear();
  headers.clear();
  http_1_0 = encrypted = false;
  body_source_ = nullptr;
  parameters_.clear();
  id_.clear();
}

std::string_view request::path() const noexcept {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view request::query() const noexcept {
  std::size_t mark = target.find('?');
  return mark == target.npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

const std::string& request::param(std::string_view name) const {
  for (const parameter& p : parameters_)
    if (p.first == name) return p.second;
  throw usage_error("http::request::param: the route of " + std::string(path()) + " has no {" +
                    std::string(name) + "}");
}

std::optional<std::string> request::query_value(std::string_view name) const {
  for (auto& [key, value] : parse_form(query()))
    if (key == name) return std::move(value);
  return std::nullopt;
}

std::vector<std::string> request::query_values(std::string_view name) const {
  std::vector<std::string> values;
  for (auto& [key, value] : parse_form(query()))
    if (key == name) values.push_back(std::move(value));
  return values;
}

void request::adopt_id(std::string_view given) {
  if (id_.empty() && is_sane_id(given)) id_ = given;
}

const std::string& request::id() {
  if (id_.empty()) adopt_id(headers.get("X-Request-Id"));
  if (id_.empty()) id_ = make_id();
  return id_;
}

RONDO_CORO_WRAPPER task<std::string> request::read() {
  if (!body_source_) throw usage_error("http::request::read: it belongs to no connection");
  return body_source_->read_body();
}

task<std::string> request::body() {
  std::string whole = co_await read();
  if (whole.empty()) co_return whole;
  for (;;) {
    std::string piece = co_await read();
    if (piece.empty()) co_return whole;
    whole += piece;
  }
}

task<nlohmann::json> request::json() {
  if (const std::string* given = headers.find("Content-Type")) {
    std::string type = media_type(*given);
    if (type != "application/json" && !type.ends_with("+json"))
      throw status_error(415, "the body is not JSON");
  }
  constexpr int deepest = 500;
  std::string text = co_await body();
  if (is_nested_deeper(text, deepest))
    throw status_error(400, "the body's JSON is nested too deeply");
  try {
    co_return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception&) {
    throw status_error(400, "the body is malformed JSON");
  }
}

task<form_fields> request::form() {
  if (media_type(headers.get("Content-Type")) != "application/x-www-form-urlencoded")
    throw status_error(415, "the body is not an HTML form");
  std::string text = co_await body();
  co_return parse_form(text);
}

}}}  // namespace rondo::v0::http
