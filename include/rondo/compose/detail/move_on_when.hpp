// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <rondo/coro/detail/body.hpp>
#include <rondo/coro/detail/outside.hpp>
#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// One child that a std::stop_token cancels, from whatever thread.
///
/// The stop callback posts one entry to the loop, which cancels the child there.
/// The operation must not end while that entry is on its way: so the end of the
/// child takes the callback back, which waits for one that runs at this moment,
/// and if it has posted, the entry's arrival ends the operation.
class stoppable_base : public composite {
 public:
  const char* describe() const noexcept override { return "move_on_when"; }

 protected:
  explicit stoppable_base(std::stop_token token) noexcept : token_(std::move(token)) {}
  stoppable_base(stoppable_base&& other) noexcept
      : composite(std::move(other)), token_(std::move(other.token_)) {}
  ~stoppable_base() = default;

  void begin_child(node& child) noexcept;
  void end_child(bool cancelled) noexcept;
  bool requested() const noexcept { return requested_; }

 private:
  struct on_stop {
    stoppable_base* op;
    void operator()() const noexcept;
  };
  static void arrived(operation& op) noexcept;
  void finish() noexcept;

  std::stop_token token_;
  std::optional<std::stop_callback<on_stop>> callback_;
  outside stop_;
  node* child_ = nullptr;  // null once it has ended
  bool posted_ = false;    // changed atomically, by the thread that requests the stop
  bool requested_ = false;
  bool child_cancelled_ = false;
};

template <class B>
class [[nodiscard]] stoppable_operation final : public stoppable_base {
  using value_type = typename body<B>::value_type;

 public:
  stoppable_operation(B&& b, std::stop_token token)
      : stoppable_base(std::move(token)), child_(std::move(b)) {}
  stoppable_operation(stoppable_operation&&) = default;

  bool begin() noexcept override {
    begin_child(child_);
    return false;
  }
  void child_done(node&) noexcept override { end_child(child_.result.cancelled()); }
  std::optional<element_t<value_type>> result() {
    if (child_.result.cancelled() && requested()) return std::nullopt;
    return std::optional<element_t<value_type>>(std::move(child_.result).value());
  }

 private:
  child<B> child_;
};

}}}  // namespace rondo::v0::detail
