// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Bytes of a peer into the WebSocket codec. The first byte says which side reads, and
// in pieces of which size: however bytes are cut, the same must be found.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/websocket/frames.hpp"

namespace {

using namespace rondo::http::detail;
using found = frame_reader::found;

constexpr std::size_t max_message = 2000;

void require(bool truth) {
  if (!truth) std::abort();
}

struct event {
  found what;
  std::string payload;
  std::uint16_t code;
  bool operator==(const event&) const = default;
};

std::vector<event> read(side self, std::string_view bytes, std::size_t piece_size) {
  frame_reader reader(self, max_message);
  std::vector<event> all;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, piece_size);
    bytes.remove_prefix(piece.size());
    for (;;) {
      found what = reader.next(piece);
      if (what == found::nothing) break;
      if (what == found::close || what == found::violation) {
        require(what == found::violation || reader.code() == 0 || can_be_sent(reader.code()));
        require(is_utf8(reader.reason()));
        all.push_back({what, what == found::close ? reader.reason() : "", reader.code()});
        return all;
      }
      std::string payload = reader.take_payload();
      require(payload.size() <= (what == found::text || what == found::binary ? max_message : 125));
      require(what != found::text || is_utf8(payload));
      all.push_back({what, std::move(payload), 0});
    }
    require(piece.empty());
  }
  return all;
}

/// What was found, framed by the other side, is found again.
void send_again(side self, const std::vector<event>& all) {
  side other = self == side::server ? side::client : side::server;
  std::string bytes;
  std::vector<event> expected;
  for (const event& e : all) {
    if (e.what == found::violation) break;
    opcode code = e.what == found::text     ? opcode::text
                  : e.what == found::binary ? opcode::binary
                  : e.what == found::ping   ? opcode::ping
                                            : opcode::pong;
    if (e.what == found::close) {
      append_close(bytes, other, e.code, e.payload);
    } else {
      append_frame(bytes, other, code, true, e.payload);
    }
    expected.push_back(e);
  }
  require(read(self, bytes, bytes.size() + 1) == expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  side self = data[0] & 1 ? side::client : side::server;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<event> whole = read(self, bytes, size);
  std::size_t piece_size = 1 + (data[0] >> 1);
  require(read(self, bytes, piece_size) == whole);
  send_again(self, whole);
  return 0;
}
