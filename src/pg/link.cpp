// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/link.hpp"

#include <poll.h>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <utility>

#include <rondo/coro/detail/scheduler.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/db/errors.hpp>
#include <rondo/loop/loop.hpp>
#include "compose/background.hpp"
#include "db/statement_text.hpp"
#include "detail/ascii.hpp"
#include "pg/make_error.hpp"
#include "pg/statement.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

using namespace std::chrono_literals;

link::link(PGconn* made_connection, cancel_key key, std::size_t prepared_statements)
    : made(now()),
      idle_since(made),
      connection_(made_connection),
      key_(key),
      statements_(prepared_statements) {
  idle_.set();
  drained_.set();
  PQsetNoticeReceiver(connection_, &link::noticed, this);
  // The link lives until it is closed, and the watcher calls nobody after that.
  watcher_ = rondo::detail::fd_watcher::open(loop::current(), PQsocket(connection_),
                                             [this](unsigned events) { ready(events); });
  watch();
}

link::~link() {
  // Nobody refers to it: nothing here may take a reference.
  if (lost_.empty()) end("it was closed", "08003");
  PQfinish(connection_);
}

void link::watch() noexcept {
  if (!watcher_) return;
  unsigned events = paused_ || busy_ ? 0 : POLLIN;
  if (flushing_ && !busy_) events |= POLLOUT;
  watcher_->watch(events);
}

void link::pause_reading(bool paused) noexcept {
  paused_ = paused;
  watch();
  // libpq may have more in its buffer.
  if (!paused && !reading_) read_answers();
}

void link::ready(unsigned events) noexcept {
  rondo::detail::ref<link> self(this);
  if (events & ~static_cast<unsigned>(POLLOUT)) {
    if (!PQconsumeInput(connection_)) {
      // What was sent before the end has been read all the same.
      read_answers();
      return fail(message_text(PQerrorMessage(connection_)));
    }
    read_answers();
  }
  if (lost_.empty()) flush();
}

void link::flush() noexcept {
  int left = PQflush(connection_);
  if (left < 0) {
    // The reason why the server has closed may still be there to be read.
    PQconsumeInput(connection_);
    read_answers();
    return fail(message_text(PQerrorMessage(connection_)));
  }
  bool was = std::exchange(flushing_, left > 0);
  if (!flushing_ && !sent_.empty() && sent_.back()->sends_more()) {
    request& last = *sent_.back();
    bool sent = false;
    try {
      sent = last.send_more(*this);
    } catch (...) {
      last.fail(std::current_exception());
    }
    if (!sent) return fail(message_text(PQerrorMessage(connection_)));
    flushing_ = true;  // goes on in the next turn
    if (!last.sends_more()) release_held();
  }
  if (flushing_ != was) watch();
}

bool link::must_hold() const noexcept {
  return stopping_ || busy_ || (!sent_.empty() && sent_.back()->sends_more());
}

void link::release_held() noexcept {
  while (lost_.empty() && !held_.empty() && !must_hold()) {
    request& r = *held_.front();
    r.unlink();
    send_now(r);
  }
}

void link::submit(request& r) noexcept {
  r.retain();
  r.on = this;
  ++in_flight_;
  idle_.clear();
  if (!lost_.empty()) {
    --in_flight_;
    r.finish(make_connection_error("connection", lost_, "08003", r.text()));
    r.release();
    return;
  }
  if (must_hold()) {
    held_.push_back(r);
  } else {
    send_now(r);
  }
}

// The server would keep them as long as the connection stands. Nobody waits for the answers. Not
// within a transaction of somebody's: were one of them gone already, the error would end it.
void link::deallocate_dropped() noexcept {
  if (deallocating_ || (exclusive && (!sent_.empty() || in_transaction()))) return;
  deallocating_ = true;
  try {
    for (std::string name; !(name = statements_.take_dropped()).empty();)
      submit(*new statement("deallocate " + name, {}, false));
  } catch (...) {
    // Without memory it stays.
  }
  deallocating_ = false;
}

void link::send_now(request& r) noexcept {
  if (!sent_.empty()) sent_.front()->others_wait(*this);
  deallocate_dropped();
  sent_.push_back(r);
  drained_.clear();
  r.sent = true;
  bool sent = false;
  try {
    sent = r.send(*this);
  } catch (...) {
    r.fail(std::current_exception());  // out of memory, perhaps in the midst of it
  }
  // After a part of a request nothing else can be said.
  if (!sent) return fail(message_text(PQerrorMessage(connection_)));
  flush();
}

