// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/files/files.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string_view>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/exec/to_thread.hpp>
#include <rondo/http/message/date.hpp>
#include <rondo/http/message/media_type.hpp>
#include <rondo/http/message/percent_encoding.hpp>
#include "detail/errno_error.hpp"
#include "http/files/accepted_coding.hpp"
#include "http/files/conditions.hpp"
#include "http/files/directory_page.hpp"
#include "http/files/open_beneath.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace {

using std::chrono::nanoseconds;
using std::chrono::sys_seconds;
using std::chrono::system_clock;
using sys_nanoseconds = std::chrono::sys_time<nanoseconds>;

/// Up to here a file goes with the head, in one write.
constexpr std::uint64_t small_file = 64 * 1024;

reply not_found() { return reply(404, "Not Found\n"); }

[[noreturn]] void fail(int error, const std::string& subject) {
  throw rondo::detail::errno_error(error, "open " + subject);
}

/// What is opened, and what it is.
struct opened_file {
  rondo::file file;
  struct stat info{};
  explicit operator bool() const { return static_cast<bool>(file); }

  sys_nanoseconds modified() const {
    return sys_nanoseconds(std::chrono::seconds(info.st_mtim.tv_sec) +
                           nanoseconds(info.st_mtim.tv_nsec));
  }
};

// The path is made before the fd: what throws between them would leak it.
opened_file take(int fd, std::string&& path) {
  opened_file opened;
  opened.file = rondo::file(fd, std::move(path));
  if (::fstat(fd, &opened.info) != 0) fail(errno, opened.file.path());
  return opened;
}

detail::validators validators_of(const opened_file& f, std::string_view suffix) {
  detail::validators v;
  auto modified = f.modified();
  auto now = system_clock::now();
  // Within a tick of the file system's clock a file may change and keep its time: the
  // tag of one that is so new does not promise the same bytes (RFC 9110, 8.8.1).
  bool weak = modified + std::chrono::seconds(1) > now;
  char text[64];
  std::snprintf(text, sizeof text, "%s\"%llx-%llx", weak ? "W/" : "",
                static_cast<unsigned long long>(modified.time_since_epoch().count()),
                static_cast<unsigned long long>(f.info.st_size));
  v.etag.append(text).append(suffix).append("\"");
  // One that lies ahead of us must not be told (8.8.2.1).
  if (modified <= now && modified >= sys_nanoseconds())
    v.modified = std::chrono::floor<std::chrono::seconds>(modified);
  return v;
}

/// Names that may be served: none that could mean another file than it says.
bool acceptable(std::string_view path, const file_options& options) {
  if (path.find('\0') != path.npos) return false;
  while (!path.empty()) {
    std::string_view segment = path.substr(0, path.find('/'));
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (segment.starts_with('.') && !options.hidden && segment != ".well-known") return false;
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
  }
  return true;
}

bool has_escaped_slash(std::string_view path) {
  for (std::size_t at = path.find('%'); at != path.npos; at = path.find('%', at + 1))
    if (equal_ignoring_case(path.substr(at, 3), "%2f")) return true;
  return false;
}

/// Relative, from the directory's name on: a Location that begins with the client's own
/// path could begin with "//" and name another host.
std::string with_slash(const request& r) {
  std::string_view path = r.path();
  std::string location = "./";
  location += path.substr(path.rfind('/') + 1);
  location += '/';
  if (!r.query().empty()) location.append("?").append(r.query());
  return location;
}

void add_cache_fields(reply& answer, const detail::validators& v, const file_options& options) {
  answer.headers.add("ETag", v.etag);
  if (v.modified) answer.headers.add("Last-Modified", format_date(*v.modified));
  if (options.max_age.count() >= 0)
    answer.headers.add("Cache-Control", "max-age=" + std::to_string(options.max_age.count()));
  if (options.precompressed) answer.headers.add("Vary", "Accept-Encoding");
}

/// The reply with a regular file, or a part of it, as the conditions want it.
task<reply> reply_with(const request& r, opened_file f, std::string_view media_type,
                       bool compressed, const file_options& options) {
  auto size = static_cast<std::uint64_t>(f.info.st_size);
  detail::validators v = validators_of(f, compressed ? "-gzip" : "");
  reply answer;
  switch (detail::evaluate(r.headers, v)) {
    case detail::condition::failed:
      co_return reply(412, "Precondition Failed\n");
    case detail::condition::not_modified:
      answer.status = 304;
      add_cache_fields(answer, v, options);
      co_return answer;
    case detail::condition::met:
      break;
  }
  detail::range_request range;
  if (r.method == "GET") range = detail::wanted_range(r.headers, v, size);
  if (range.kind == detail::range_request::answer::not_satisfiable) {
    answer = reply(416, "Range Not Satisfiable\n");
    answer.headers.add("Content-Range", "bytes */" + std::to_string(size));
    co_return answer;
  }
  detail::byte_range part{0, size};
  if (range.kind == detail::range_request::answer::part) {
    part = range.part;
    answer.status = 206;
    answer.headers.add("Content-Range", "bytes " + std::to_string(part.first) + "-" +
                                            std::to_string(part.first + part.length - 1) + "/" +
                                            std::to_string(size));
  }
  answer.content_type = media_type;
  answer.headers.add("Accept-Ranges", "bytes");
  answer.headers.add("X-Content-Type-Options", "nosniff");
  if (compressed) answer.headers.add("Content-Encoding", "gzip");
  add_cache_fields(answer, v, options);
  if (part.length > small_file) {
    answer.file = std::make_unique<file_body>();
    answer.file->file = std::move(f.file);
    answer.file->offset = part.first;
    answer.file->length = part.length;
    co_return answer;
  }
  answer.body.resize(static_cast<std::size_t>(part.length));
  std::size_t n = co_await f.file.pread(answer.body, part.first);
  if (n < part.length)
    throw error("read " + f.file.path() + ": it has become shorter since it was opened");
  co_return answer;
}

}  // namespace

