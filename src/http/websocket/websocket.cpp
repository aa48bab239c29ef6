// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/websocket/websocket.hpp>

#include "http/websocket/core.hpp"

namespace rondo { inline namespace v0 { namespace http {

using detail::opcode;
using detail::websocket_core;
using detail::websocket_ref;

websocket::websocket(websocket_core& core) noexcept : core_(&core) { core.retain(); }

websocket::~websocket() {
  if (!core_) return;
  if (!core_->hosted) core_->drop();
  core_->release();
}

websocket_core& websocket::core() const {
  if (!core_) throw usage_error("http::websocket: it is not connected");
  return *core_;
}

RONDO_CORO_WRAPPER task<> websocket::send(std::string_view text) {
  return websocket_core::send(websocket_ref(&core()), opcode::text, text);
}
RONDO_CORO_WRAPPER task<> websocket::send_bytes(std::string_view bytes) {
  return websocket_core::send(websocket_ref(&core()), opcode::binary, bytes);
}
bool websocket::try_send(std::string_view text) { return core().try_send(opcode::text, text); }
bool websocket::try_send_bytes(std::string_view bytes) {
  return core().try_send(opcode::binary, bytes);
}
RONDO_CORO_WRAPPER task<> websocket::send(async_generator<std::string> pieces) {
  return websocket_core::send_pieces(websocket_ref(&core()), opcode::text, std::move(pieces));
}
RONDO_CORO_WRAPPER task<> websocket::send_bytes(async_generator<std::string> pieces) {
  return websocket_core::send_pieces(websocket_ref(&core()), opcode::binary, std::move(pieces));
}
RONDO_CORO_WRAPPER task<std::optional<websocket::message>> websocket::receive() {
  return websocket_core::receive(websocket_ref(&core()));
}

namespace {
async_generator<websocket::message> all_messages(websocket_ref core) {
  for (;;) {
    std::optional<websocket::message> next = co_await websocket_core::receive(core);
    if (!next) co_return;
    co_yield std::move(*next);
  }
}
}  // namespace

RONDO_CORO_WRAPPER async_generator<websocket::message> websocket::messages() {
  return all_messages(websocket_ref(&core()));
}
RONDO_CORO_WRAPPER task<> websocket::close(std::uint16_t code, std::string reason) {
  return websocket_core::close(websocket_ref(&core()), code, std::move(reason));
}

std::uint16_t websocket::close_code() const { return core().code(); }
const std::string& websocket::close_reason() const { return core().reason(); }
const std::string& websocket::subprotocol() const { return core().subprotocol(); }
endpoint websocket::peer() const { return core().peer(); }

}}}  // namespace rondo::v0::http
