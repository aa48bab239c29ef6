// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/http/message/headers.hpp>

/// What a request asks of a representation: conditions and ranges (RFC 9110, 13, 14).
namespace rondo { inline namespace v0 { namespace http::detail {

/// What tells one state of a representation from another.
struct validators {
  std::string etag;  ///< with its quotes, and W/ if it is weak
  std::optional<std::chrono::sys_seconds> modified;
};

enum class condition : unsigned char {
  met,           ///< do as asked
  not_modified,  ///< 304: the client has it
  failed,        ///< 412
};

/// Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since of a
/// GET or HEAD in the order of RFC 9110, 13.2.2. A malformed date is no condition.
condition evaluate(const headers& fields, const validators& current);

struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

struct range_request {
  enum class answer : unsigned char {
    whole,            ///< 200: no range was asked for, or one that may be passed over
    part,             ///< 206
    not_satisfiable,  ///< 416
  };
  answer kind = answer::whole;
  byte_range part;
};

/// The part of `size` bytes that Range and If-Range of a GET ask for. What is malformed,
/// in another unit or stale asks for the whole; so do several ranges, as a server may
/// decide (14.2).
range_request wanted_range(const headers& fields, const validators& current, std::uint64_t size);

/// All values of a field as one, separated by ", " (RFC 9110, 5.3). Empty when there is
/// none.
std::string joined(const headers& fields, std::string_view name);

}}}  // namespace rondo::v0::http::detail
