// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/redis/client.hpp>

#include <algorithm>
#include <utility>

#include <rondo/loop/loop.hpp>
#include "coro/fatal.hpp"
#include "redis/client_core.hpp"
#include "redis/command_kind.hpp"
#include "redis/lease.hpp"
#include "redis/settings.hpp"
#include "redis/stream_reader_core.hpp"
#include "redis/subscription_core.hpp"

namespace rondo { inline namespace v0 { namespace redis {

namespace detail {

using core_ref = rondo::detail::ref<client_core>;

core_handle::core_handle(client_core* core) noexcept : core_(core) {
  if (core_) core_->retain();
}

core_handle::~core_handle() {
  if (core_) core_->release();
}

void end_lease::operator()(lease* l) const noexcept { delete l; }
lease* lease_of::get(const connection& c) noexcept { return c.lease_.get(); }

namespace {

settings make_settings(std::string_view url, tls_context trust, const client_options& options) {
  settings its;
  its.to = parse_url(url);
  if (trust && !its.to.tls)
    throw usage_error("redis::connect: " + its.to.text() +
                      ": a TLS context for a URL without TLS; write rediss://");
  its.trust = std::move(trust);
  its.name = options.name;
  its.options = options;
  its.options.name = {};  // the caller's text may be gone
  return its;
}

task<client> open_client(settings its) {
  core_ref core(new client_core(std::move(its)));
  client made{core_handle(core.get())};
  core->start();
  co_await core->first_attempt();
  co_return made;
}

task<connection> acquire(core_handle core) {
  auto taken = co_await take_lease(core_ref(core.get()));
  co_return connection(lease_handle(taken.release()));
}

task<> close(core_handle core) {
  if (!core.get()) co_return;
  core.get()->shut_down();
  co_await core.get()->ended();
}

}  // namespace

task<reply> evaluate(core_handle core, const script& what, command by_sha, call_options options) {
  call_operation<reply> known(core.get(), by_sha, options);
  try {
    co_return co_await known;
  } catch (const error& e) {
    if (e.code() != "NOSCRIPT") throw;
  }
  call_operation<reply> told(core.get(), what.with_text(by_sha), options);
  co_return co_await told;
}

async_generator<std::string> scan(core_handle core, std::string pattern, std::size_t count) {
  using answer = std::pair<std::string, std::vector<std::string>>;
  std::string cursor = "0";
  do {
    call_operation<answer> next(
        core.get(), command("SCAN", cursor, "MATCH", pattern, "COUNT", count), call_options());
    answer some = co_await next;
    cursor = std::move(some.first);
    for (std::string& key : some.second) co_yield std::move(key);
  } while (cursor != "0");
}

// In slices: a server that is gone is found, and the answer "none" to one says that nothing
// was taken, so asking again repeats nothing.
task<reply> wait_on_extra(core_handle core, command c, delay longest) {
  auto taken = co_await take_lease(core_ref(core.get()));
  delay silence = core.get()->its.options.silence;
  std::int64_t until = longest.after(core.get()->now());
  for (;;) {
    constexpr std::int64_t least = 1'000'000;  // 0 would be for ever
    std::int64_t left = std::max(until - core.get()->now(), least);
    std::int64_t slice = std::min(left, silence.count());
    command part = c;
    part.add(static_cast<double>(slice) * 1e-9);
    reply r = co_await taken->exchange(std::move(part),
                                       delay(std::chrono::nanoseconds(silence.after(slice))));
    if (!r.is_nil() || slice == left) co_return r;
  }
}

// Of the client's own commands: that they leave a state is its own business.
task<> run_on(lease& on, command c, std::optional<delay> limit) {
  std::string name(c.name());
  std::string bytes;
  c.append_to(bytes);
  std::vector<reply> one = co_await on.exchange(name, std::move(bytes), 1, limit);
  if (one.front().is_error()) throw_server_error({name, &on.core()}, one.front());
}

task<std::vector<reply>> watch_and_execute(core_handle core, std::vector<std::string> keys,
                                           watched_body body, int tries) {
  auto taken = co_await take_lease(core_ref(core.get()));
  lease& on = *taken;
  connection lent(lease_handle(taken.release()));
  std::optional<delay> limit = core.get()->its.options.timeout;
  for (int n = 0; n < tries; ++n) {
    // Until EXEC or UNWATCH has been answered nobody else gets the connection: it watches.
    on.is_watching(true);
    co_await run_on(on, command("WATCH", keys), limit);
    batch commands = co_await body(lent);
    const lease* there = lease_of::get(lent);  // another may have the place of one that ended
    if (there != &on || !there->is_watching())
      throw usage_error("redis " + core.get()->its.to.text() +
                        ": transaction: its body has moved the connection away that it was lent");
    check_plain(commands, "client::transaction");
    if (commands.empty()) {
      co_await run_on(on, command("UNWATCH"), limit);
      on.is_watching(false);
      co_return std::vector<reply>();
    }
    // Alone: a server that refuses it would run the others one by one.
    co_await run_on(on, command("MULTI"), limit);
    std::string bytes = commands.bytes();
    command("EXEC").append_to(bytes);
    std::vector<reply> all =
        co_await on.exchange("a transaction", std::move(bytes), commands.size() + 1, limit);
    reply& executed = all.back();
    if (!executed.is_error() || executed.text().rfind("EXECABORT", 0) == 0) on.is_watching(false);
    for (const reply& r : all)
      if (r.is_error()) throw_server_error({"a transaction", core.get()}, r);
    if (!executed.is_nil())
      co_return std::move(to_elements(executed, {"EXEC", core.get()}, "an array", commands.size()));
  }
  std::string watched;
  for (const std::string& key : keys) watched += " " + key;
  throw watch_conflict("redis " + core.get()->its.to.text() +
                       ": transaction: changed by others in each of " + std::to_string(tries) +
                       " tries:" + watched);
}

}  // namespace detail

using detail::core_ref;

client::~client() {
  if (!core_.get()) return;
  if (!core_.get()->here())
    rondo::detail::fatal("the redis client of " + core_.get()->its.to.text() +
                         " was destroyed on a thread that is not its loop's; use "
                         "loop_ref::call_soon_threadsafe");
  core_.get()->shut_down();
}

void client::throw_empty() { throw usage_error("redis::client: it is empty, or was moved away"); }

task<connection> client::acquire() { return detail::acquire(handle()); }
task<> client::close() { return detail::close(core_); }
client_statistics client::statistics() const { return core()->statistics(); }

subscription client::start_subscription(command c) {
  if (c.arguments() < 2) throw usage_error("client::subscribe: no channel is named");
  return subscription(detail::start_subscription(core_ref(core()), std::move(c)));
}

stream_reader client::read_stream(std::string_view key, std::string_view after,
                                  stream_options options) {
  return stream_reader(new detail::stream_reader_core(core_ref(core()), key, after, options));
}

stream_reader client::read_group(std::string_view key, std::string_view group,
                                 std::string_view consumer, group_options options) {
  return stream_reader(
      new detail::stream_reader_core(core_ref(core()), key, group, consumer, options));
}

task<client> connect(std::string_view url, client_options options) {
  return detail::open_client(detail::make_settings(url, {}, options));
}

task<client> connect(std::string_view url, tls_context trust, client_options options) {
  return detail::open_client(detail::make_settings(url, std::move(trust), options));
}

detail::core_handle connection::client() const {
  return detail::core_handle(lease_ ? &lease_->core() : nullptr);
}

task<reply> connection::exchange(command c, std::optional<delay> limit) {
  if (!lease_) throw usage_error("redis::connection::call: it was moved away");
  return lease_->exchange(std::move(c), limit ? limit : lease_->core().its.options.timeout);
}

}}}  // namespace rondo::v0::redis
