// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/server/client_watch.hpp"

#include <poll.h>
#include <chrono>
#include <new>
#include <system_error>

#include <rondo/coro/create_task.hpp>
#include <rondo/loop/sleep.hpp>
#include "io/socket.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

bool is_reset(int fd) noexcept {
  pollfd look{fd, 0, 0};
  return ::poll(&look, 1, 0) > 0;  // POLLHUP or POLLERR
}

}  // namespace

client_watch::client_watch(rondo::detail::node& server, rondo::detail::stream_core& client,
                           bool is_last_request) noexcept
    : server_(&server), client_(&client), may_half_close_(is_last_request) {}

std::shared_ptr<client_watch> client_watch::begin(rondo::detail::node& server,
                                                  rondo::detail::stream_core& client,
                                                  std::string& early,
                                                  bool is_last_request) noexcept {
  std::shared_ptr<client_watch> watch;
  try {
    watch = std::make_shared<client_watch>(server, client, is_last_request);
    watch->early_.swap(early);
    watch->task_ = create_task(run(watch), "client of an HTTP request");
  } catch (const std::bad_alloc&) {
    if (watch) early.swap(watch->early_);
    watch.reset();
  }
  return watch;
}

void client_watch::end() noexcept {
  server_ = nullptr;
  task_.cancel();
}

task<> client_watch::run(std::shared_ptr<client_watch> its) {
  try {
    rondo::detail::write_operation send(its->client_.get(), its->early_);
    co_await send;
    its->early_sent_.set();
    rondo::detail::plain_io_operation gone(rondo::detail::opcode::poll, its->client_->fd, "client");
    gone.flags = POLLRDHUP;
    co_await gone;
    // No operation waits for a reset alone: io_uring's tells of POLLRDHUP in any case.
    constexpr std::chrono::milliseconds between_looks(250);
    while (its->may_half_close_ && !is_reset(its->client_->fd)) co_await sleep(between_looks);
  } catch (const std::system_error&) {  // it is gone
  }
  its->early_sent_.set();
  if (its->server_) its->server_->request_cancel();
}

}}}  // namespace rondo::v0::http::detail
