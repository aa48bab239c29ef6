// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// NEEDS: rondo::process
// EXPECT: a view means nothing in another process
#include <rondo/process/process_pool.hpp>
#include <string>
#include <string_view>

#ifdef BAD
int work(std::string_view s) { return static_cast<int>(s.size()); }
#else
int work(std::string s) { return static_cast<int>(s.size()); }
#endif

rondo::task<> body(rondo::process_pool& pool) {
  std::string text = "text";
  co_await pool.call<&work>(text);
}
