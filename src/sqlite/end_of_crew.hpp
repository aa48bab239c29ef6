// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/outside.hpp>
#include "sqlite/crew.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// Waits until the threads of a crew that was closed have ended.
class [[nodiscard]] end_of_crew final : public rondo::detail::operation {
 public:
  explicit end_of_crew(crew& of) noexcept : crew_(of) {}
  end_of_crew(end_of_crew&&) noexcept = default;

  bool begin() noexcept override {
    end_.hold(*this, rondo::detail::outside::by::thread);
    if (!crew_.wait_for_end(end_)) return false;
    end_.withdraw();
    return true;
  }
  bool cancel() noexcept override {
    if (!crew_.forget(end_)) return false;
    end_.withdraw();
    return true;
  }
  void result() const noexcept {}
  const char* describe() const noexcept override { return "sqlite close"; }

 private:
  rondo::detail::outside_waiter end_;
  crew& crew_;
};

}}}}  // namespace rondo::v0::sqlite::detail
