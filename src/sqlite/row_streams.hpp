// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <rondo/db/detail/row_source.hpp>
#include "sqlite/scope.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// On a reader that does nothing else meanwhile; of the writer alone all rows at once, so that
/// others are not kept waiting by who looks at them.
rondo::detail::ref<db::detail::row_source> stream_rows(rondo::detail::ref<core> c, std::string sql,
                                                       db::detail::parameters values);
/// Within a transaction.
rondo::detail::ref<db::detail::row_source> stream_rows(rondo::detail::ref<scope> s, std::string sql,
                                                       db::detail::parameters values);

}}}}  // namespace rondo::v0::sqlite::detail
