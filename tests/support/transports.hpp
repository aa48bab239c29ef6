// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// An HTTP server reached over each transport, by bytes that come in whatever pieces.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/http/server/server.hpp>
#include <rondo/io.hpp>
#include <rondo/tls.hpp>

#include "support/async.hpp"
#include "support/tls.hpp"

namespace test {

enum class transport { tcp, tls };
inline constexpr transport transports[] = {transport::tcp, transport::tls};

/// How the bytes of a request are cut.
enum class pieces { one, each_byte, random };
inline constexpr pieces every_cut[] = {pieces::one, pieces::each_byte, pieces::random};

inline std::string name_of(transport t, pieces p) {
  const char* cut = p == pieces::one      ? "in one piece"
                    : p == pieces::random ? "in pieces"
                                          : "byte by byte";
  return std::string(t == transport::tls ? "over TLS, " : "over TCP, ") + cut;
}

/// A server of the handler, and how it is reached.
class reached_server {
 public:
  template <class F>
  static rondo::task<reached_server> start(transport t, F handler,
                                           rondo::http::server_options options = {}) {
    reached_server made;
    made.transport_ = t;
    if (t == transport::tls) {
      made.client_ = certificates::client();
      made.server = co_await rondo::http::start_tls_server(std::move(handler), "127.0.0.1", 0,
                                                           certificates::server(), options);
    } else {
      made.server = co_await rondo::http::start_server(std::move(handler), "127.0.0.1", 0, options);
    }
    co_return made;
  }

  rondo::task<rondo::stream> connect() {
    if (transport_ == transport::tls)
      co_return co_await rondo::open_tls_connection("localhost", server.port(), client_);
    co_return co_await rondo::open_connection("127.0.0.1", server.port());
  }

  /// Sends the bytes in such pieces, and gives all that comes back until the server ends.
  rondo::task<std::string> ask(std::string bytes, pieces cut, unsigned seed = 1) {
    rondo::stream s = co_await connect();
    std::minstd_rand random(seed);
    std::string_view left = bytes;
    try {
      while (!left.empty()) {
        std::size_t n = left.size();
        if (cut == pieces::each_byte) n = 1;
        if (cut == pieces::random) n = 1 + random() % std::min<std::size_t>(n, 3000);
        co_await s.write(left.substr(0, n));
        left.remove_prefix(n);
        if (cut != pieces::one) co_await turns(2);  // the server reads meanwhile
      }
    } catch (const std::system_error&) {  // it has answered, and ended
    }
    co_return co_await s.read_all(16 << 20);
  }

  rondo::http::server server;

 private:
  transport transport_ = transport::tcp;
  rondo::tls_context client_;
};

}  // namespace test
