// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// NEEDS: rondo::process
// EXPECT: arguments and results of a call in another process are copies
#include <rondo/process/process_pool.hpp>
#include <string>
#include <string_view>

#ifdef BAD
void work(std::string& s) { s += "!"; }
#else
void work(const std::string&) {}
#endif

rondo::task<> body(rondo::process_pool& pool) {
  std::string text = "text";
  co_await pool.call<&work>(text);
}