void link::read_answers() noexcept {
  if (reading_) return;
  reading_ = true;
  rondo::detail::ref<link> self(this);
  bool ended = false;  // the last one was a null
  while (!busy_ && !paused_ && lost_.empty() && !sent_.empty() && !PQisBusy(connection_)) {
    PGresult* part = PQgetResult(connection_);
    request& head = *sent_.front();
    if (!part) {
      if (std::exchange(ended, true)) break;  // nothing has come
      head.statement_ended();
      continue;
    }
    ended = false;
    ExecStatusType status = PQresultStatus(part);
    if (status == PGRES_PIPELINE_SYNC) {
      PQclear(part);
      head.unlink();
      --in_flight_;
      head.finish();
      head.release();
      continue;
    }
    // libpq's own words, of a connection that it has given up: not an answer.
    if (status == PGRES_FATAL_ERROR && PQstatus(connection_) == CONNECTION_BAD &&
        !PQresultErrorField(part, PG_DIAG_SQLSTATE)) {
      PQclear(part);
      break;
    }
    head.got(*this, part);
  }
  reading_ = false;
  if (sent_.empty()) {
    any_abandoned_ = false;
    drained_.set();
  }
  consider_stopping();
  while (PGnotify* n = PQnotifies(connection_)) {
    if (owner_) owner_->link_notified(*this, *n);
    PQfreemem(n);
  }
  if (lost_.empty() && PQstatus(connection_) == CONNECTION_BAD)
    return fail(message_text(PQerrorMessage(connection_)));
  settled();
}

void link::settled() noexcept {
  if (!idle() || !lost_.empty() || idle_.is_set()) return;
  idle_since = now();
  idle_.set();
  if (owner_) owner_->link_idle(*this);
}

void link::request_abandoned(request& r) noexcept {
  if (!r.sent) {
    r.unlink();
    --in_flight_;
    r.finish();
    r.release();
    return;
  }
  any_abandoned_ = true;
  consider_stopping();
}

void link::consider_stopping() noexcept {
  if (!any_abandoned_ || stopping_ || sent_.empty() || !lost_.empty()) return;
  for (request& each : sent_)
    if (!each.abandoned) return;  // its statement would be hit, now or soon
  stopping_ = true;
  // From the loop's top level: this is called by a cancellation, which makes no tasks.
  retain();
  stop_soon_.who = this;
  stop_soon_.fire = [](rondo::detail::entry& e) noexcept {
    link& l = *static_cast<stop_entry&>(e).who;
    try {
      rondo::detail::finish_in_background(stop(rondo::detail::ref<link>(&l)), 30s);
    } catch (...) {
      l.fail("a cancelled statement could not be stopped: out of memory");
    }
    l.release();
  };
  loop::current().scheduler().post(stop_soon_);
}

task<> link::stop(rondo::detail::ref<link> l) {
  struct given_up {
    link& l;
    ~given_up() {
      if (l.stopping_) l.fail("a cancelled statement could not be stopped");
    }
  } if_it_takes_too_long{*l};
  if (l->owner_) l->owner_->link_cancelled();
  try {
    co_await cancel_until(l->drained_, l->connection_, l->key_);
    l->stopping_ = false;
  } catch (const std::exception& e) {
    l->fail(std::string("a cancelled statement could not be stopped: ") + e.what());
    l->stopping_ = false;
  }
  l->release_held();
  l->settled();
}

namespace {

/// "set local …" and "set transaction …" end with their transaction.
bool ends_with_its_transaction(std::string_view set) {
  set = ascii::trimmed(set);
  set = ascii::trimmed(set.substr(std::min(set.size(), std::string_view("set").size())));
  for (std::string_view word : {"local", "transaction"})
    if (ascii::equal_ignoring_case(set.substr(0, word.size()), word)) return true;
  return false;
}

}  // namespace

void link::executed(std::string_view command, std::string_view sql) noexcept {
  if (command == "SET") {
    session_changed = session_changed || !ends_with_its_transaction(sql);
  } else if (command == "LISTEN") {
    session_changed = listening = true;
  } else if (command == "PREPARE" || command == "DECLARE CURSOR" || command == "LOAD") {
    session_changed = true;
  } else if (command == "DISCARD ALL" || command == "DEALLOCATE ALL") {
    statements_.clear();
  }
}

std::string link::working_at() const {
  return sent_.empty() ? std::string() : db::detail::statement_text(sent_.front()->text());
}

