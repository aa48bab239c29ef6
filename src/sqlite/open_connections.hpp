// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// The number of connections that this process has open. SQLite keeps in the process's memory
/// what it has locked, and a child of fork has that memory but not the locks: a connection that it
/// opened to one of its parent's files would take itself for protected, and damage it.
/// Thread safe.
class open_connections {
 public:
  /// False: this is a child of fork, and its parent had some open.
  static bool add() noexcept;
  static void remove() noexcept;
};

}}}}  // namespace rondo::v0::sqlite::detail
