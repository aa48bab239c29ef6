// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What a server reads in the values of header fields: dates, conditions, ranges, codings,
// forms. Any text gives an answer that makes sense. Lines "Name: value" are the fields of
// a request for a file of 1000 bytes; each line is each of the other things too.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <rondo/http/message/date.hpp>
#include <rondo/http/message/media_type.hpp>
#include <rondo/http/message/percent_encoding.hpp>
#include "http/files/accepted_coding.hpp"
#include "http/files/conditions.hpp"

namespace {

namespace http = rondo::http;
using http::detail::range_request;

constexpr std::uint64_t file_size = 1000;

void require(bool truth, int line = __builtin_LINE()) {
  if (truth) return;
  std::fprintf(stderr, "not true: line %d\n", line);
  std::abort();
}

void read_as_everything(std::string_view text) {
  auto time = http::parse_date(text);
  bool leap =
      text.find(":60") != text.npos;  // after the last second of 9999, which cannot be written
  if (time && !leap) require(http::parse_date(http::format_date(*time)) == time);
  http::detail::accepts_gzip(text);
  http::is_compressible(text);
  require(!http::media_type_of(text).empty());
  require(http::percent_decode(http::percent_encode(text)) == text);
  if (auto decoded = http::percent_decode(text)) require(decoded->size() <= text.size());
  http::form_fields fields = http::parse_form(text);
  require(fields.size() <= text.size());
  require(http::parse_form(http::encode_form(fields)) == fields);
}

void check(const range_request& wanted) {
  if (wanted.kind != range_request::answer::part) return;
  require(wanted.part.length > 0 && wanted.part.first < file_size);
  require(wanted.part.length <= file_size - wanted.part.first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using http::detail::condition;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  http::headers fields;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
    std::string_view name = line.substr(0, line.find(": "));
    if (http::is_token(name) && name.size() + 2 <= line.size())
      fields.add_parsed(std::string(name), std::string(line.substr(name.size() + 2)));
    read_as_everything(name.size() + 2 <= line.size() ? line.substr(name.size() + 2) : line);
  }
  http::detail::validators current{"\"tag\"",
                                   std::chrono::sys_seconds(std::chrono::seconds(784111777))};
  http::detail::validators weak{"W/\"tag\"", std::nullopt};
  for (const auto* now : {&current, &weak}) {
    condition found = http::detail::evaluate(fields, *now);
    bool may_fail = fields.contains("If-Match") || fields.contains("If-Unmodified-Since");
    bool may_be_known = fields.contains("If-None-Match") || fields.contains("If-Modified-Since");
    require(found == condition::met || (found == condition::failed ? may_fail : may_be_known));
    range_request wanted = http::detail::wanted_range(fields, *now, file_size);
    check(wanted);
    require(fields.contains("Range") || wanted.kind == range_request::answer::whole);
    range_request of_nothing = http::detail::wanted_range(fields, *now, 0);
    require(of_nothing.kind != range_request::answer::part);
  }
  for (const auto& [name, value] : fields) {
    std::string all = http::detail::joined(fields, name);
    require(all.size() >= value.size());
  }
  return 0;
}
