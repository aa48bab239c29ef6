// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <rondo/io/detail/stream_operation.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Carries what a filter says and hears before data can pass. Has the stream for
/// itself: reads and writes are refused until it is done. When it fails or is
/// cancelled, they are refused for good.
class [[nodiscard]] handshake_operation final : public stream_operation {
 public:
  explicit handshake_operation(stream_core* core) noexcept : stream_operation(core, role::reader) {}
  handshake_operation(handshake_operation&&) noexcept = default;
  ~handshake_operation() { let_go(); }
  void result();
  const char* describe() const noexcept override { return "handshake"; }

 private:
  std::int64_t refusal() const noexcept override;
  bool work() noexcept override;
  bool answered(std::int64_t result) noexcept override;
  bool ended() noexcept;
  void leave() noexcept override;
};

}}}  // namespace rondo::v0::detail
