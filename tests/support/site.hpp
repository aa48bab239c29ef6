// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A folder, a server of it, and requests that are written as they stand.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <rondo/http/files/files.hpp>
#include <rondo/http/files/gzip.hpp>
#include <rondo/http/server/server.hpp>
#include <rondo/http/site/server_sent_events.hpp>
#include <rondo/io.hpp>

#include "support/bytes.hpp"
#include "support/run.hpp"

namespace test {

namespace http = rondo::http;

/// A folder of its own below the system's, removed in the end.
class folder {
 public:
  folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "rondo_http_XXXXXX";
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  folder(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
    std::ofstream(*this / name, std::ios::binary) << text;
  }
  /// As if it had been written so long ago.
  void age(const std::string& name, std::chrono::seconds by) const {
    auto then = std::filesystem::file_time_type::clock::now() - by;
    std::filesystem::last_write_time(*this / name, then);
  }

 private:
  std::string path_;
};

/// A response, taken apart.
struct response {
  int status = 0;
  http::headers headers;
  std::string body;

  std::string field(std::string_view name) const { return std::string(headers.get(name)); }
};

inline std::string unchunked(std::string_view text) {
  std::string body;
  for (;;) {
    std::size_t end = text.find("\r\n");
    if (end == text.npos) return body + "<cut>";
    auto size = static_cast<std::size_t>(
        std::strtoul(std::string(text.substr(0, end)).c_str(), nullptr, 16));
    text.remove_prefix(end + 2);
    if (size == 0) return body;
    body += text.substr(0, size);
    if (text.size() < size + 2) return body + "<cut>";
    text.remove_prefix(size + 2);
  }
}

inline response parse(std::string_view text) {
  response r;
  std::size_t end = text.find("\r\n\r\n");
  if (end == text.npos) return r;
  std::istringstream head{std::string(text.substr(0, end))};
  std::string line;
  std::getline(head, line);
  r.status = std::atoi(line.substr(9, 3).c_str());
  while (std::getline(head, line)) {
    if (line.ends_with('\r')) line.pop_back();
    std::size_t colon = line.find(": ");
    if (colon != line.npos) r.headers.add(line.substr(0, colon), line.substr(colon + 2));
  }
  r.body = text.substr(end + 4);
  if (r.headers.get("Transfer-Encoding") == "chunked") r.body = unchunked(r.body);
  return r;
}

/// Sends a request, with fields such as "Range: bytes=0-1\r\n", and reads to the end of
/// the connection.
inline rondo::task<response> ask(std::uint16_t port, std::string target, std::string fields = {},
                                 std::string method = "GET") {
  auto s = co_await rondo::open_connection("127.0.0.1", port);
  std::string request =
      method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n";
  co_await s.write(request);
  std::string all = co_await s.read_all(64 << 20);
  co_return parse(all);
}

/// Serves a folder at "/" and runs body(port) against that.
template <class Body>
void with_files(const folder& f, http::file_options options, Body&& body) {
  test::run([&]() -> rondo::task<> {
    http::router site;
    site.get("/{path...}", http::files(f.path(), options));
    auto server = co_await http::start_server(site, "127.0.0.1", 0);
    co_await body(server.port());
    co_await server.close();
  });
}

}  // namespace test
