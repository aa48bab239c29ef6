// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/message/media_type.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include <rondo/http/message/headers.hpp>
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace {

using entry = std::pair<std::string_view, std::string_view>;

// Sorted by the extension. The types are those of IANA's registry, and of practice
// where that has none.
constexpr entry types[] = {
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"apng", "image/apng"},
    {"atom", "application/atom+xml"},
    {"avi", "video/x-msvideo"},
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"br", "application/octet-stream"},
    {"bz2", "application/x-bzip2"},
    {"c", "text/plain; charset=utf-8"},
    {"cc", "text/plain; charset=utf-8"},
    {"conf", "text/plain; charset=utf-8"},
    {"cpp", "text/plain; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"h", "text/plain; charset=utf-8"},
    {"hpp", "text/plain; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/x-icon"},
    {"ics", "text/calendar; charset=utf-8"},
    {"ini", "text/plain; charset=utf-8"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"jsonl", "application/jsonl"},
    {"jxl", "image/jxl"},
    {"log", "text/plain; charset=utf-8"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"map", "application/json"},
    {"md", "text/markdown; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mkv", "video/matroska"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpeg", "video/mpeg"},
    {"mpg", "video/mpeg"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"ps", "application/postscript"},
    {"py", "text/plain; charset=utf-8"},
    {"rss", "application/rss+xml"},
    {"rtf", "application/rtf"},
    {"sh", "text/plain; charset=utf-8"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "application/toml"},
    {"ts", "video/mp2t"},
    {"tsv", "text/tab-separated-values; charset=utf-8"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", "application/xml"},
    {"xz", "application/x-xz"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
};
constexpr bool before(const entry& a, const entry& b) { return a.first < b.first; }
static_assert(std::is_sorted(std::begin(types), std::end(types), before));

// Of those that are not text/*, +xml or +json.
constexpr std::string_view compressible[] = {
    "application/javascript",
    "application/json",
    "application/jsonl",
    "application/toml",
    "application/x-javascript",
    "application/vnd.apple.mpegurl",
    "application/wasm",
    "application/x-tar",
    "application/xml",
    "application/yaml",
    "font/otf",
    "font/ttf",
    "image/bmp",
    "image/x-icon",
    "application/rtf",
    "application/postscript",
};

bool ends_with_ignoring_case(std::string_view text, std::string_view end) noexcept {
  return text.size() >= end.size() &&
         equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

}  // namespace

std::string_view media_type_of(std::string_view path) noexcept {
  constexpr std::string_view unknown = "application/octet-stream";
  std::string_view name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  std::size_t dot = name.rfind('.');
  if (dot == name.npos) return unknown;
  char lower[16];
  std::string_view extension = name.substr(dot + 1);
  if (extension.size() > sizeof lower) return unknown;
  std::transform(extension.begin(), extension.end(), lower, [](char c) { return ascii::lower(c); });
  entry wanted{std::string_view(lower, extension.size()), {}};
  auto found = std::lower_bound(std::begin(types), std::end(types), wanted, before);
  return found != std::end(types) && found->first == wanted.first ? found->second : unknown;
}

bool is_compressible(std::string_view media_type) noexcept {
  std::string_view type = ascii::trimmed(media_type.substr(0, media_type.find(';')));
  if (equal_ignoring_case(type, "text/event-stream")) return false;
  if (equal_ignoring_case(type.substr(0, 5), "text/")) return true;
  if (ends_with_ignoring_case(type, "+xml") || ends_with_ignoring_case(type, "+json")) return true;
  return std::any_of(std::begin(compressible), std::end(compressible),
                     [&](std::string_view known) { return equal_ignoring_case(type, known); });
}

}}}  // namespace rondo::v0::http
