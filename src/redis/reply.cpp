// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/redis/reply.hpp>

#include <rondo/redis/detail/convert.hpp>
#include <rondo/redis/errors.hpp>
#include "redis/quoted.hpp"

namespace rondo { inline namespace v0 { namespace redis {

std::int64_t reply::integer() const {
  if (kind_ != kind::integer) detail::throw_mismatch({"reply"}, "an integer", *this);
  return number_;
}

const std::string& reply::text() const {
  if (kind_ != kind::string && kind_ != kind::status && kind_ != kind::error)
    detail::throw_mismatch({"reply"}, "a string", *this);
  return text_;
}

const std::vector<reply>& reply::elements() const {
  if (kind_ != kind::array) detail::throw_mismatch({"reply"}, "an array", *this);
  return elements_;
}

std::string reply::describe() const {
  switch (kind_) {
    case kind::nil:
      return "nil";
    case kind::integer:
      return "the integer " + std::to_string(number_);
    case kind::string:
      return "the string " + detail::quoted(text_);
    case kind::status:
      return "the status " + detail::quoted(text_);
    case kind::error:
      return "the error " + detail::quoted(text_);
    case kind::array:
      return "an array of " + std::to_string(elements_.size());
  }
  return {};
}

}}}  // namespace rondo::v0::redis
