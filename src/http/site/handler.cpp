// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/site/detail/handler.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

task<reply> plain_handler::operator()(request& r) { co_return function(r); }

}}}  // namespace rondo::v0::http::detail
