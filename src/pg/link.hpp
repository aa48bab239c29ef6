// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include <rondo/coro/task.hpp>
#include <rondo/db/detail/parameters.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/detail/list.hpp>
#include <rondo/loop/time.hpp>
#include <rondo/pg/notice.hpp>
#include <rondo/sync/event.hpp>
#include "io/fd_watcher.hpp"
#include "pg/cancel_request.hpp"
#include "pg/request.hpp"
#include "pg/statement_cache.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

class link;

/// Who has made a connection and hears of it.
class link_owner {
 public:
  /// Everything that was asked of it has been answered.
  virtual void link_idle(link& l) noexcept = 0;
  /// It is closed, for l.lost().
  virtual void link_lost(link& l) noexcept = 0;
  virtual void link_notified(link& l, const PGnotify& n) noexcept = 0;
  virtual void link_cancelled() noexcept = 0;
  virtual void link_noticed(const notice& n) noexcept = 0;

 protected:
  ~link_owner() = default;
};

/// A connection that stands: what is asked of it goes out at once, answers come in the same
/// order, in libpq's pipeline mode. Belongs to its loop's thread.
class link final : public rondo::detail::counted<link> {
 public:
  /// Takes over a connection that has just been made.
  link(PGconn* made, cancel_key key, std::size_t prepared_statements);
  ~link();

  /// From now on somebody hears of it; null: nobody any more.
  void set_owner(link_owner* owner) noexcept { owner_ = owner; }

  PGconn* connection() const noexcept { return connection_; }
  cancel_key key() const noexcept { return key_; }
  statement_cache& statements() noexcept { return statements_; }
  /// Why it is closed; empty: it is not.
  const std::string& lost() const noexcept { return lost_; }
  /// The server process at the other end.
  int server_process() const noexcept { return PQbackendPID(connection_); }

  /// Asks, or lets it wait until a cancellation on its way can hit nobody else.
  void submit(request& r) noexcept;
  /// Everything was answered, and no cancellation is on its way.
  bool idle() const noexcept { return sent_.empty() && held_.empty() && !stopping_ && !busy_; }
  std::size_t in_flight() const noexcept { return in_flight_; }
  /// Waits until it is idle or lost.
  awaitable<void> auto wait_idle() noexcept { return idle_.wait(); }
  bool in_transaction() const noexcept { return PQtransactionStatus(connection_) != PQTRANS_IDLE; }
  /// What its first unanswered request is; empty: there is none.
  std::string working_at() const;

  /// What the server has called a statement that it has executed.
  void executed(std::string_view command, std::string_view sql) noexcept;
  void request_abandoned(request& r) noexcept;
  /// Closes it; everything unanswered ends with that reason.
  void fail(const std::string& reason, const std::string& sqlstate = "08006") noexcept;
  /// Closes it in peace.
  void close() noexcept;

  // For what a request sends: values in the form in which libpq takes them.
  struct arguments {
    int count;
    const char* const* values;
    const int* lengths;
    const int* formats;
  };
  arguments convert(const db::detail::parameters& values);
  /// Throws conversion_error for what the server would not take, or libpq not send whole.
  static void check(const db::detail::parameters& values, const std::string& statement);
  /// Throws usage_error for a text that libpq would not send whole.
  static void check(const std::string& statement);

  /// Reads no more for a while: what comes stays in the kernel, and the server waits.
  void pause_reading(bool paused) noexcept;

  // Out of pipeline mode, for COPY and scripts. Who does this uses connection() by himself, and
  // waits for its socket; what others ask waits.
  /// The link must be idle. Throws connection_error.
  void leave_pipeline();
  /// Everything must have been answered.
  void enter_pipeline() noexcept;

  time_point made;  ///< when
  time_point idle_since;
  // The owner's notes.
  int leases = 0;
  bool exclusive = false;
  bool cleaning = false;
  /// Its session has something that its next user must not find: a SET, a lock, a table.
  bool session_changed = false;
  bool listening = false;
  std::vector<std::string> settings;  ///< what it was told at its beginning
  std::string holder;                 ///< who has it for himself, and where
  time_point lent_at;

 private:
  static void noticed(void* self, const PGresult* notice) noexcept;
  void ready(unsigned events) noexcept;
  void read_answers() noexcept;
  void watch() noexcept;
  void send_now(request& r) noexcept;
  void consider_stopping() noexcept;
  void end(const std::string& reason, const std::string& sqlstate) noexcept;
  void deallocate_dropped() noexcept;
  void flush() noexcept;
  bool must_hold() const noexcept;
  void release_held() noexcept;
  void settled() noexcept;
  static task<> stop(rondo::detail::ref<link> l);

  PGconn* connection_;
  rondo::detail::fd_watcher* watcher_ = nullptr;
  link_owner* owner_ = nullptr;
  cancel_key key_;
  statement_cache statements_;
  rondo::detail::list<request> sent_;  // answered in this order
  rondo::detail::list<request> held_;  // until stopping_ is over
  std::size_t in_flight_ = 0;
  event idle_;
  event drained_;  // sent_ is empty
  struct stop_entry : rondo::detail::entry {
    link* who = nullptr;
  };
  stop_entry stop_soon_;
  std::string last_words_;  // the server's, before it closed
  std::string last_sqlstate_;
  std::string lost_;
  bool any_abandoned_ = false;
  bool stopping_ = false;
  bool busy_ = false;  // outside of pipeline mode
  bool flushing_ = false;
  bool paused_ = false;
  bool reading_ = false;
  bool deallocating_ = false;

  std::string text_;  // of the arguments, each with its zero
  std::vector<const char*> values_;
  std::vector<int> lengths_, formats_;
  std::vector<std::size_t> places_;
};

}}}}  // namespace rondo::v0::pg::detail
