// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <source_location>
#include <string>

namespace rondo { inline namespace v0 { namespace detail {

class operation;

/// Where something was taken that must be given back: the coroutine and the line
/// of its co_await. For the report of what is destroyed while it is held; keeps
/// nothing alive.
class acquisition {
 public:
  /// By this operation, which is in flight.
  void note(const operation& by) noexcept;

  /// Ends the program: `a lock was destroyed while it was held (taken in …)`.
  [[noreturn]] void lock_destroyed() const noexcept;
  [[noreturn]] void semaphore_destroyed(std::size_t held) const noexcept;

 private:
  [[noreturn]] void destroyed(std::string what) const noexcept;

  std::source_location coroutine_;
  unsigned line_ = 0;  // 0: not known
};

}}}  // namespace rondo::v0::detail
