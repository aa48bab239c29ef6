// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/plain_mode.hpp"

#include <stdexcept>
#include <utility>

#include <rondo/compose/gather.hpp>
#include <rondo/compose/race.hpp>
#include <rondo/io/readiness.hpp>
#include <rondo/sync/event.hpp>
#include "compose/background.hpp"
#include "pg/make_error.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

task<> plain_mode::begin() {
  while (!link_->idle() && link_->lost().empty()) co_await link_->wait_idle();
  link_->leave_pipeline();
  active_ = true;
}

void plain_mode::end() noexcept {
  active_ = false;
  link_->enter_pipeline();
}

plain_mode::~plain_mode() {
  if (!active_) return;
  try {
    rondo::detail::finish_in_background(wind_up(link_), pool_->options().cleaning_timeout);
  } catch (...) {
    link_->fail("a COPY could not be ended: out of memory");
  }
}

void plain_mode::lost() {
  std::string why = message_text(PQerrorMessage(link_->connection()));
  link_->fail(why);
  std::rethrow_exception(make_connection_error("connection", link_->lost()));
}

void plain_mode::send(const std::string& sql) {
  link::check(sql);
  if (!PQsendQuery(link_->connection(), sql.c_str())) lost();
}

// Until libpq's buffer is empty: the server may have to be read from before it takes more.
task<> plain_mode::flush() {
  PGconn* c = link_->connection();
  for (;;) {
    int left = PQflush(c);
    if (left < 0) lost();
    if (left == 0) co_return;
    co_await race(wait_writable(PQsocket(c)), wait_readable(PQsocket(c)));
    if (!PQconsumeInput(c)) lost();
  }
}

task<> plain_mode::wait_for_input() {
  PGconn* c = link_->connection();
  co_await wait_readable(PQsocket(c));
  if (!PQconsumeInput(c)) lost();
}

task<PGresult*> plain_mode::next() {
  co_await flush();
  while (PQisBusy(link_->connection())) co_await wait_for_input();
  co_return PQgetResult(link_->connection());
}

task<> plain_mode::put(std::string_view bytes) {
  constexpr std::size_t at_once = 1 << 20;  // libpq counts by int, and takes none for nothing
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, at_once);
    int put = PQputCopyData(link_->connection(), piece.data(), static_cast<int>(piece.size()));
    if (put < 0) lost();
    if (put == 0) {
      co_await flush();
      continue;
    }
    bytes.remove_prefix(piece.size());
    if (!bytes.empty() && PQflush(link_->connection()) != 0) co_await flush();
  }
  // Some of it may stay in libpq's buffer, but not without bound.
  if (PQflush(link_->connection()) != 0) co_await flush();
}

task<> plain_mode::put_end(const char* why) {
  while (true) {
    int put = PQputCopyEnd(link_->connection(), why);
    if (put < 0) lost();
    if (put > 0) break;
    co_await flush();
  }
  co_await flush();
}

task<std::string> plain_mode::get() {
  for (;;) {
    char* bytes = nullptr;
    int n = PQgetCopyData(link_->connection(), &bytes, 1);
    if (n > 0) {
      std::string piece(bytes, static_cast<std::size_t>(n));
      PQfreemem(bytes);
      co_return piece;
    }
    if (n == -1) co_return std::string();
    if (n == -2) lost();
    co_await wait_for_input();
  }
}

namespace {

task<> wait_for_more(PGconn* c) {
  while (PQflush(c) > 0) co_await wait_writable(PQsocket(c));
  co_await wait_readable(PQsocket(c));
  if (!PQconsumeInput(c)) throw std::runtime_error(message_text(PQerrorMessage(c)));
}

/// What the server still says is read and dropped.
task<> read_to_the_end(PGconn* c, event& ended) {
  for (;;) {
    while (PQisBusy(c)) co_await wait_for_more(c);
    PGresult* part = PQgetResult(c);
    if (!part) break;
    ExecStatusType status = PQresultStatus(part);
    PQclear(part);
    if (status == PGRES_COPY_IN && PQputCopyEnd(c, "cancelled") < 0)
      throw std::runtime_error(message_text(PQerrorMessage(c)));
    while (status == PGRES_COPY_OUT) {
      char* bytes = nullptr;
      int n = PQgetCopyData(c, &bytes, 1);
      if (n > 0) PQfreemem(bytes);
      if (n == 0) co_await wait_for_more(c);
      if (n < 0) break;
    }
  }
  ended.set();
}

}  // namespace

task<> plain_mode::wind_up(rondo::detail::ref<link> l) {
  struct guard {
    link& l;
    bool done = false;
    ~guard() {
      if (!done) l.fail("a COPY that was cancelled did not end");
    }
  } unfinished{*l};
  PGconn* c = l->connection();
  event ended;
  try {
    co_await gather(read_to_the_end(c, ended), cancel_until(ended, c, l->key()));
    unfinished.done = true;
    l->enter_pipeline();
  } catch (const std::exception& e) {
    unfinished.done = true;
    l->fail(e.what());
  }
}

}}}}  // namespace rondo::v0::pg::detail
