// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

namespace rondo { inline namespace v0 { namespace detail {

/// What was said when something was cancelled. All that was cancelled with it, and
/// the outcomes that tell of it, share one text, on whatever threads they are.
class cancel_reason {
 public:
  /// None was given.
  cancel_reason() noexcept = default;
  /// None either when there is no memory for it: cancelling does not fail.
  explicit cancel_reason(std::string_view message) noexcept {
    if (!message.empty()) keep(message);
  }
  cancel_reason(const cancel_reason& other) noexcept : text_(other.text_) {
    if (text_) [[unlikely]]
      share();
  }
  cancel_reason(cancel_reason&& other) noexcept : text_(std::exchange(other.text_, nullptr)) {}
  cancel_reason& operator=(cancel_reason other) noexcept {
    std::swap(text_, other.text_);
    return *this;
  }
  ~cancel_reason() {
    if (text_) [[unlikely]]
      give_back();
  }

  explicit operator bool() const noexcept { return text_ != nullptr; }
  /// Empty if none was given.
  std::string_view message() const noexcept;
  /// Throws cancelled_error with the message.
  [[noreturn]] void raise() const;

 private:
  struct shared_text;
  void keep(std::string_view message) noexcept;
  void share() const noexcept;
  void give_back() noexcept;
  shared_text* text_ = nullptr;
};

}}}  // namespace rondo::v0::detail
