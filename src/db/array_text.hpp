// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <rondo/db/detail/value.hpp>
#include <rondo/detail/unique_function.hpp>

namespace rondo { inline namespace v0 { namespace db { namespace detail {

/// The value that a database writes as this text. A text that is none of the kind stays text,
/// so that whoever reads it says what it is.
value value_of_text(kind is, std::string_view text) noexcept;

/// Calls f with each element of an array as PostgreSQL writes it ("{1,2,NULL}", "{{1},{2}}",
/// "[0:1]={a,\"b c\"}"); what it is given is valid during the call. False: it is none; f may
/// have been called then.
bool for_each_element(std::string_view array, kind element,
                      rondo::detail::unique_function<void(const value&)>& f);

}}}}  // namespace rondo::v0::db::detail
