// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/node.hpp>
#include <rondo/detail/unique_function.hpp>

namespace rondo { inline namespace v0 {

class loop;
namespace detail {
class loop_link;
}  // namespace detail

/// A counted reference to a loop that any thread may hold; calls through it fail
/// cleanly once the loop is gone. While one exists the loop does not take itself
/// for deadlocked.
class loop_ref {
 public:
  loop_ref() noexcept = default;
  loop_ref(const loop_ref& other) noexcept;
  loop_ref(loop_ref&& other) noexcept : link_(std::exchange(other.link_, nullptr)) {}
  loop_ref& operator=(loop_ref other) noexcept {
    std::swap(link_, other.link_);
    return *this;
  }
  ~loop_ref();

  explicit operator bool() const noexcept { return link_ != nullptr; }

  /// Calls f soon, on the loop's thread. False, and f is destroyed uncalled, when
  /// the loop has closed. Thread safe.
  template <class F>
    requires std::is_invocable_v<std::decay_t<F>&>
  bool call_soon_threadsafe(F&& f,
                            std::source_location where = std::source_location::current()) const {
    return post(detail::unique_function<void()>(std::forward<F>(f)),
                {where.file_name(), where.line()});
  }

 private:
  friend class loop;
  explicit loop_ref(detail::loop_link* link) noexcept;
  bool post(detail::unique_function<void()> f, detail::code_place where) const;
  detail::loop_link* link_ = nullptr;
};

}}  // namespace rondo::v0