files::files(std::string directory, file_options options)
    : directory_(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
      name_(std::move(directory)),
      options_(options) {
  if (!directory_) fail(errno, name_);
}

task<reply> files::operator()(request& r) const {
  if (r.method != "GET" && r.method != "HEAD") {
    reply refused(405, "Method Not Allowed\n");
    refused.headers.add("Allow", "GET, HEAD");
    co_return refused;
  }
  std::string path;
  if (!r.parameters().empty()) {
    path = r.parameters().back().second;
  } else {
    std::optional<std::string> decoded = percent_decode(r.path());
    if (!decoded) co_return reply(400, "Bad Request\n");
    path = decoded->starts_with('/') ? decoded->substr(1) : *decoded;
  }
  if (has_escaped_slash(r.path()) || !acceptable(path, options_)) co_return not_found();
  bool directory_wanted = path.empty() || path.ends_with('/');
  if (path.ends_with('/')) path.pop_back();

  auto policy = options_.links ? detail::links::inside : detail::links::refused;
  // Empty for what is not there for a client; throws for what it cannot help.
  bool forbidden = false;
  auto open = [&](const std::string& name) -> task<opened_file> {
    std::string whole = name_ + "/" + name;
    std::string below = name.empty() ? "." : name;
    int fd = co_await detail::open_beneath(directory_.get(), below, policy);
    if (fd >= 0) co_return take(fd, std::move(whole));
    switch (-fd) {
      case EACCES:
      case EPERM:
        forbidden = true;
        [[fallthrough]];
      case ENOENT:
      case ENOTDIR:
      case ELOOP:
      case EXDEV:
      case ENAMETOOLONG:
      case EINVAL:
      case EAGAIN:  // a lease or, for openat2, renames without end
      case ENXIO:   // a socket, a device without its driver
      case ENODEV:
      case EOVERFLOW:
        co_return opened_file();
      default:
        fail(-fd, whole);
    }
  };

  opened_file f = co_await open(path);
  if (!f) co_return forbidden ? reply(403, "Forbidden\n") : not_found();
  if (S_ISDIR(f.info.st_mode)) {
    if (!directory_wanted) co_return reply::redirect(with_slash(r), 301);
    std::string index = path.empty() ? "index.html" : path + "/index.html";
    opened_file page;
    if (options_.index) page = co_await open(index);
    if (page && S_ISREG(page.info.st_mode)) {
      f = std::move(page);
      path = std::move(index);
    } else if (options_.listing && !forbidden) {
      std::string title = percent_decode(r.path()).value_or(std::string(r.path()));
      std::string page_text =
          co_await detail::directory_page(directory_.get(), f.file.fd(), path, title, options_);
      reply listing = reply::html(std::move(page_text));
      listing.headers.add("Content-Security-Policy",
                          "default-src 'none'; style-src 'unsafe-inline'");
      listing.headers.add("X-Content-Type-Options", "nosniff");
      co_return listing;
    } else {
      co_return forbidden ? reply(403, "Forbidden\n") : not_found();
    }
  } else if (directory_wanted) {
    co_return not_found();
  }
  if (!S_ISREG(f.info.st_mode)) co_return not_found();

  std::string_view media_type = media_type_of(path);
  bool compressed = false;
  if (options_.precompressed &&
      detail::accepts_gzip(detail::joined(r.headers, "Accept-Encoding"))) {
    opened_file packed = co_await open(path + ".gz");
    compressed = packed && S_ISREG(packed.info.st_mode) && packed.modified() >= f.modified();
    if (compressed) f = std::move(packed);
  }
  co_return co_await reply_with(r, std::move(f), media_type, compressed, options_);
}

task<reply> file_reply(const request& r, std::string path, file_options options) {
  options.precompressed = false;
  std::string name = path;
  auto open = [&]() noexcept {
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd < 0 ? -errno : fd;
  };
  int fd = co_await to_thread(open);
  if (fd < 0) fail(-fd, path);
  opened_file f = take(fd, std::move(name));
  if (!S_ISREG(f.info.st_mode)) fail(S_ISDIR(f.info.st_mode) ? EISDIR : EINVAL, path);
  co_return co_await reply_with(r, std::move(f), media_type_of(path), false, options);
}

}}}  // namespace rondo::v0::http
