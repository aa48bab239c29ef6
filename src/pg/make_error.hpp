// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

#include <libpq-fe.h>

#include <rondo/pg/error.hpp>

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// The error that a result is, of this statement; what: in place of the statement, where it is
/// about more ("row 5 of insert into t …").
std::exception_ptr make_error(const PGresult* result, const std::string& statement,
                              const std::string& what = {}) noexcept;
/// The connection is gone, or cannot be had.
std::exception_ptr make_connection_error(const std::string& what, const std::string& cause,
                                         const std::string& sqlstate = "08006",
                                         const std::string& statement = {}) noexcept;
/// libpq's text on one line.
std::string message_text(const char* libpq);

}}}}  // namespace rondo::v0::pg::detail
