// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <rondo/coro/detail/outside.hpp>
#include <rondo/detail/list.hpp>
#include "coro/fork.hpp"
#include "loop/loop_link.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/request.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// Connections that do the same, a thread each, and what they have to do, first come first
/// served: the readers of a database, or its writer. Threads are started, and connections
/// opened, when they are first needed. All of it is thread safe, and never waits but in join.
///
/// A request with a lease keeps its connection for what belongs to the lease: from there on
/// that does nothing else, until the lease ends. The line of those who want a connection for
/// themselves is so the same as that of all others.
///
/// Tasks that each hold a connection and want one more would wait for each other. So the
/// requests of those who hold more come first, and for those who hold n or more there is a
/// spare, a connection beyond the limit, started when they find nobody free. One for each n is
/// enough: whoever has it finds the next one, and so comes to an end.
///
/// A child of fork has none of the threads, and perhaps finds the lock held: there it refuses
/// everything, and is left as it is.
class crew {
 public:
  crew(std::shared_ptr<settings> s, connection::role role, std::size_t most);
  crew(const crew&) = delete;
  crew& operator=(const crew&) = delete;
  ~crew();

  /// Throws usage_error when it has been closed or is of the parent process, std::system_error when
  /// there is no thread and none can be started.
  void submit(request& r);
  /// The same for what cannot fail: its lease has a thread. False: it has been ended.
  bool submit_to_lease(request& r) noexcept;
  /// Takes a request back that no thread has begun.
  bool withdraw(request& r) noexcept;
  /// Tells who runs it that nobody wants it any more.
  void stop(request& r) noexcept;

  std::size_t limit() const noexcept { return most_; }
  /// This is a child of the process that has made it.
  bool of_parent() const noexcept { return forks_ != rondo::detail::fork_count(); }

  /// Accepts nothing more but for leases. The threads end when all is done and no lease is
  /// left; end_now: without waiting for leases.
  void close(bool end_now) noexcept;
  /// Ends this, without waiting for leases, and `last` when the threads of this have ended.
  /// `last` must not be destroyed before this.
  void close_before(crew& last) noexcept;
  /// True: all have ended. False: `all_ended` arrives when they have.
  bool wait_for_end(rondo::detail::outside_waiter& all_ended) noexcept;
  /// True: it will not arrive.
  bool forget(rondo::detail::outside_waiter& all_ended) noexcept;
  bool ended() const noexcept;
  /// Waits for the threads. close comes first.
  void join() noexcept;

 private:
  class member;

  void serve(member& m) noexcept;
  request* take(member& m) noexcept;
  /// level 0: one of those that the limit counts; n: the spare of those who hold n or more.
  void start_member(std::size_t level);
  bool has_spare(std::size_t level) const noexcept;
  void call_spares() noexcept;
  void wake_for_queue(std::unique_lock<std::mutex>& lock) noexcept;

  const std::shared_ptr<settings> settings_;
  const connection::role role_;
  const std::size_t most_;
  const unsigned forks_ = rondo::detail::fork_count();
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<member>> members_;
  std::vector<rondo::detail::list<request>> queues_;  // by how many connections they hold
  std::size_t queued_ = 0;
  std::size_t of_holders_ = 0;  // of these, in others than the first queue
  std::size_t ordinary_ = 0;    // members that are no spares
  std::size_t looking_ = 0;  // ordinary members that will look into the queue without being called
  std::size_t alive_ = 0;
  member* idle_ = nullptr;  // last in, first out
  bool closed_ = false;
  bool end_now_ = false;
  crew* closed_behind_ = nullptr;
  rondo::detail::list<rondo::detail::outside_waiter> waiting_for_end_;
};

/// The right to a connection of a crew. Given back, it is the request that ends it; belongs
/// to the loop until then.
class lease final : public detached_request {
 public:
  explicit lease(crew& of) noexcept : detached_request(this), crew_(of) {}
  void run(connection& c) noexcept override { c.end_lease(); }

  crew& of() const noexcept { return crew_; }
  /// Seen from the loop when nothing of it is under way.
  bool held() const noexcept { return at_ != nullptr; }

 private:
  friend class crew;
  crew& crew_;
  void* at_ = nullptr;  // the member; the crew's lock guards it
};

/// Ends it, or its never having begun.
struct give_back_lease {
  void operator()(lease* l) const noexcept {
    if (!l->held() || !l->of().submit_to_lease(*l)) delete l;
  }
};
using lease_ptr = std::unique_ptr<lease, give_back_lease>;

}}}}  // namespace rondo::v0::sqlite::detail
