// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo { inline namespace v0 { namespace redis {

/// What the server has answered, whatever it is. A plain value.
class reply {
 public:
  enum class kind : unsigned char { nil, integer, string, status, error, array };

  reply() noexcept = default;
  explicit reply(std::int64_t value) noexcept : number_(value), kind_(kind::integer) {}
  /// A string, a status ("OK") or an error.
  reply(kind which, std::string text) noexcept : text_(std::move(text)), kind_(which) {}
  explicit reply(std::vector<reply> elements) noexcept
      : elements_(std::move(elements)), kind_(kind::array) {}

  kind type() const noexcept { return kind_; }
  bool is_nil() const noexcept { return kind_ == kind::nil; }
  bool is_error() const noexcept { return kind_ == kind::error; }

  // These throw conversion_error when it is something else.
  std::int64_t integer() const;
  /// Of a string, a status or an error.
  const std::string& text() const;
  const std::vector<reply>& elements() const;

  /// Converted as the answers of `call<T>` are. Throws conversion_error, and redis::error
  /// when it is one. <rondo/redis/client.hpp> has its definition.
  template <class T>
  T as() const;

  /// For messages: `the integer 7`, `the string "abc"`, `an array of 3`, `nil`. Long texts
  /// are cut.
  std::string describe() const;

  friend bool operator==(const reply&, const reply&) = default;

  // For conversions and the parser:
  std::int64_t number() const noexcept { return number_; }
  /// A string, a status or an error in place of what it was.
  void assign(kind which, std::string_view text) {
    text_.assign(text);
    elements_.clear();
    number_ = 0;
    kind_ = which;
  }
  std::string& raw_text() noexcept { return text_; }
  std::vector<reply>& raw_elements() noexcept { return elements_; }

 private:
  std::string text_;
  std::vector<reply> elements_;
  std::int64_t number_ = 0;
  kind kind_ = kind::nil;
};

}}}  // namespace rondo::v0::redis
