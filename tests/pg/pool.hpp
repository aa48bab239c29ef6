// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

#include <rondo/pg.hpp>
#include <rondo/rondo.hpp>

#include "support/postgres.hpp"

namespace test {

/// Runs body with a pool of the tests' server.
template <class F>
void with_pool(F body, rondo::pg::pool_options options = {},
               std::string conninfo = postgres::instance().url()) {
  auto main = [&]() -> rondo::task<> {
    rondo::pg::pool pool(conninfo, options);
    co_await body(pool);
    co_await pool.close();
  };
  rondo::run(main());
}

/// The SQLSTATE and the text of what it throws.
template <class T>
rondo::task<std::string> refusal(rondo::task<T> asked) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(asked);
    } else {
      [[maybe_unused]] T given = co_await std::move(asked);
    }
  } catch (const rondo::db::error& e) {
    co_return e.sqlstate() + " " + e.what();
  } catch (const std::exception& e) {
    co_return e.what();
  }
  co_return "no error";
}

}  // namespace test
