// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// NEEDS: rondo::http_server
// EXPECT: a handler takes http::request& (or nothing) and returns a reply, a text
#include <rondo/http/site/router.hpp>

void add(rondo::http::router& site) {
#ifdef BAD
  site.get("/", [](rondo::http::request&) { return 5; });
#else
  site.get("/", [](rondo::http::request&) { return "5"; });
#endif
}