void link::noticed(void* self, const PGresult* notice) noexcept {
  link& l = *static_cast<link*>(self);
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  const char* sqlstate = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
  if (!severity || !message || !sqlstate) return;  // libpq's own words about a lost connection
  if (std::string_view(severity) == "FATAL" || std::string_view(severity) == "PANIC") {
    // Said while nothing was asked: why it closes the connection.
    l.last_words_ = std::string(message) + " (" + sqlstate + ")";
    l.last_sqlstate_ = sqlstate;
  } else if (l.owner_) {
    l.owner_->link_noticed({.severity = severity, .sqlstate = sqlstate, .message = message});
  }
}

void link::fail(const std::string& reason, const std::string& code) noexcept {
  if (!lost_.empty()) return;
  rondo::detail::ref<link> self(this);
  end(reason, code);
  if (owner_) std::exchange(owner_, nullptr)->link_lost(*this);
}

void link::end(const std::string& reason, const std::string& code) noexcept {
  lost_ = !last_words_.empty() ? last_words_ : !reason.empty() ? reason : "it was closed";
  const std::string& sqlstate = last_words_.empty() ? code : last_sqlstate_;
  if (watcher_) std::exchange(watcher_, nullptr)->close();
  for (auto* queue : {&sent_, &held_}) {
    while (!queue->empty()) {
      request& r = *queue->front();
      r.unlink();
      --in_flight_;
      std::string cause = "connection lost: " + lost_;
      if (r.sent) cause += "; it may have been executed";
      r.finish(
          make_connection_error(db::detail::statement_text(r.text()), cause, sqlstate, r.text()));
      r.release();
    }
  }
  idle_.set();
  drained_.set();
}

void link::close() noexcept {
  owner_ = nullptr;
  fail("the pool has closed it", "08003");
}

void link::check(const std::string& statement) {
  if (statement.find('\0') != statement.npos)
    throw usage_error("pg: " + db::detail::statement_text(statement) +
                      ": a statement with a zero byte");
}

void link::check(const db::detail::parameters& values, const std::string& statement) {
  using db::detail::kind;
  constexpr std::size_t most = (std::size_t(1) << 30) - 1;  // of one field
  check(statement);
  std::size_t number = 0;
  values.for_each(db::detail::parameters::array_form::braces, [&](const db::detail::value& v) {
    ++number;
    bool text = v.is == kind::text || v.is == kind::array;
    if (text && v.bytes.find('\0') != v.bytes.npos)
      throw db::conversion_error(db::detail::statement_text(statement) + ": parameter " +
                                     std::to_string(number) +
                                     " is text with a zero byte: pass it as bytes",
                                 "22021", statement, "", 0);
    if (v.bytes.size() > most)
      throw db::conversion_error(
          db::detail::statement_text(statement) + ": parameter " + std::to_string(number) +
              " has " + std::to_string(v.bytes.size()) + " bytes: the server takes less than 1 GiB",
          "54000", statement, "", 0);
  });
}

link::arguments link::convert(const db::detail::parameters& values) {
  using db::detail::kind;
  text_.clear();
  values_.clear();
  lengths_.clear();
  formats_.clear();
  places_.clear();
  constexpr auto null = static_cast<std::size_t>(-1);
  values.for_each(db::detail::parameters::array_form::braces, [&](const db::detail::value& v) {
    places_.push_back(v.is == kind::null ? null : text_.size());
    formats_.push_back(v.is == kind::blob);
    std::size_t begin = text_.size();
    char number[32];
    switch (v.is) {
      case kind::null:
        break;
      case kind::boolean:
        text_ += v.boolean ? 't' : 'f';
        break;
      case kind::integer:
        text_.append(number, std::to_chars(number, std::end(number), v.integer).ptr);
        break;
      case kind::real:
        text_.append(number, std::to_chars(number, std::end(number), v.real).ptr);
        break;
      default:
        text_ += v.bytes;
    }
    lengths_.push_back(static_cast<int>(text_.size() - begin));
    text_ += '\0';
  });
  for (std::size_t place : places_)
    values_.push_back(place == null ? nullptr : text_.data() + place);
  return {static_cast<int>(values_.size()), values_.data(), lengths_.data(), formats_.data()};
}

void link::leave_pipeline() {
  if (!lost_.empty()) std::rethrow_exception(make_connection_error("connection", lost_, "08003"));
  if (!PQexitPipelineMode(connection_))
    std::rethrow_exception(
        make_connection_error("connection", message_text(PQerrorMessage(connection_))));
  busy_ = true;
  idle_.clear();
  watch();
}

void link::enter_pipeline() noexcept {
  busy_ = false;
  if (!lost_.empty()) return;
  if (!PQenterPipelineMode(connection_)) return fail(message_text(PQerrorMessage(connection_)));
  watch();
  release_held();
  settled();
}

}}}}  // namespace rondo::v0::pg::detail
