// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "get/mirror.hpp"

#include <fmt/format.h>

namespace tool {

verdict check_mirror(const remote_version& known, const rondo::http::headers& fields,
                     std::optional<std::uint64_t> total, bool has_sha256) {
  auto refuse = [](std::string cause) { return trouble(std::move(cause), trouble::remedy::none); };
  if (known.total && total && *known.total != *total)
    return refuse(fmt::format("another file: it has {} bytes, not {}", *total, *known.total));
  if (has_sha256) return std::nullopt;
  if (!known.validator.starts_with('"'))
    return refuse("nothing shows that it is the same file: give the file's SHA-256");
  const std::string* tag = fields.find("etag");
  if (!tag) return refuse("nothing shows that it is the same file: it has no ETag");
  if (*tag != known.validator)
    return refuse(fmt::format("another file: its ETag is {}, not {}", *tag, known.validator));
  return std::nullopt;
}

}  // namespace tool
