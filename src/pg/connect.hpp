// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <libpq-fe.h>

#include <rondo/coro/task.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/pg/pool_options.hpp>
#include "pg/link.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// What a conninfo says: "host=db1,db2 dbname=shop" or "postgres://user@db/shop".
struct target {
  /// Throws usage_error for what cannot be understood.
  explicit target(const std::string& conninfo);

  struct host {
    std::string name;     // or the folder of a Unix socket
    std::string address;  // hostaddr; empty: name is asked for
    std::string port;
  };
  std::vector<host> hosts;  // in the order in which they are tried
  std::vector<std::pair<std::string, std::string>> rest;
  /// target_session_attrs: "any", "read-write", …
  std::string role = "any";
  /// Says where to, without secrets: "app@db:5432/shop".
  std::string text;
};

/// Connects to the first host that answers and has the wanted role; names are asked for
/// afresh. Throws connection_error, with what each has said. Cancelling it leaves no socket.
task<rondo::detail::ref<link>> connect(const target& to, const pool_options& options);

}}}}  // namespace rondo::v0::pg::detail
