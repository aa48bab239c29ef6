// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/pg/detail/copy.hpp>

#include <charconv>
#include <cstring>
#include <exception>
#include <utility>

#include "pg/make_error.hpp"
#include "pg/plain_mode.hpp"
#include "pg/pool_core.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {
namespace {

class channel final : public copy_channel {
 public:
  channel(pool_core& pool, link* own) : pool_(&pool), link_(own) {}

  task<> begin(std::string sql, bool in) override {
    sql_ = std::move(sql);
    if (!link_) {
      lease_ = co_await pool_->acquire(true);
      link_ = rondo::detail::ref<link>(&lease_.get());
    }
    mode_ = std::make_unique<plain_mode>(*pool_, *link_);
    co_await mode_->begin();
    mode_->send(sql_);
    PGresult* part = co_await mode_->next();
    ExecStatusType status = PQresultStatus(part), wanted = in ? PGRES_COPY_IN : PGRES_COPY_OUT;
    std::exception_ptr failure;
    if (status == PGRES_FATAL_ERROR) failure = make_error(part, sql_);
    PQclear(part);
    if (failure) {
      co_await drain();
      std::rethrow_exception(failure);
    }
    if (status != wanted)
      throw usage_error(std::string("pg::pool::") + (in ? "copy_in" : "copy_out") +
                        ": the statement is no copy " + (in ? "from stdin" : "to stdout"));
  }

  // Small pieces are sent together: each message costs five bytes and a look at the socket.
  task<> put(std::string_view bytes) override {
    constexpr std::size_t enough = 32 * 1024;
    if (!collected_.empty() || bytes.size() < enough) {
      collected_ += bytes;
      if (collected_.size() < enough) co_return;
      bytes = collected_;
    }
    co_await mode_->put(bytes);
    collected_.clear();
  }

  task<std::uint64_t> finish() override {
    if (!collected_.empty()) co_await mode_->put(collected_);
    co_await mode_->put_end();
    co_return co_await drain();
  }

  task<> give_up(std::string why) override {
    try {
      co_await mode_->put_end(why.c_str());
      co_await drain();
    } catch (const error&) {
      // That it was given up; or the connection is lost, and the copy with it.
    }
  }

  task<std::string> get() override {
    std::string piece = co_await mode_->get();
    if (piece.empty()) co_await drain();
    co_return piece;
  }

 private:
  /// Reads what the server says at the end. Gives the number of rows.
  task<std::uint64_t> drain() {
    std::exception_ptr failure;
    std::uint64_t rows = 0;
    while (PGresult* part = co_await mode_->next()) {
      if (PQresultStatus(part) == PGRES_FATAL_ERROR && !failure) failure = make_error(part, sql_);
      const char* n = PQcmdTuples(part);
      std::from_chars(n, n + std::strlen(n), rows);
      PQclear(part);
    }
    mode_->end();
    mode_.reset();
    link_.reset();
    lease given_back = std::move(lease_);
    if (failure) std::rethrow_exception(failure);
    co_return rows;
  }

  rondo::detail::ref<pool_core> pool_;
  rondo::detail::ref<link> link_;
  lease lease_;
  std::unique_ptr<plain_mode> mode_;  // ends before the lease is given back
  std::string sql_, collected_;
};

}  // namespace

rondo::detail::ref<copy_channel> make_copy_channel(pool_core& pool, link* own) {
  return rondo::detail::ref<copy_channel>(new channel(pool, own));
}

async_generator<std::string> copy_out(rondo::detail::ref<copy_channel> channel, std::string sql) {
  co_await channel->begin(std::move(sql), false);
  for (;;) {
    std::string piece = co_await channel->get();
    if (piece.empty()) co_return;
    co_yield std::move(piece);
  }
}

}}}}  // namespace rondo::v0::pg::detail
