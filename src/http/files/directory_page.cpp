// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/files/directory_page.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <vector>

#include <rondo/exec/to_thread.hpp>
#include <rondo/http/message/percent_encoding.hpp>
#include <rondo/loop/detail/unique_fd.hpp>
#include "detail/errno_error.hpp"
#include "http/files/open_beneath.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

constexpr std::size_t most_entries = 100'000;

struct entry {
  std::string name;
  bool is_directory = false;
  std::uint64_t size = 0;
  std::time_t modified = 0;
};

struct listed {
  std::vector<entry> entries;
  bool complete = true;
};

struct closes_directory {
  void operator()(DIR* d) const noexcept { ::closedir(d); }
};

/// Whether files would serve it; sets what it is.
bool inspect(int root, int fd, const std::string& path, const file_options& options, entry& e) {
  struct stat info{};
  if (::fstatat(fd, e.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (S_ISLNK(info.st_mode)) {
    std::string below = path.empty() ? e.name : path + "/" + e.name;
    if (!options.links || stat_beneath(root, below, links::inside, info) != 0) return false;
  }
  e.is_directory = S_ISDIR(info.st_mode);
  e.size = static_cast<std::uint64_t>(info.st_size);
  e.modified = info.st_mtim.tv_sec;
  return e.is_directory || S_ISREG(info.st_mode);
}

listed read(int root, int fd, const std::string& path, const file_options& options) {
  auto fail = [&](int error) { throw rondo::detail::errno_error(error, "list " + path); };
  rondo::detail::unique_fd own(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) fail(errno);
  std::unique_ptr<DIR, closes_directory> directory(::fdopendir(own.get()));
  if (!directory) fail(errno);
  own.release();
  listed all;
  for (;;) {
    errno = 0;
    const dirent* d = ::readdir(directory.get());
    if (!d && errno != 0) fail(errno);
    if (!d) break;
    entry e;
    e.name = d->d_name;
    bool visible = options.hidden || !e.name.starts_with('.');
    if (!visible || e.name == "." || e.name == ".." || !inspect(root, fd, path, options, e))
      continue;
    if (all.entries.size() == most_entries) {
      all.complete = false;
      break;
    }
    all.entries.push_back(std::move(e));
  }
  std::sort(all.entries.begin(), all.entries.end(), [](const entry& a, const entry& b) {
    if (a.is_directory != b.is_directory) return a.is_directory;
    return a.name < b.name;
  });
  return all;
}

std::string size_text(std::uint64_t bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

std::string date_text(std::time_t time) {
  std::tm parts{};
  char text[64] = "";
  if (::gmtime_r(&time, &parts)) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
  return text;
}

void add_row(std::string& page, const std::string& link, const std::string& name,
             const std::string& size, const std::string& date) {
  page += "<tr><td><a href=\"" + link + "\"><bdi>" + escape_html(name) + "</bdi></a></td><td>" +
          size + "</td><td>" + date + "</td></tr>\n";
}

std::string make_page(int root, int fd, const std::string& path, const std::string& title,
                      const file_options& options) {
  listed all = read(root, fd, path, options);
  std::string name = escape_html(title);
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
      name +
      "</title>\n"
      "<style>\n"
      "body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem; color-scheme: light dark }\n"
      "td { padding-right: 2rem } td + td { text-align: right; white-space: nowrap }\n"
      "</style>\n</head>\n<body>\n<h1>" +
      name + "</h1>\n<table>\n";
  if (!path.empty()) add_row(page, "../", "../", "", "");
  for (const entry& e : all.entries) {
    std::string slash = e.is_directory ? "/" : "";
    add_row(page, percent_encode(e.name) + slash, e.name + slash,
            e.is_directory ? "" : size_text(e.size), date_text(e.modified));
  }
  page += "</table>\n";
  if (!all.complete)
    page += "<p>More than " + std::to_string(most_entries) + " names: the rest is left out.</p>\n";
  page += "</body>\n</html>\n";
  return page;
}

/// The length of the UTF-8 character at the front of a text; 0 if there is none
/// (Unicode 15, table 3-7).
std::size_t character_size(std::string_view text) {
  auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  unsigned first = byte(0);
  if (first < 0x80) return 1;
  std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  unsigned lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < lowest || byte(1) > highest) return 0;
  for (std::size_t i = 2; i < size; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  return size;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    std::size_t size = character_size(text);
    char c = text[0];
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        if (size == 0 || (c >= 0 && c < ' ') || c == 0x7F) {
          result += "\xEF\xBF\xBD";
        } else {
          result += text.substr(0, size);
        }
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return result;
}

task<std::string> directory_page(int root, int fd, std::string path, std::string title,
                                 file_options options) {
  auto make = [&] { return make_page(root, fd, path, title, options); };
  co_return co_await to_thread(make);
}

}}}  // namespace rondo::v0::http::detail
