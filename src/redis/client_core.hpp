// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <rondo/coro/detail/home_loop.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/coro/task_handle.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/detail/list.hpp>
#include <rondo/loop/detail/timer_queue.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/redis/client_options.hpp>
#include <rondo/redis/detail/request.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/semaphore.hpp>
#include "redis/answer_row.hpp"
#include "redis/settings.hpp"
#include "redis/wire.hpp"

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

class output_wait;

/// What ends with its client: a subscription, an extra connection that is lent out.
class dependent : public rondo::detail::list_link<dependent> {
 public:
  virtual void client_closed() noexcept = 0;

 protected:
  dependent() = default;
  ~dependent() = default;
};

/// What a client is made of: the shared connection, which a task of the loop's keeps up, the
/// calls on it, and the extra connections that are not lent out. Counted: by the client, its
/// tasks, and by whoever uses it.
///
/// Calls of one turn are appended to one buffer; the writing task, woken by the first of
/// them, comes after them in the loop's queue, and so sends all with one write.
///
/// A call is not sent as long as its bytes are in unsent_: what is known to be unsent when a
/// connection ends waits for the next one. What was sent fails, unless it may run twice.
class client_core : public rondo::detail::counted<client_core> {
 public:
  explicit client_core(settings its);

  /// Starts the task that keeps the shared connection. Throws usage_error without a loop.
  void start();
  /// Waits for the end of the first attempt to connect, and throws its error. Cancelling it
  /// takes effect at once.
  task<> first_attempt();
  /// Ends everything: calls fail. Does not wait.
  void shut_down() noexcept;
  /// Waits until its task has ended. Throws nothing. Cancelling it takes effect at once.
  task<> ended();
  client_statistics statistics() const;

  // For calls:
  /// True: it has ended already.
  bool submit(request& r) noexcept;
  /// Its task is cancelled, or its time is up.
  void leave(request& r) noexcept;
  bool here() noexcept { return home_.here(); }
  [[noreturn]] void throw_failure(const request& r) const;

  /// On the loop's clock.
  std::int64_t now() const noexcept;

  // For what needs connections of its own:
  const settings its;
  bool closed() const noexcept { return closed_; }
  semaphore extra_permits;
  /// A connection that nobody uses, or null.
  std::unique_ptr<wire> take_idle();
  void keep_idle(std::unique_ptr<wire> w) noexcept;
  std::size_t lent = 0;
  rondo::detail::list<dependent> dependents;
  /// The pause before the nth attempt to connect after a failure.
  delay pause(unsigned attempt);

 private:
  friend counted;
  friend output_wait;
  ~client_core();

  static task<> keep_connected(rondo::detail::ref<client_core> self);
  task<> serve(wire& w);
  task<> read_replies(wire& w);
  task<> write_commands(wire& w);
  void connected(wire& w) noexcept;
  void disconnected() noexcept;
  task<> until_it_fails(task<> half);
  void note_error(const char* what) noexcept;
  void note_end(const char* why) noexcept;
  class connection_guard;

  enum class admission : unsigned char { sent, waits, failed };
  admission admit(request& r) noexcept;
  bool has_room(const request& r) const noexcept;
  bool is_sent(const request& r) const noexcept;
  /// False: it has ended, for want of memory.
  bool enqueue(request& r) noexcept;
  /// The same, for r.
  bool ask_for_transactions(request& r) noexcept;
  void take_permission(reply& r, const wire& w);
  /// Entries for what was appended to unsent_.
  void appended(std::size_t commands, request* r) noexcept;
  void admit_waiting() noexcept;
  void take_replies(wire& w);
  void finish(request& r, request::ending how) noexcept;
  void arm_deadline(request& r) noexcept;
  void disarm(request& r) noexcept;
  void watch_silence() noexcept;
  void silent_too_long() noexcept;
  std::int64_t turn_time() noexcept;

  rondo::detail::home_loop home_;
  loop* loop_ = nullptr;
  task_handle<> keeper_;
  bool closed_ = false;

  wire* wire_ = nullptr;  // while there is a connection
  std::string unsent_;    // what this turn's calls have appended
  std::string sending_;
  std::uint64_t first_unsent_ = 0;  // entries from here on are in unsent_
  answer_row row_;
  rondo::detail::list<request> waiting_;
  std::size_t waiting_count_ = 0;
  output_wait* writer_ = nullptr;  // when it waits
  // Whether transactions are possible on this connection. A server that forbids its user MULTI
  // would run a transaction's commands one by one, so the first asks by an empty one, and all
  // calls behind it wait for the answers: some servers stay within a transaction whose EXEC
  // they refuse.
  enum class transactions : unsigned char { unknown, asked, allowed };
  transactions transactions_ = transactions::unknown;
  std::uint64_t asked_at_ = 0;  // the entries of the empty one
  std::string multi_refused_;   // why
  std::int64_t turn_time_ = 0;  // while it has been woken and has not run

  struct silence_timer : rondo::detail::timer {
    client_core* owner = nullptr;
  };
  silence_timer silence_;
  std::int64_t last_sign_ = 0;  // of life, or when there began to be something to answer
  std::string ended_because_;   // the present connection
  bool violated_ = false;       // it was: by what it sent

  event attempted_;
  std::exception_ptr first_failure_;
  unsigned attempts_ = 0;  // failed ones, since it was connected last
  std::int64_t last_failure_at_ = 0;
  std::string last_error_;
  std::uint64_t commands_ = 0;
  std::uint64_t connects_ = 0;
  std::uint64_t unheard_ = 0;

  struct idle_wire {
    std::unique_ptr<wire> w;
    std::int64_t since;
  };
  std::vector<idle_wire> idle_;
};

}}}}  // namespace rondo::v0::redis::detail
