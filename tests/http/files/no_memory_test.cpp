// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Each allocation fails once: the error reaches the caller, and no fd is left.
#include <rondo/testing/replace_new.hpp>

#include "support/site.hpp"

namespace http = rondo::http;

namespace {

#if RONDO_ALLOCATIONS_CAN_FAIL

using rondo::task;

/// Runs call(request) until none of its allocations fails any more.
template <class Call>
void with_each_allocation_failing(std::string target, Call call) {
  http::request r;
  r.method = "GET";
  r.target = std::move(target);
  r.headers.add("Accept-Encoding", "gzip");
  test::run([&]() -> task<> {
    co_await call(r);  // threads and what is kept begin here
    std::size_t before = test::open_fds();
    long n = 0;
    for (;; ++n) {
      bool threw = false, failed = false;
      {
        rondo::testing::failing_allocation fail(n);
        try {
          co_await call(r);
        } catch (const std::bad_alloc&) {
          threw = true;
        }
        failed = fail.has_failed();
      }
      EXPECT_EQ(test::open_fds(), before) << "allocation " << n;
      if (!failed) break;
      EXPECT_TRUE(threw) << "allocation " << n << " failed, and nobody was told";
    }
    EXPECT_GT(n, 0) << "no allocation was reached";
  });
}

TEST(no_memory, files) {
  test::folder f;
  f.write("small", "text");
  f.write("large", test::pattern(300'000));
  f.write("packed.js", "text");
  f.write("packed.js.gz", "packed");
  std::filesystem::create_directories(f / "directory");
  http::file_options options;
  options.listing = true;
  options.precompressed = true;
  http::files handle(f.path(), options);
  for (const char* target : {"/small", "/large", "/packed.js", "/directory", "/none"})
    with_each_allocation_failing(target, [&](http::request& r) -> task<> { co_await handle(r); });
  std::string path = f / "large";
  with_each_allocation_failing(
      "/", [&](http::request& r) -> task<> { co_await http::file_reply(r, path); });
}

TEST(no_memory, gzip) {
  http::router site;
  site.use(http::gzip());
  site.get("/", [](http::request&) -> http::reply { return std::string(5000, 'x'); });
  with_each_allocation_failing("/", [&](http::request& r) -> task<> { co_await site(r); });
}

#endif

}  // namespace
