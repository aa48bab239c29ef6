// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <libpq-fe.h>

#include <rondo/coro/task.hpp>
#include <rondo/detail/counted.hpp>
#include "pg/link.hpp"
#include "pg/pool_core.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// A connection outside of pipeline mode, for what libpq does not do in it: COPY, and several
/// statements in one text. Left before its end, it ends what it has begun in the background and
/// only then lets others go on.
class plain_mode {
 public:
  plain_mode(pool_core& pool, link& l) noexcept : pool_(&pool), link_(&l) {}
  plain_mode(const plain_mode&) = delete;
  plain_mode& operator=(const plain_mode&) = delete;
  ~plain_mode();

  /// Waits until the connection is idle. Throws connection_error. Cancelling it changes nothing.
  task<> begin();
  /// Throws connection_error.
  void send(const std::string& sql);
  /// The next result, which is the caller's; null: that was the last. Throws connection_error.
  task<PGresult*> next();
  /// Sends what COPY IN takes. Throws connection_error.
  task<> put(std::string_view bytes);
  /// Ends a COPY IN; why: it is to fail. Throws connection_error.
  task<> put_end(const char* why = nullptr);
  /// A piece of what COPY OUT gives; empty: that was the last. Throws connection_error.
  task<std::string> get();
  /// Everything was answered.
  void end() noexcept;

 private:
  task<> flush();
  task<> wait_for_input();
  [[noreturn]] void lost();
  static task<> wind_up(rondo::detail::ref<link> l);

  rondo::detail::ref<pool_core> pool_;
  rondo::detail::ref<link> link_;
  bool active_ = false;
};

}}}}  // namespace rondo::v0::pg::detail
