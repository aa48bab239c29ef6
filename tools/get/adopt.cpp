// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "get/adopt.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <algorithm>
#include <ctime>

#include <rondo/http/message/date.hpp>
#include <rondo/io/file.hpp>

#include "get/partial_file.hpp"

namespace tool {

namespace {

namespace http = rondo::http;

/// So much of what is there is compared.
constexpr std::uint64_t overlap = 64 * 1024;

bool changed_since(const http::headers& fields, std::time_t moment) {
  const std::string* text = fields.find("last-modified");
  auto changed = text ? http::parse_date(*text) : std::nullopt;
  return changed && std::chrono::system_clock::to_time_t(*changed) > moment;
}

}  // namespace

rondo::task<> adopt_unfinished(http::session& session, const wanted_file& file,
                               const download_settings& settings) {
  partial_file part(settings.directory, file.name, file.url);
  struct stat info{};
  struct stat other{};
  bool there =
      ::lstat(part.path().c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
  if (!there || ::lstat(part.part_path().c_str(), &other) == 0) co_return;
  auto size = static_cast<std::uint64_t>(info.st_size);
  std::uint64_t from = size - std::min(size, overlap);

  http::request_options options = base_request(settings);
  options.headers.set("Range", fmt::format("bytes={}-{}", from, size - 1));
  http::transfer t = co_await session.stream(file.url, options);
  if (t.status() != 206) co_return;
  auto range = parse_content_range(std::string(t.headers().get("content-range")));
  remote_version version{validator_of(t.headers()), range ? range->total : std::nullopt};
  if (!range || range->first != from || range->last != size - 1) co_return;
  if (version.validator.empty() || !version.total || *version.total <= size) co_return;
  if (changed_since(t.headers(), info.st_mtime)) co_return;

  std::string remote = co_await t.read_all(overlap);
  std::string local(static_cast<std::size_t>(size - from), '\0');
  rondo::file f = co_await rondo::open_file(part.path());
  std::size_t n = co_await f.pread(local, from);
  if (n != local.size() || remote != local) co_return;
  co_await part.adopt(version);
}

}  // namespace tool
