// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/listen.hpp"

#include <deque>
#include <memory>
#include <utility>

#include <rondo/compose/move_on_after.hpp>
#include <rondo/loop/sleep.hpp>
#include <rondo/sync/event.hpp>
#include "detail/duration_text.hpp"
#include "loop/backoff.hpp"
#include "pg/make_error.hpp"
#include "pg/statement.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {
namespace {

using namespace std::chrono_literals;

/// The connection, and what it has told and nobody has taken.
class channel_link final : public link_owner {
 public:
  channel_link(rondo::detail::ref<pool_core> pool, std::vector<std::string> channels)
      : pool_(std::move(pool)), channels_(std::move(channels)), target_(pool_->to()) {
    // A peer that is gone without a word is noticed after half a minute, unless told otherwise.
    for (auto [key, value] :
         {std::pair("keepalives_idle", "15"), std::pair("keepalives_interval", "5"),
          std::pair("keepalives_count", "3")}) {
      bool given = false;
      for (const auto& each : target_.rest) given = given || each.first == key;
      if (!given) target_.rest.emplace_back(key, value);
    }
  }
  ~channel_link() {
    if (link_) link_->close();
  }

  task<> open() {
    link_ = co_await connect(target_, pool_->options());
    link_->set_owner(this);
    auto asked = listen();
    if (!co_await move_on_after(std::move(asked), pool_->options().connect_timeout)) {
      link_->close();
      std::rethrow_exception(make_connection_error(
          "listen at " + target_.text,
          "no answer within " +
              rondo::detail::duration_text(pool_->options().connect_timeout.nanoseconds())));
    }
  }

  task<> listen() {
    for (const std::string& channel : channels_) {
      std::string sql = "listen \"";
      for (char c : channel) sql.append(c == '"' ? 2 : 1, c);
      rondo::detail::ref<request> asked(new statement(sql + '"', {}, false));
      link_->submit(*asked);
      co_await asked->done();
    }
  }

  /// The next notification. Empty: the connection is lost.
  task<std::optional<notification>> next() {
    while (told_.empty() && link_->lost().empty()) {
      something_.clear();
      co_await something_.wait();
    }
    if (told_.empty()) co_return std::nullopt;
    notification n = std::move(told_.front());
    told_.pop_front();
    if (told_.size() == most / 2) link_->pause_reading(false);
    co_return n;
  }

  void link_idle(link&) noexcept override {}
  void link_lost(link&) noexcept override { something_.set(); }
  void link_notified(link& l, const PGnotify& n) noexcept override {
    try {
      told_.push_back({n.relname, n.extra, n.be_pid, false});
    } catch (...) {
      l.fail("a notification was lost: out of memory");
    }
    // The server keeps the rest.
    if (told_.size() >= most) l.pause_reading(true);
    something_.set();
  }
  void link_cancelled() noexcept override {}
  void link_noticed(const notice& n) noexcept override { pool_->link_noticed(n); }

 private:
  static constexpr std::size_t most = 10'000;

  rondo::detail::ref<pool_core> pool_;
  std::vector<std::string> channels_;
  target target_;
  rondo::detail::ref<link> link_;
  std::deque<notification> told_;
  event something_;
};

async_generator<notification> hear(std::unique_ptr<channel_link> from) {
  for (int failures = 0;;) {
    if (failures == 0)
      while (auto n = co_await from->next()) co_yield std::move(*n);
    bool open = false;
    try {
      co_await from->open();
      open = true;
    } catch (const std::exception&) {
      // For ever: a server that is away comes back.
    }
    if (!open) {
      co_await sleep(rondo::detail::backoff(100ms, 5s, ++failures));
      continue;
    }
    failures = 0;
    notification gap;
    gap.reconnected = true;
    co_yield std::move(gap);
  }
}

}  // namespace

task<listener> listen(rondo::detail::ref<pool_core> pool, std::vector<std::string> channels) {
  auto made = std::make_unique<channel_link>(std::move(pool), std::move(channels));
  co_await made->open();
  co_return listener(hear(std::move(made)));
}

}}}}  // namespace rondo::v0::pg::detail
