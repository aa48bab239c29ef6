// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/redis/stream_reader.hpp>

#include <charconv>
#include <utility>

#include <rondo/coro/create_task.hpp>
#include <rondo/loop/sleep.hpp>
#include <rondo/redis/detail/convert.hpp>
#include <rondo/redis/errors.hpp>
#include "redis/stream_reader_core.hpp"

namespace rondo { inline namespace v0 { namespace redis {

namespace detail {

namespace {

/// "1700000000000-3" as numbers, which are compared.
std::pair<std::uint64_t, std::uint64_t> id_numbers(std::string_view id) noexcept {
  std::pair<std::uint64_t, std::uint64_t> n{0, 0};
  const char* end = id.data() + id.size();
  const char* dash = std::from_chars(id.data(), end, n.first).ptr;
  if (dash != end) std::from_chars(dash + 1, end, n.second);
  return n;
}

std::int64_t milliseconds(delay d) noexcept { return d.count() / 1'000'000; }

/// Errors that pass: the server starts, or is not the one that it was.
bool passes(const error& e) {
  std::string code = e.code();
  return code == "LOADING" || code == "MASTERDOWN" || code == "READONLY" || code == "TRYAGAIN" ||
         code == "UNBLOCKED" || code == "NOGROUP" || code == "CLUSTERDOWN";
}

}  // namespace

stream_reader_core::stream_reader_core(rondo::detail::ref<client_core> client, std::string_view key,
                                       std::string_view after, stream_options options)
    : client_(std::move(client)),
      key_(key),
      from_(after),
      count_(options.count),
      block_(options.block) {}

stream_reader_core::stream_reader_core(rondo::detail::ref<client_core> client, std::string_view key,
                                       std::string_view group, std::string_view consumer,
                                       group_options options)
    : client_(std::move(client)),
      key_(key),
      group_(group),
      consumer_(consumer),
      from_(options.from),
      count_(options.count),
      block_(options.block),
      claim_after_(options.claim_after) {
  if (group.empty() || consumer.empty())
    throw usage_error("client::read_group: the group or the consumer has no name");
}

task<std::optional<stream_entry>> stream_reader_core::next(self_ref self) {
  stream_reader_core& s = *self;
  if (s.busy_) throw usage_error("stream_reader::next: another task waits in it");
  struct in_use {
    bool& busy;
    explicit in_use(bool& b) noexcept : busy(b) { busy = true; }
    in_use(const in_use&) = delete;
    ~in_use() { busy = false; }
  } guard(s.busy_);
  while (s.entries_.empty()) {
    if (s.failure_) std::rethrow_exception(std::exchange(s.failure_, nullptr));
    if (!std::exchange(s.fetching_, true)) {
      s.fetched_.clear();
      s.fetcher_ = create_task(fetch_some(self), "redis stream");
    }
    co_await s.fetched_.wait();
  }
  stream_entry e = std::move(s.entries_.front());
  s.entries_.pop_front();
  co_return e;
}

void stream_reader_core::stop() noexcept {
  if (fetcher_) fetcher_.cancel("the redis stream_reader is destroyed");
  failure_ = std::make_exception_ptr(
      usage_error("stream_reader::next: the reader was destroyed meanwhile"));
  fetched_.set();
}

task<> stream_reader_core::fetch_some(self_ref self) {
  stream_reader_core& s = *self;
  while (s.entries_.empty() && !s.failure_) {
    bool again = false;
    try {
      co_await s.fetch();
      s.failures_ = 0;
    } catch (const error& e) {
      again = passes(e);
      s.prepared_ = false;  // the group may have gone with its stream
      if (!again) s.failure_ = std::current_exception();
    } catch (const conversion_error&) {
      s.failure_ = std::current_exception();
    } catch (const protocol_error&) {  // an answer over the limit would be so again
      s.ours_first_ = true;            // a group's entries that were in it are ours, and unread
      s.failure_ = std::current_exception();
    } catch (const std::exception&) {  // the connection
      again = !s.client_->closed();
      if (!again) s.failure_ = std::current_exception();
    }
    if (!again) continue;
    s.ours_first_ = true;
    s.behind_ = true;
    delay wait = s.client_->pause(++s.failures_);
    co_await sleep(wait);
  }
  s.fetching_ = false;
  s.fetched_.set();
}

task<> stream_reader_core::fetch() {
  auto on = co_await take_lease(client_);
  if (!prepared_) co_await prepare(*on);
  if (behind_ && !is_group()) co_await look_for_gap(*on);
  if (is_group() && claim_after_ && !ours_first_ && client_->now() >= next_claim_)
    co_await claim(*on);
  if (entries_.empty()) co_await read(*on);
}

task<reply> stream_reader_core::run(lease& on, command c, std::optional<delay> limit) {
  std::string name(c.name());
  reply r = co_await on.exchange(std::move(c), limit);
  if (r.is_error()) throw_server_error(to(name), r);
  co_return r;
}

task<> stream_reader_core::prepare(lease& on) {
  const std::optional<delay>& limit = client_->its.options.timeout;
  if (is_group()) {
    reply r =
        co_await on.exchange(command("XGROUP", "CREATE", key_, group_, from_, "MKSTREAM"), limit);
    if (r.is_error() && r.text().rfind("BUSYGROUP", 0) != 0)
      throw_server_error(to("XGROUP CREATE"), r);
    if (last_.empty()) last_ = "0-0";
  } else if (last_.empty() && from_ == "$") {
    reply r = co_await run(on, command("XREVRANGE", key_, "+", "-", "COUNT", 1), limit);
    std::vector<reply>& newest = to_elements(r, to("XREVRANGE"), "an array");
    last_ = newest.empty() ? "0-0"
                           : to_text(std::move(newest[0].raw_elements().at(0)), to("XREVRANGE"));
  } else if (last_.empty()) {
    last_ = from_;
  }
  prepared_ = true;
}

// Entries have increasing ids. If the first that there is has a greater one than the last
// that we saw, the stream was cut, at our place or behind it.
task<> stream_reader_core::look_for_gap(lease& on) {
  reply r = co_await on.exchange(command("XINFO", "STREAM", key_), client_->its.options.timeout);
  behind_ = false;
  if (r.is_error()) co_return;  // there is no stream now, or a user who may not ask
  for (auto [name, value] : to_pairs(r, to("XINFO STREAM"))) {
    if (name->text() != "first-entry" || value->is_nil()) continue;
    std::string first = to_text(std::move(value->raw_elements().at(0)), to("XINFO STREAM"));
    if (id_numbers(last_) != id_numbers("0") && id_numbers(first) > id_numbers(last_)) gap_ = true;
  }
}

task<> stream_reader_core::claim(lease& on) {
  std::int64_t idle = milliseconds(*claim_after_);
  reply r = co_await run(
      on, command("XAUTOCLAIM", key_, group_, consumer_, idle, claim_from_, "COUNT", count_),
      client_->its.options.timeout);
  std::vector<reply>& parts = to_elements(r, to("XAUTOCLAIM"), "an array");
  if (parts.size() < 2) throw_mismatch(to("XAUTOCLAIM"), "an array of 3", r);
  std::string next = to_text(std::move(parts[0]), to("XAUTOCLAIM"));
  take(to_elements(parts[1], to("XAUTOCLAIM"), "an array"), true);
  if (parts.size() > 2) {  // from Redis 7 on: those that are no more
    for (reply& id : to_elements(parts[2], to("XAUTOCLAIM"), "an array")) {
      stream_entry lost;
      lost.stream = key_;
      lost.id = to_text(std::move(id), to("XAUTOCLAIM"));
      lost.gap = lost.again = true;
      entries_.push_back(std::move(lost));
    }
  }
  claim_from_ = std::move(next);
  if (claim_from_ == "0-0")  // once round
    next_claim_ = delay(std::chrono::nanoseconds(claim_after_->count() / 2)).after(client_->now());
}

task<> stream_reader_core::read(lease& on) {
  bool ours = is_group() && ours_first_;
  command c(is_group() ? "XREADGROUP" : "XREAD");
  if (is_group()) c.add("GROUP").add(group_).add(consumer_);
  c.add("COUNT").add(count_);
  std::optional<delay> limit = client_->its.options.timeout;
  if (!ours) {
    c.add("BLOCK").add(std::max<std::int64_t>(milliseconds(block_), 1));
    limit = delay(std::chrono::nanoseconds(client_->its.options.silence.after(block_.count())));
  }
  c.add("STREAMS").add(key_).add(is_group() && !ours ? std::string_view(">") : last_);
  reply r = co_await run(on, std::move(c), limit);
  std::size_t before = entries_.size();
  if (!r.is_nil()) {
    for (reply& stream : to_elements(r, to("XREAD"), "an array")) {
      std::vector<reply>& two = to_elements(stream, to("XREAD"), "a stream and its entries", 2);
      std::vector<reply>& entries = to_elements(two[1], to("XREAD"), "an array");
      take(entries, ours);
    }
  }
  std::size_t got = entries_.size() - before;
  if (got > 0) last_ = entries_.back().id;
  if (ours && got == 0) ours_first_ = false;
  if (got == count_) behind_ = true;
}

void stream_reader_core::take(std::vector<reply>& entries, bool again) {
  std::deque<stream_entry> taken;
  for (reply& r : entries) {
    if (r.is_nil()) continue;  // XAUTOCLAIM of Redis 6: it is no more
    std::vector<reply>& two = to_elements(r, to("XREAD"), "an entry", 2);
    stream_entry e;
    e.stream = key_;
    e.id = to_text(std::move(two[0]), to("XREAD"));
    e.again = again;
    if (two[1].is_nil()) {
      e.gap = true;  // it was given to us, and has been cut off since
    } else {
      e.fields =
          convert<std::vector<std::pair<std::string, std::string>>>(std::move(two[1]), to("XREAD"));
    }
    if (std::exchange(gap_, false)) e.gap = true;
    taken.push_back(std::move(e));
  }
  for (stream_entry& e : taken) entries_.push_back(std::move(e));
}

task<> stream_reader_core::ack(self_ref self, std::string id) {
  stream_reader_core& s = *self;
  if (!s.is_group()) throw usage_error("stream_reader::ack: the reader is in no group");
  call_options twice;
  twice.idempotent = true;
  call_operation<void> done(s.client_.get(), command("XACK", s.key_, s.group_, id), twice);
  co_await done;
}

void end_stream_reader::operator()(stream_reader_core* core) const noexcept {
  core->stop();
  core->release();
}

}  // namespace detail

using detail::stream_reader_core;

std::optional<std::string_view> stream_entry::field(std::string_view name) const noexcept {
  for (const auto& [field, value] : fields)
    if (field == name) return value;
  return std::nullopt;
}

stream_reader::stream_reader(stream_reader_core* core) noexcept : core_(core) { core->retain(); }

task<std::optional<stream_entry>> stream_reader::next() {
  if (!core_) throw usage_error("stream_reader::next: it was moved away");
  return stream_reader_core::next(stream_reader_core::self_ref(core_.get()));
}

task<> stream_reader::ack(const stream_entry& entry) {
  if (!core_) throw usage_error("stream_reader::ack: it was moved away");
  return stream_reader_core::ack(stream_reader_core::self_ref(core_.get()), entry.id);
}

}}}  // namespace rondo::v0::redis
