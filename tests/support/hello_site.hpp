// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A small site that the tests of the HTTP client and of the server talk to.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include <rondo/http/server/server.hpp>

#include "support/run.hpp"

namespace test {

inline rondo::async_generator<std::string> pieces(int n) {
  for (int i = 0; i < n; ++i) {
    co_await rondo::sleep(std::chrono::seconds(0));
    co_yield std::string(1000, static_cast<char>('a' + i % 26));
  }
}

inline rondo::task<rondo::http::reply> hello_site(rondo::http::request& r) {
  if (r.path() == "/hello") co_return "Hello, World!";
  if (r.path() == "/echo") co_return co_await r.body();
  if (r.path() == "/stream") {
    rondo::http::reply answer;
    answer.stream = pieces(300);
    co_return answer;
  }
  if (r.path() == "/boom") throw std::runtime_error("secret");
  if (r.path() == "/slow") co_await rondo::sleep(std::chrono::hours(1));
  co_return rondo::http::reply(404, "no such page\n");
}

inline std::string url(const rondo::http::server& s, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(s.port()) + path;
}

}  // namespace test
