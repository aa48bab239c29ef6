// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "redis/lease.hpp"

#include <algorithm>
#include <utility>

#include <rondo/compose/move_on_after.hpp>
#include <rondo/redis/errors.hpp>
#include "detail/duration_text.hpp"
#include "redis/command_kind.hpp"

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

using rondo::detail::duration_text;

namespace {
constexpr delay for_ever = std::chrono::hours(24 * 365 * 400);
}

lease::lease(core_ref core, semaphore::permit permit, std::unique_ptr<wire> w) noexcept
    : core_(std::move(core)), permit_(std::move(permit)), wire_(std::move(w)) {
  ++core_->lent;
  core_->dependents.push_back(*this);
}

void lease::client_closed() noexcept {
  if (wire_) wire_->connection.close();
}

lease::~lease() {
  --core_->lent;
  if (listed()) unlink();
  if (wire_ && !busy_ && !has_state_ && !is_watching_) core_->keep_idle(std::move(wire_));
}

task<reply> lease::exchange(command c, std::optional<delay> limit) {
  std::string name(c.name());
  command_kind kind = kind_of(c);
  if (kind == command_kind::subscribes || kind == command_kind::odd_answers)
    throw usage_error("redis::connection::call: " + refusal(c, kind));
  if (kind == command_kind::has_state) has_state_ = true;
  std::string bytes;
  c.append_to(bytes);
  std::vector<reply> one = co_await exchange(std::move(name), std::move(bytes), 1, limit);
  co_return std::move(one.front());
}

task<std::vector<reply>> lease::exchange(std::string name, std::string commands,
                                         std::size_t answers, std::optional<delay> limit) {
  std::string of = "redis " + core_->its.to.text() + ": " + name + ": ";
  if (!wire_) throw connection_lost(of + "not sent, this connection was lost before");
  if (busy_)
    throw usage_error("redis::connection::call: " + name +
                      ": another task uses the connection; each takes one of its own");
  busy_ = true;  // and stays so if this is cancelled
  delay longest = limit.value_or(for_ever);
  std::optional<std::vector<reply>> all;
  std::string why;
  try {
    all = co_await move_on_after(wire_->exchange(std::move(commands), answers), longest);
  } catch (const protocol_error&) {
    busy_ = false;
    wire_.reset();
    throw;
  } catch (const std::exception& e) {
    why = e.what();
  }
  busy_ = false;
  if (all) co_return std::move(*all);
  wire_.reset();
  if (!why.empty())
    throw connection_lost(of +
                          "the connection was lost after it was sent, it may have run: " + why);
  throw timeout_error(of + "no answer within " + duration_text(longest.nanoseconds()) +
                      "; it was sent, and may run");
}

task<std::unique_ptr<lease>> take_lease(lease::core_ref core) {
  std::string of = "redis " + core->its.to.text() + ": an extra connection: ";
  if (core->closed()) throw not_connected(of + "the client was closed");
  delay limit = core->its.options.timeout.value_or(for_ever);
  std::int64_t until = limit.after(core->now());
  auto permit = co_await move_on_after(core->extra_permits.acquire(), limit);
  if (!permit)
    throw timeout_error(of + "none within " + duration_text(limit.nanoseconds()) + ", all " +
                        std::to_string(core->its.options.max_extra) + " are in use");
  if (core->closed()) throw not_connected(of + "the client was closed");
  std::unique_ptr<wire> w = core->take_idle();
  if (!w) {
    delay left = std::chrono::nanoseconds(std::max<std::int64_t>(until - core->now(), 0));
    std::string why = "no connection within " + duration_text(limit.nanoseconds());
    try {
      if (auto opened = co_await move_on_after(open_wire(core->its), left)) w = std::move(*opened);
    } catch (const std::exception& e) {
      why = e.what();
    }
    if (!w) throw not_connected(of + why);
  }
  if (core->closed()) throw not_connected(of + "the client was closed");
  co_return std::make_unique<lease>(std::move(core), std::move(*permit), std::move(w));
}

}}}}  // namespace rondo::v0::redis::detail
