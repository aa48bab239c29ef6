// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <rondo/coro/detail/body.hpp>

namespace rondo { inline namespace v0 { namespace detail {

template <class B>
class [[nodiscard]] shield_operation final : public composite {
 public:
  explicit shield_operation(B&& b) : child_(std::move(b)) {}
  shield_operation(shield_operation&&) = default;

  bool begin() noexcept override {
    child_.set_shielded();
    child_.start_below(*waiter());
    return false;
  }
  void child_done(node&) noexcept override { complete(); }
  typename body<B>::value_type result() { return std::move(child_.result).get(); }
  const char* describe() const noexcept override { return "shield"; }

 private:
  child<B> child_;
};

}}}  // namespace rondo::v0::detail
