// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/redis/subscription.hpp>

#include <utility>

#include <rondo/compose/move_on_after.hpp>
#include <rondo/coro/create_task.hpp>
#include <rondo/loop/sleep.hpp>
#include <rondo/redis/detail/convert.hpp>
#include <rondo/redis/errors.hpp>
#include "redis/subscription_core.hpp"

namespace rondo { inline namespace v0 { namespace redis {

namespace detail {

namespace {
/// A server that starts, or is busy with a script, refuses for a while.
bool passes(std::string_view error) {
  std::string_view code = error.substr(0, error.find(' '));
  return code == "LOADING" || code == "BUSY" || code == "MASTERDOWN";
}
}  // namespace

subscription_core::subscription_core(rondo::detail::ref<client_core> client, command subscribe)
    : client_(std::move(client)),
      subscribe_(std::move(subscribe)),
      messages_(client_->its.options.max_messages) {}

void subscription_core::start() {
  if (client_->closed())
    throw not_connected("redis " + client_->its.to.text() + ": " + std::string(subscribe_.name()) +
                        ": the client was closed");
  keeper_ = create_task(keep_subscribed(self_ref(this)), "redis subscription");
  client_->dependents.push_back(*this);
}

void subscription_core::close(bool drop) noexcept {
  if (!std::exchange(closed_, true)) {
    if (listed()) unlink();
    keeper_.cancel("the redis subscription is closed");
    subscribed_.set();
  }
  messages_.shutdown(drop);
}

void subscription_core::client_closed() noexcept {
  self_ref keep(this);
  close(false);
}

void subscription_core::fail(std::exception_ptr why) noexcept {
  failure_ = std::move(why);
  messages_.shutdown();
  subscribed_.set();
}

task<> subscription_core::keep_subscribed(self_ref self) {
  subscription_core& s = *self;
  for (unsigned attempt = 1; !s.failure_; ++attempt) {
    s.confirmed_ = 0;
    try {
      std::unique_ptr<wire> w = co_await open_wire(s.client_->its);
      co_await s.serve(*w);
    } catch (const queue_shut_down&) {
      co_return;
    } catch (const std::exception& e) {
      s.last_error_ = e.what();
    }
    if (s.confirmed_ > 0) attempt = 1;
    if (s.failure_) co_return;
    delay wait = s.client_->pause(attempt);
    co_await sleep(wait);
  }
}

task<> subscription_core::serve(wire& w) {
  std::string bytes;
  subscribe_.append_to(bytes);
  co_await w.connection.write(bytes);
  bool asked = false;  // whether it is still there
  while (!failure_) {
    if (reply* r = w.next()) {
      asked = false;
      co_await take(*r);
      continue;
    }
    auto received = co_await move_on_after(w.receive(), std::chrono::seconds(15));
    if (received) continue;
    if (std::exchange(asked, true))
      throw connection_lost("redis " + w.server + ": the server has sent nothing for 30s");
    bytes.clear();
    command("PING").append_to(bytes);
    co_await w.connection.write(bytes);
  }
}

task<> subscription_core::take(reply& r) {
  std::string name(subscribe_.name());
  if (r.is_error()) {
    // Once subscribed, it is the answer to our PING: a sign of life of a server that is busy
    // or doesn't let this user ask.
    if (confirmed_ >= subscribe_.arguments() - 1) co_return;
    if (passes(r.text())) throw connection_lost(r.text());  // it is asked again
    fail(std::make_exception_ptr(
        error("redis " + client_->its.to.text() + ": " + name + ": " + r.text(), name, r.text())));
    co_return;
  }
  const question to{name, client_.get()};
  std::vector<reply>& parts = to_elements(r, to, "an array");
  std::string what = parts.empty() ? "" : parts[0].text();
  message m;
  if (what == "message" && parts.size() == 3) {
    m.channel = to_text(std::move(parts[1]), to);
    m.payload = to_text(std::move(parts[2]), to);
  } else if (what == "pmessage" && parts.size() == 4) {
    m.pattern = to_text(std::move(parts[1]), to);
    m.channel = to_text(std::move(parts[2]), to);
    m.payload = to_text(std::move(parts[3]), to);
  } else if (what == "subscribe" || what == "psubscribe") {
    if (++confirmed_ < subscribe_.arguments() - 1) co_return;
    bool again = std::exchange(was_subscribed_, true);
    subscribed_.set();
    if (!again) co_return;
    m.gap = true;
  } else if (what == "pong") {
    co_return;
  } else {
    throw_mismatch(to, "a message", r);
  }
  co_await messages_.put(std::move(m));
}

task<std::optional<message>> subscription_core::next(self_ref self) {
  try {
    co_return co_await self->messages_.get();
  } catch (const queue_shut_down&) {
  }
  if (self->failure_) std::rethrow_exception(self->failure_);
  co_return std::nullopt;
}

task<> subscription_core::ready(self_ref self) {
  const client_options& options = self->client_->its.options;
  if (options.timeout) {
    auto in_time = co_await move_on_after(self->subscribed_.wait(), *options.timeout);
    if (!in_time)
      throw not_connected("redis " + self->client_->its.to.text() + ": " +
                          std::string(self->subscribe_.name()) +
                          ": not subscribed yet: " + self->last_error_);
  } else {
    co_await self->subscribed_.wait();
  }
  if (self->failure_) std::rethrow_exception(self->failure_);
  if (self->closed_)
    throw not_connected("redis " + self->client_->its.to.text() + ": " +
                        std::string(self->subscribe_.name()) + ": the subscription is closed");
}

subscription_core* start_subscription(rondo::detail::ref<client_core> client, command subscribe) {
  subscription_core::self_ref made(new subscription_core(std::move(client), std::move(subscribe)));
  made->start();
  made->retain();  // the subscription's
  return made.get();
}

}  // namespace detail

using detail::subscription_core;

subscription::subscription(subscription_core* core) noexcept : core_(core) {}

subscription::~subscription() {
  if (!core_) return;
  core_->close(true);
  core_->release();
}

task<std::optional<message>> subscription::next() {
  if (!core_) throw usage_error("subscription::next: it was moved away");
  return subscription_core::next(subscription_core::self_ref(core_));
}

task<> subscription::ready() {
  if (!core_) throw usage_error("subscription::ready: it was moved away");
  return subscription_core::ready(subscription_core::self_ref(core_));
}

void subscription::close() {
  if (!core_) throw usage_error("subscription::close: it was moved away");
  core_->close(false);
}

}}}  // namespace rondo::v0::redis
