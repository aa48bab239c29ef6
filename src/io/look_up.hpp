// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ares.h>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <rondo/detail/counted.hpp>
#include <rondo/detail/list.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/io/resolve.hpp>
#include <rondo/loop/loop.hpp>
#include "io/dns_channel.hpp"
#include "io/fd_watcher.hpp"

namespace rondo { inline namespace v0 { namespace detail {

/// "resolve NAME: …"
std::system_error dns_failure(int status, std::string name);

class look_up;

/// The look-ups of one loop.
class resolver {
 public:
  explicit resolver(loop& l) noexcept : owner(l) {}
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// The one of this question that is on, or a new one.
  ref<look_up> find_or_make(const endpoint& address, const std::string& name, int family);
  /// Begins those whose turn has come.
  void begin_waiting() noexcept;

  loop& owner;
  std::string servers;
  dns_options how;
  unsigned running = 0;
  bool beginning = false;
  std::unordered_map<std::string, look_up*> by_key;
  list<look_up> waiting;
};

/// One wait for a look-up.
class look_up_operation final : public operation, public list_link<look_up_operation> {
 public:
  look_up_operation(const endpoint& address, const std::string& name, int family);
  bool begin() noexcept override;
  bool cancel() noexcept override;
  const look_up& result() const;
  const char* describe() const noexcept override { return "resolve"; }
  std::string detail() const override;

 private:
  ref<look_up> look_up_;
};

/// One question: its c-ares channel, whose sockets the loop watches, and who waits
/// for the answer. A channel for each question and not one for all: c-ares (1.18)
/// can end only all queries of a channel; and each new one reads resolv.conf anew.
/// It costs 24 µs, less than the packet.
///
/// Counted by its waiters; the answer outlives the query. Allocations that fail in
/// a callback must not throw through c-ares: they are remembered in status.
class look_up : public counted<look_up>, public list_link<look_up> {
 public:
  look_up(resolver& r, std::string key, const endpoint& address, std::string name, int family)
      : owner_(r),
        key_(std::move(key)),
        address_(address),
        name_(std::move(name)),
        family_(family) {}

  /// Nobody waits any more: the question is dropped, wherever it is.
  void last_reference_gone() noexcept;
  resolver& owner() const noexcept { return owner_; }
  const std::string& name() const noexcept { return name_; }

  bool done() const noexcept { return done_; }
  int status() const noexcept { return status_; }
  const std::vector<endpoint>& addresses() const noexcept { return addresses_; }
  const std::string& host() const noexcept { return host_; }

  void add(look_up_operation& w) noexcept { waiters_.push_back(w); }

  /// Begins the query.
  void ask() noexcept;

 private:
  ~look_up() = default;

  static void answered(void* argument, int status, int, ares_addrinfo* info) noexcept;
  static void named(void* argument, int status, int, char* node, char*) noexcept;
  static void socket_changed(void* argument, ares_socket_t fd, int read, int write) noexcept;
  void watch(ares_socket_t fd, unsigned events);
  // After every call of c-ares: ends, or waits for its next time-out. May end this
  // object's channel, so never from inside of c-ares.
  void go_on() noexcept;
  // Ends the query, if it has begun, and tells those who wait. Allocates nothing.
  void finish(int status) noexcept;

  resolver& owner_;
  const std::string key_;
  const endpoint address_;  // to be named; empty: a name is looked up
  const std::string name_;
  const int family_;
  dns_channel channel_;
  std::vector<fd_watcher*> watchers_;
  scheduled timer_;
  std::int64_t deadline_ = 0;
  list<look_up_operation> waiters_;
  bool begun_ = false;
  bool answered_ = false;
  bool out_of_memory_ = false;
  bool done_ = false;
  int status_ = ARES_SUCCESS;
  std::vector<endpoint> addresses_;
  std::string host_;
};

}}}  // namespace rondo::v0::detail
