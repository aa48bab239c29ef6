// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Bytes of a peer, as requests of HTTP/1.1, one after the other: however they are cut,
// the same is served, and the same refused; what is served is what it should be. The
// first byte says how they are cut.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/http/server/server.hpp>

#include "http/server/http1_message.hpp"

namespace {

namespace http = rondo::http;

const http::server_options& limits() {
  static const http::server_options options = [] {
    http::server_options o;
    o.max_header_bytes = 1000;
    o.max_target_bytes = 200;
    o.max_fields = 12;
    o.max_body = 500;
    return o;
  }();
  return options;
}

void require(bool truth, int line = __builtin_LINE()) {
  if (truth) return;
  std::fprintf(stderr, "not true: line %d\n", line);
  std::abort();
}

struct served {
  std::string method, target;
  std::vector<http::headers::field> fields;
  bool http_1_0 = false, keep_alive = false, expects_continue = false;
  std::string body;
  bool complete = false;
  bool operator==(const served&) const = default;
};

struct conversation {
  std::vector<served> all;
  int refusal = 0;
  /// Of several faults, which one is told depends on the cut.
  bool operator==(const conversation& o) const { return all == o.all && !refusal == !o.refusal; }
};

std::size_t count(const http::headers& fields, std::string_view wanted) {
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(),
      [&](const auto& field) { return http::equal_ignoring_case(field.first, wanted); }));
}

served begin(const http::detail::http1_message& m) {
  const http::request& r = m.request;
  require(http::is_token(r.method));
  require(r.target.size() <= limits().max_target_bytes + 1);
  for (char c : r.target) require(static_cast<unsigned char>(c) > ' ' && c != '\x7f' && c != '#');
  require(r.target.starts_with('/') || r.method == "CONNECT" ||
          (r.method == "OPTIONS" && r.target == "*"));
  require(r.path().size() <= r.target.size());
  r.query_value("a");
  for (const auto& [name, value] : r.headers) http::check_header(name, value);
  require(r.headers.size() <= limits().max_fields + 1);  // Host may come from the target
  require(count(r.headers, "Host") == 1 || (r.http_1_0 && count(r.headers, "Host") == 0));
  // What would let two programs see two lengths.
  require(count(r.headers, "Content-Length") + count(r.headers, "Transfer-Encoding") <= 1);
  std::string_view encoding = r.headers.get("Transfer-Encoding", "chunked");
  require(http::equal_ignoring_case(encoding, "chunked"));
  for (char c : r.known_id()) require(c > ' ' && c < '\x7f');
  return {r.method,   r.target,       {r.headers.begin(), r.headers.end()},
          r.http_1_0, m.keep_alive(), m.expects_continue(),
          {},         false};
}

conversation talk(std::string_view bytes, std::size_t piece_size) {
  conversation c;
  http::detail::http1_message message(limits());
  bool begun = false;
  try {
    while (!bytes.empty()) {
      // A piece of its own, so that reading past it is noticed.
      std::string copy(bytes.substr(0, piece_size));
      std::string_view piece = copy;
      bytes.remove_prefix(piece.size());
      while (!piece.empty()) {
        std::size_t taken = message.parse(piece);
        require(taken <= piece.size());
        piece.remove_prefix(taken);
        if (!message.header_done()) {
          require(piece.empty());
          break;
        }
        if (!std::exchange(begun, true)) c.all.push_back(begin(message));
        served& r = c.all.back();
        r.body += std::exchange(message.body, {});
        require(r.body.size() <= limits().max_body);
        require(message.done() || taken > 0);
        if (!message.done()) continue;
        r.complete = true;
        if (!message.request.headers.contains("Transfer-Encoding"))
          require(r.body.size() == message.request.header_as<std::size_t>("Content-Length", 0));
        if (!message.keep_alive()) return c;
        message.restart();
        begun = false;
      }
    }
  } catch (const http::status_error& e) {
    c.refusal = e.status();
    constexpr int expected[] = {400, 413, 414, 417, 431, 501, 505};
    require(std::find(std::begin(expected), std::end(expected), e.status()) != std::end(expected));
    // One with a body that is refused is not served at all when both come at once.
    if (begun) c.all.pop_back();
  }
  return c;
}

void require_same(const conversation& cut, const conversation& whole) {
  if (cut == whole) return;
  for (const conversation* c : {&whole, &cut}) {
    for (const served& r : c->all)
      std::fprintf(stderr, "%s %s: %zu fields, %zu bytes%s; ", r.method.c_str(), r.target.c_str(),
                   r.fields.size(), r.body.size(), r.complete ? "" : ", cut");
    std::fprintf(stderr, "%d\n", c->refusal);
  }
  require(false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  conversation whole = talk(bytes, size);
  require_same(talk(bytes, 1 + data[0]), whole);
  require_same(talk(bytes, 1), whole);
  return 0;
}
