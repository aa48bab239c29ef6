// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/client/transfer.hpp>

#include "http/client/target.hpp"
#include "http/client/transfer_state.hpp"

namespace rondo { inline namespace v0 { namespace http {

transfer::~transfer() { delete state_; }
int transfer::status() const noexcept { return state_->status; }
const headers& transfer::headers() const noexcept { return state_->headers; }
const std::string& transfer::url() const noexcept { return state_->url; }
const std::vector<redirect_step>& transfer::history() const noexcept {
  return state_->request.history;
}
std::string_view transfer::version() const noexcept { return state_->version(); }
std::optional<std::uint64_t> transfer::content_length() const noexcept {
  return state_->content_length();
}

void transfer::raise_for_status() const {
  if (status() >= 400)
    throw http_error(state_->request.method + " " + detail::shown_url(url()),
                     "status " + std::to_string(status()), failure::status, status());
}

RONDO_CORO_COPYING_WRAPPER task<std::string> transfer::read() { return state_->read(); }

task<std::string> transfer::read_all(std::size_t max) {
  std::string all;
  for (;;) {
    std::string piece = co_await read();
    if (piece.empty()) co_return all;
    if (piece.size() > max - all.size())
      throw http_error(state_->request_text(),
                       "the body is larger than " + std::to_string(max) + " bytes",
                       failure::too_large, status());
    if (all.empty()) {
      all = std::move(piece);
    } else {
      all += piece;
    }
  }
}

async_generator<std::string> transfer::lines(std::size_t longest) {
  std::string line;
  for (;;) {
    std::string piece = co_await read();
    std::size_t from = 0;
    for (;;) {
      std::size_t end = piece.find('\n', from);
      line.append(piece, from, end == piece.npos ? end : end - from);
      if (line.size() > longest)
        throw http_error(state_->request_text(),
                         "a line is longer than " + std::to_string(longest) + " bytes",
                         failure::too_large, status());
      if (end == piece.npos) break;
      from = end + 1;
      if (line.ends_with('\r')) line.pop_back();
      co_yield std::exchange(line, {});
    }
    if (!piece.empty()) continue;
    if (!line.empty()) co_yield std::move(line);
    co_return;
  }
}

}}}  // namespace rondo::v0::http
