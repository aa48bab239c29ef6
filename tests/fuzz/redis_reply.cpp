// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Bytes of a server to replies. The first byte says in pieces of which size they come: however
// they are cut, the same must be found, and what was found is found again when it is sent.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "redis/reply_reader.hpp"

namespace {

using rondo::redis::reply;
using rondo::redis::detail::reply_limits;
using rondo::redis::detail::reply_reader;
using found = reply_reader::found;

constexpr reply_limits limits{.bulk = 500, .elements = 50, .bytes = 700, .depth = 4};

void require(bool truth) {
  if (!truth) std::abort();
}

struct result {
  std::vector<reply> replies;
  bool violation = false;
  bool in_the_midst = false;
  bool operator==(const result&) const = default;
};

std::size_t elements(const reply& r) {
  if (r.type() != reply::kind::array) return 0;
  std::size_t n = r.elements().size();
  for (const reply& e : r.elements()) n += elements(e);
  return n;
}

std::size_t text_bytes(const reply& r) {
  if (r.type() == reply::kind::array) {
    std::size_t n = 0;
    for (const reply& e : r.elements()) n += text_bytes(e);
    return n;
  }
  bool has_none = r.type() == reply::kind::nil || r.type() == reply::kind::integer;
  return has_none ? 0 : r.text().size();
}

std::size_t depth(const reply& r) {
  if (r.type() != reply::kind::array) return 0;
  std::size_t deepest = 0;
  for (const reply& e : r.elements()) deepest = std::max(deepest, depth(e));
  return deepest + 1;
}

result read(std::string_view bytes, std::size_t piece_size) {
  reply_reader reader(limits);
  result r;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, piece_size);
    bytes.remove_prefix(piece.size());
    reader.feed(piece);
    for (found f = reader.next(); f != found::nothing; f = reader.next()) {
      if (f == found::violation) {
        require(!reader.violation().empty());
        require(reader.next() == found::violation);
        r.violation = true;
        return r;
      }
      require(elements(reader.value()) <= limits.elements);
      require(text_bytes(reader.value()) <= limits.bytes);
      require(depth(reader.value()) <= limits.depth);
      r.replies.push_back(std::move(reader.value()));
    }
  }
  r.in_the_midst = reader.in_the_midst();
  return r;
}

void append(std::string& out, const reply& r) {
  switch (r.type()) {
    case reply::kind::nil:
      out += "$-1\r\n";
      break;
    case reply::kind::integer:
      out += ":" + std::to_string(r.integer()) + "\r\n";
      break;
    case reply::kind::status:
      out += "+" + r.text() + "\r\n";
      break;
    case reply::kind::error:
      out += "-" + r.text() + "\r\n";
      break;
    case reply::kind::string:
      require(r.text().size() <= limits.bulk);
      out += "$" + std::to_string(r.text().size()) + "\r\n" + r.text() + "\r\n";
      break;
    case reply::kind::array:
      out += "*" + std::to_string(r.elements().size()) + "\r\n";
      for (const reply& e : r.elements()) append(out, e);
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  result whole = read(bytes, size);
  require(read(bytes, 1 + data[0] % 64) == whole);
  require(read(bytes, 1) == whole);
  std::string again;
  for (const reply& r : whole.replies) {
    append(again, r);
    require(!r.describe().empty());
  }
  result sent = read(again, again.size() + 1);
  require(!sent.violation && !sent.in_the_midst && sent.replies == whole.replies);
  return 0;
}
