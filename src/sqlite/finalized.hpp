// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// A statement that is used once.
struct finalized {
  sqlite3_stmt* handle = nullptr;
  finalized() = default;
  finalized(const finalized&) = delete;
  finalized& operator=(const finalized&) = delete;
  ~finalized() { sqlite3_finalize(handle); }
};

}}}}  // namespace rondo::v0::sqlite::detail
