// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/server/server_state.hpp"

#include <exception>
#include <new>
#include <string>

#include "coro/report_lost.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

constexpr std::size_t most_spare_messages = 64;

void check_reply(const reply& answer) {
  check_header("Content-Type", answer.content_type);
  // Fields of a parser have been added without a check: copied from a response, they may
  // hold what another program takes for a line's end.
  for (const auto& [name, value] : answer.headers) check_header(name, value);
  bool sensible =
      answer.upgrade ? answer.status == 101 : answer.status >= 200 && answer.status <= 999;
  if (!sensible)
    throw usage_error("http::reply: no handler answers with status " +
                      std::to_string(answer.status));
}

/// The reply to what a handler has thrown.
reply reply_to_exception(request& r) {
  try {
    throw;
  } catch (const status_error& e) {
    return reply(e.status(), std::string(e.what()) + "\n");
  } catch (...) {
    rondo::detail::report_lost(std::current_exception(), [&] {
      return "the handler of " + r.method + " " + r.target + " failed";
    });
  }
  return reply(500, "Internal Server Error\nrequest " + r.id() + "\n");
}

}  // namespace

std::unique_ptr<http1_message> server_state::take_message() {
  if (spare_.empty()) return std::make_unique<http1_message>(options);
  std::unique_ptr<http1_message> m = std::move(spare_.back());
  spare_.pop_back();
  return m;
}

void server_state::give_back(std::unique_ptr<http1_message> m) noexcept {
  if (spare_.size() >= most_spare_messages) return;
  try {
    spare_.push_back(std::move(m));
  } catch (const std::bad_alloc&) {  // it is freed
  }
}

task<reply> server_state::respond(request& r) {
  if (abandoned) co_return reply(503, "");  // to nobody: its connection is cancelled
  try {
    reply answer = co_await handle(r);
    check_reply(answer);
    co_return answer;
  } catch (...) {
    co_return reply_to_exception(r);
  }
}

}}}  // namespace rondo::v0::http::detail
