// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/body.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/loop/detail/timer_queue.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// One child with a deadline.
class deadline_base : public composite, protected timer {
 public:
  const char* describe() const noexcept override { return "wait_for"; }
  std::string detail() const override;

 protected:
  deadline_base(std::int64_t when, bool absolute, bool throws) noexcept
      : when_(when), absolute_(absolute), throws_(throws) {}
  deadline_base(deadline_base&&) = default;
  ~deadline_base() = default;

  void begin_child(node& child) noexcept;
  void end_child(bool cancelled) noexcept;
  bool timed_out() const noexcept { return timed_out_; }
  [[noreturn]] void throw_timeout();
  virtual node& timed_child() noexcept = 0;

 private:
  static void expired(timer& t) noexcept;
  void time_is_up() noexcept;
  std::string text(const std::string& child) const;
  std::int64_t when_;
  bool absolute_;
  bool throws_;
  bool timed_out_ = false;
};

template <class B, bool Throws>
class [[nodiscard]] deadline_operation final : public deadline_base {
  using value_type = typename body<B>::value_type;

 public:
  deadline_operation(B&& b, std::int64_t when, bool absolute)
      : deadline_base(when, absolute, Throws), child_(std::move(b)) {}
  deadline_operation(deadline_operation&&) = default;

  bool begin() noexcept override {
    begin_child(child_);
    return false;
  }
  void child_done(node&) noexcept override { end_child(child_.result.cancelled()); }

  std::conditional_t<Throws, value_type, std::optional<element_t<value_type>>> result() {
    if (timed_out() && child_.result.cancelled()) {
      if constexpr (Throws) {
        throw_timeout();
      } else {
        return std::nullopt;
      }
    }
    if constexpr (Throws) {
      return std::move(child_.result).get();
    } else {
      return std::optional<element_t<value_type>>(std::move(child_.result).value());
    }
  }

 private:
  node& timed_child() noexcept override { return child_; }
  child<B> child_;
};

}}}  // namespace rondo::v0::detail
