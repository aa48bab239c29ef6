// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/stream.hpp>

#include <algorithm>

#include "io/socket.hpp"

namespace rondo { inline namespace v0 {

async_generator<std::string> stream::lines() {
  for (;;) {
    std::string line = co_await read_line();
    if (line.empty()) co_return;
    if (line.back() == '\n') line.pop_back();
    co_yield std::move(line);
  }
}

void stream::shutdown_write() {
  if (!core_) throw usage_error("stream::shutdown_write: the stream is not open");
  core_->require_home("shutdown_write");
  core_->end_output();
}

void stream::set_limit(std::size_t bytes) {
  if (!core_) throw usage_error("stream::set_limit: the stream is not open");
  core_->require_home("set_limit");
  constexpr std::size_t most = 0xffffffff;
  core_->limit = static_cast<std::uint32_t>(std::min(bytes, most));
}

void stream::close() {
  if (!core_) return;
  core_->require_home("close");
  let_go();
}

void stream::let_go() noexcept {
  if (!core_) return;
  core_->check_home();
  core_->shut_down();
  core_.reset();
}

endpoint stream::local() const noexcept {
  return core_ ? detail::local_endpoint(core_->fd) : endpoint();
}

}}  // namespace rondo::v0
