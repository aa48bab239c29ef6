// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What a database writes for times, intervals, UUIDs, numbers and arrays: whatever is taken for
// one is written again so that it is read as the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondo/coro/errors.hpp>
#include <rondo/db/detail/value.hpp>
#include <rondo/db/uuid.hpp>
#include "db/array_text.hpp"
#include "db/statement_text.hpp"
#include "db/time_text.hpp"

namespace {

namespace db = rondo::db::detail;

void require(bool truth, int line = __builtin_LINE()) {
  if (truth) return;
  std::fprintf(stderr, "not true: line %d\n", line);
  std::abort();
}

void times(std::string_view text) {
  if (auto t = db::parse_timestamp(text)) {
    auto again = db::parse_timestamp(db::timestamp_text(t->local));
    require(again && again->local == t->local && !again->offset);
  }
  if (auto day = db::parse_date(text)) require(db::parse_date(db::date_text(*day)) == day);
  if (auto time = db::parse_time(text)) require(db::parse_time(db::time_text(*time)) == time);
  if (auto interval = db::parse_interval(text))
    require(db::parse_interval(interval->text()) == interval);
}

void uuids(std::string_view text) {
  try {
    rondo::db::uuid id = rondo::db::uuid::parse(text);
    require(rondo::db::uuid::parse(id.text()) == id);
  } catch (const rondo::usage_error&) {
  }
}

/// The elements of an array of text, in quotes, make the same array.
void arrays(std::string_view text) {
  std::string again = "{";
  rondo::detail::unique_function<void(const db::value&)> write = [&](const db::value& v) {
    if (again.size() > 1) again += ',';
    if (v.is == db::kind::null) {
      again += "NULL";
    } else if (v.is == db::kind::array) {
      again += v.bytes;
    } else {
      again += '"';
      for (char c : v.bytes) again.append(c == '"' || c == '\\', '\\') += c;
      again += '"';
    }
  };
  if (!db::for_each_element(text, db::kind::text, write)) return;
  std::string first = again + '}';
  again = "{";
  require(db::for_each_element(first, db::kind::text, write));
  require(again + '}' == first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  times(text);
  uuids(text);
  arrays(text);
  for (db::kind is : {db::kind::boolean, db::kind::integer, db::kind::real, db::kind::text})
    db::value_of_text(is, text);
  require(db::statement_text(std::string(text)).find('\n') == std::string::npos);
  return 0;
}
