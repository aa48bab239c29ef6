// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Bytes sent to a server as they are, and what it answers.
#pragma once

#include <sys/socket.h>
#include <chrono>
#include <string>

#include <rondo/io.hpp>
#include <rondo/rondo.hpp>

namespace test {

/// Sends all, ends our side, and gives all that comes back.
inline rondo::task<std::string> raw(std::uint16_t port, std::string bytes) {
  auto s = co_await rondo::open_connection("127.0.0.1", port);
  co_await s.write(bytes);
  s.shutdown_write();
  co_return co_await s.read_all(16 << 20);
}

/// "HTTP/1.1 200" of an answer.
inline std::string status_line(const std::string& answer) { return answer.substr(0, 12); }

inline std::string get(std::string target, std::string more = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}
inline std::string post(std::string target, std::string body, std::string more = {}) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more +
         "\r\n" + body;
}

/// What comes after the header.
inline std::string body_of(const std::string& answer) {
  std::size_t end = answer.find("\r\n\r\n");
  return end == answer.npos ? std::string() : answer.substr(end + 4);
}

/// Closing it resets the connection.
inline void reset_on_close(const rondo::stream& s) {
  linger hard{1, 0};
  ::setsockopt(s.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

/// Waits for something that must come, not for time to pass.
template <class Condition>
rondo::task<bool> comes_true(Condition condition) {
  auto limit = rondo::now() + std::chrono::seconds(20);
  while (!condition() && rondo::now() < limit) co_await rondo::sleep(std::chrono::milliseconds(2));
  co_return condition();
}

}  // namespace test
