// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace rondo { inline namespace v0 {

class loop;
namespace detail {
struct scheduled_call;
}  // namespace detail

/// What `call_later` and `call_at` return: a call that can be taken back. Belongs to
/// the loop's thread; destroyed elsewhere before the call is made, it ends the
/// program with a message.
class scheduled {
 public:
  scheduled() noexcept = default;
  scheduled(scheduled&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  scheduled& operator=(scheduled&& other) noexcept {
    std::swap(call_, other.call_);
    return *this;
  }
  ~scheduled();
  /// Takes the call back if it has not been made yet. Throws usage_error on another
  /// thread than its loop's.
  void cancel();

 private:
  friend class loop;
  explicit scheduled(detail::scheduled_call* call) noexcept : call_(call) {}
  detail::scheduled_call* call_ = nullptr;
};

}}  // namespace rondo::v0
