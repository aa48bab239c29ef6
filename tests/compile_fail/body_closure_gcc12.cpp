// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: GNU-12
// NEEDS: rondo::http_client
// EXPECT: name the lambda first and pass it by its name
#include <memory>
#include <string>

#include <rondo/http/client.hpp>

rondo::task<> body(rondo::http::session& session) {
  auto p = std::make_shared<std::string>("text");
#ifdef BAD
  co_await session.post("http://host/", [p]() -> rondo::http::body::pieces { co_yield *p; });
#else
  auto pieces = [p]() -> rondo::http::body::pieces { co_yield *p; };
  co_await session.post("http://host/", pieces);
#endif
}
