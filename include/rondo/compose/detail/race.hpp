// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

#include <rondo/compose/detail/gather.hpp>

namespace rondo { inline namespace v0 { namespace detail {

template <class... B>
class [[nodiscard]] race_operation final : public gather_base {
 public:
  explicit race_operation(B&&... bodies) : children_(std::move(bodies)...) {}
  race_operation(race_operation&&) = default;

  bool begin() noexcept override { return children_.start_below(*waiter()); }
  void child_done(node& done) noexcept override {
    if (!children_.ended(done, [this](auto& c) { this->child_ended(c); })) return;
    if (won_) {
      complete();  // also when a cancellation has reached the losers first
    } else {
      finish();
    }
  }
  std::tuple<std::optional<element_t<typename body<B>::value_type>>...> result() {
    // What has completed is not lost to a failure beside it: that is reported.
    if (won_) {
      report_failure("a task of a race failed beside one that completed");
    } else {
      check();
    }
    return children_.results([](auto& o) { return optional_value(o); });
  }
  const char* describe() const noexcept override { return "race"; }

 private:
  template <class C>
  void child_ended(C& c) noexcept {
    note(c.result.cancelled() && !won_, c.result.exception(), &c);
    if (c.result.has_value() && !won_) {
      won_ = true;
      waiter()->cancel_children();
    }
  }
  template <class T>
  static std::optional<element_t<T>> optional_value(outcome<T>& o) {
    if (!o.has_value()) return std::nullopt;
    return std::optional<element_t<T>>(std::move(o).value());
  }

  children<B...> children_;
  bool won_ = false;
};

}}}  // namespace rondo::v0::detail
