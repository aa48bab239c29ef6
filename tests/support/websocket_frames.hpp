// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Frames made by hand, good and bad.
#pragma once

#include <string>
#include <string_view>

namespace test {

inline std::string frame_head(unsigned char first, std::size_t length, unsigned char mask_bit) {
  std::string out(1, static_cast<char>(first));
  int bytes = length < 126 ? 0 : length < 65536 ? 2 : 8;
  out += static_cast<char>(mask_bit | (bytes == 0 ? length : bytes == 2 ? 126 : 127));
  while (bytes-- > 0) out += static_cast<char>(length >> (8 * bytes) & 0xFF);
  return out;
}

/// As a server sends it; first: FIN, reserved bits, opcode.
inline std::string frame(unsigned char first, std::string_view payload) {
  return frame_head(first, payload.size(), 0) + std::string(payload);
}

/// As a client sends it.
inline std::string masked(unsigned char first, std::string_view payload) {
  constexpr unsigned char mask[4] = {0x12, 0xA7, 0x00, 0xFF};
  std::string out = frame_head(first, payload.size(), 0x80);
  for (unsigned char c : mask) out += static_cast<char>(c);
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i % 4]);
  return out;
}

}  // namespace test
