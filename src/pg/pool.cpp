// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/pg/pool.hpp>

#include <rondo/coro/errors.hpp>
#include "pg/listen.hpp"
#include "pg/pool_core.hpp"
#include "pg/run.hpp"

namespace rondo { inline namespace v0 { namespace pg {

pool::pool(const std::string& conninfo, pool_options options) {
  loop::current();  // or throws
  core_ = rondo::detail::ref<detail::pool_core>(new detail::pool_core(conninfo, options));
}

pool::~pool() {
  if (core_) core_->shut();
}

detail::pool_core& pool::core() const {
  if (!core_) throw usage_error("pg::pool: it was moved away");
  return *core_;
}

task<> pool::connect() { co_await core().open_first(); }

task<connection> pool::acquire() {
  detail::lease l = co_await core().acquire(true);
  l.get().session_changed = true;  // perhaps: not all of what can be done to it is seen
  co_return connection(std::move(l));
}

task<db::result> pool::run_statement(std::string sql, db::detail::parameters values) {
  detail::pool_core& pool = core();
  detail::lease l = pool.try_acquire(false);
  if (!l) l = co_await pool.acquire(false);
  co_return co_await detail::run_statement(pool, l.get(), std::move(sql), std::move(values));
}

task<std::uint64_t> pool::run_many(std::string sql, db::detail::row_feed rows) {
  detail::lease l = co_await core().acquire(true);
  co_return co_await detail::run_many(core(), l.get(), std::move(sql), std::move(rows));
}

rondo::detail::ref<db::detail::row_source> pool::open_rows(std::string sql,
                                                           db::detail::parameters values) {
  return detail::open_rows(core(), nullptr, std::move(sql), std::move(values));
}

task<std::vector<db::result>> pool::run(batch what) {
  detail::lease l = co_await core().acquire(false);
  co_return co_await detail::run_batch(core(), l.get(), std::move(what));
}

rondo::detail::ref<detail::copy_channel> pool::copy_channel() {
  return detail::make_copy_channel(core(), nullptr);
}

task<listener> pool::listen_to(std::vector<std::string> channels) {
  rondo::detail::ref<detail::pool_core> c(&core());
  co_return co_await detail::listen(std::move(c), std::move(channels));
}

task<> pool::execute_script(std::string sql) {
  detail::lease l = co_await core().acquire(true);
  co_await detail::run_script(core(), l.get(), std::move(sql));
}

void pool::on_notice(rondo::detail::unique_function<void(const notice&)> f) {
  core().on_notice(std::move(f));
}

pool_statistics pool::statistics() const { return core().statistics(); }

task<> pool::close() {
  rondo::detail::ref<detail::pool_core> c(&core());
  c->shut();
  co_await c->wait_empty();
}

}}}  // namespace rondo::v0::pg
