// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace rondo { inline namespace v0 { namespace db { namespace detail {

/// A statement as errors name it: on one line, the beginning of a long one.
std::string statement_text(std::string_view sql);

/// Bytes that came from a peer, for an error's text: in quotes, on one line, the beginning.
std::string quoted_text(std::string_view bytes);

}}}}  // namespace rondo::v0::db::detail
