// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/coro/task_handle.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/pg/detail/lease.hpp>
#include <rondo/pg/notice.hpp>
#include <rondo/pg/pool_options.hpp>
#include <rondo/sync/detail/wait_queue.hpp>
#include <rondo/sync/event.hpp>
#include "pg/connect.hpp"
#include "pg/link.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

class pool_core;

/// Waits for a connection, first come first served.
class [[nodiscard]] acquire_operation final : public rondo::detail::queued_operation {
 public:
  acquire_operation(pool_core& pool, bool exclusive) noexcept;
  acquire_operation(acquire_operation&&) noexcept = default;
  bool begin() noexcept override;
  /// At once; a connection that was handed over already goes back.
  bool cancel() noexcept override;
  /// Throws usage_error when the pool was closed meanwhile.
  lease result();
  const char* describe() const noexcept override { return "pool.acquire"; }
  std::string detail() const override;

  bool exclusive() const noexcept { return exclusive_; }
  void give(lease l) noexcept { lease_ = std::move(l); }

 private:
  rondo::detail::ref<pool_core> pool_;
  lease lease_;
  bool exclusive_;
};

/// What a pool is: its connections, who waits for one, and who opens them.
class pool_core final : public rondo::detail::counted<pool_core>, public link_owner {
 public:
  pool_core(const std::string& conninfo, pool_options options);
  ~pool_core();

  const pool_options& options() const noexcept { return options_; }
  const target& to() const noexcept { return target_; }

  /// exclusive: nobody else's statements go over it until it is given back. Throws
  /// timeout_error after acquire_timeout, which says why.
  task<lease> acquire(bool exclusive);
  /// Opens one if there is none. Throws connection_error.
  task<> open_first();
  /// Without waiting; empty: none is free.
  lease try_acquire(bool exclusive) noexcept;
  void give_back(link& l) noexcept;

  /// A statement has failed so: perhaps not only this connection is of no use any more.
  void noticed_failure(link& l, const std::string& sqlstate) noexcept;

  /// Ends the pool: who waits gets usage_error, connections are closed as they become free.
  void shut() noexcept;
  bool closed() const noexcept { return closed_; }
  /// Waits until every connection is closed.
  awaitable<void> auto wait_empty() noexcept { return empty_.wait(); }

  pool_statistics statistics() const noexcept;
  void on_notice(rondo::detail::unique_function<void(const notice&)> f) noexcept {
    on_notice_ = std::move(f);
  }

  void link_idle(link& l) noexcept override;
  void link_lost(link& l) noexcept override;
  void link_notified(link& l, const PGnotify& n) noexcept override;
  void link_cancelled() noexcept override { ++counts_.cancelled; }
  void link_noticed(const notice& n) noexcept override;

 private:
  friend class acquire_operation;
  using link_ref = rondo::detail::ref<link>;

  bool free_for(const link& l, bool exclusive) const noexcept;
  lease lend(link& l, bool exclusive) noexcept;
  /// Gives what is free to those who wait, and sees to it that there will be more.
  void dispatch() noexcept;
  /// Gives what is free to those who wait; begins nothing.
  void hand_out() noexcept;
  void adopt(link_ref made);
  void open_more(std::size_t beside_waiting) noexcept;
  /// Counts as opening_ as long as it lives: also in a task that was cancelled before it began.
  class opening {
   public:
    explicit opening(pool_core& p) noexcept : pool(&p) { ++pool->opening_; }
    opening(opening&&) noexcept = default;
    ~opening();
    rondo::detail::ref<pool_core> pool;
    bool begun = false;
  };
  static task<> open_one(opening one);
  void start_cleaning(link& l) noexcept;
  static task<> clean(rondo::detail::ref<pool_core> self, link_ref l);
  void close_link(link& l) noexcept;
  void forget(link& l) noexcept;
  void arm_expiry() noexcept;
  void expire() noexcept;
  std::string why_none() const;

  target target_;
  pool_options options_;
  std::vector<link_ref> links_;
  rondo::detail::wait_queue waiters_{"a pg::pool"};
  std::size_t opening_ = 0;
  std::vector<task_handle<>> openers_;  // some of them ended
  std::size_t failures_ = 0;            // in a row
  std::string last_failure_;
  time_point last_failure_at_{};
  event empty_;
  scheduled expiry_;
  bool expiry_armed_ = false;
  bool closed_ = false;
  time_point obsolete_ = time_point::min();  // connections made until then are not lent again
  pool_statistics counts_;
  rondo::detail::unique_function<void(const notice&)> on_notice_;
};

}}}}  // namespace rondo::v0::pg::detail
