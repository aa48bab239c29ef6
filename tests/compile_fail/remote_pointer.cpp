// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// NEEDS: rondo::process
// EXPECT: a pointer means nothing in another process
#include <rondo/process/process_pool.hpp>
#include <string>
#include <string_view>

#ifdef BAD
int work(const char* s) { return *s; }
#else
int work(const std::string& s) { return static_cast<int>(s.size()); }
#endif

rondo::task<> body(rondo::process_pool& pool) {
  std::string text = "text";
  co_await pool.call<&work>(text.c_str());
}
