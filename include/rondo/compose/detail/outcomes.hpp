// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <tuple>
#include <utility>
#include <vector>

#include <rondo/compose/detail/gather.hpp>

namespace rondo { inline namespace v0 { namespace detail {

class outcomes_base : public composite {
 public:
  const char* describe() const noexcept override { return "gather_outcomes"; }

 protected:
  outcomes_base() = default;
  outcomes_base(outcomes_base&&) = default;
  ~outcomes_base() = default;
  void note(bool cancelled) noexcept { child_cancelled_ = child_cancelled_ || cancelled; }
  void note_unfinished() noexcept { child_cancelled_ = true; }
  void finish() noexcept { complete_or_stop(child_cancelled_); }

 private:
  bool child_cancelled_ = false;
};

template <class... B>
class [[nodiscard]] gather_outcomes_operation final : public outcomes_base {
 public:
  explicit gather_outcomes_operation(B&&... bodies) : children_(std::move(bodies)...) {}
  gather_outcomes_operation(gather_outcomes_operation&&) = default;

  bool begin() noexcept override { return children_.start_below(*waiter()); }
  void child_done(node& done) noexcept override {
    if (children_.ended(done, [this](auto& c) { note(c.result.cancelled()); })) finish();
  }
  auto result() {
    return children_.results([]<class T>(outcome<T>& o) { return std::move(o); });
  }

 private:
  children<B...> children_;
};

template <class Range>
class [[nodiscard]] gather_outcomes_range_operation final
    : public range_operation<Range, outcomes_base> {
  using base = range_operation<Range, outcomes_base>;
  using typename base::child_type;
  using typename base::value_type;

 public:
  using base::base;
  std::vector<outcome<value_type>> result() {
    if (error_) std::rethrow_exception(error_);
    return std::move(outcomes_);
  }

 private:
  void collect(child_type& c) override {
    this->note(c.result.cancelled());
    try {
      outcomes_[c.index] = std::move(c.result);
    } catch (...) {  // moving the value
      outcomes_[c.index].set_error(std::current_exception());
    }
  }
  void make_room(std::size_t) override { outcomes_.emplace_back(); }
  void fetch_failed(std::exception_ptr e) noexcept override { error_ = std::move(e); }
  bool stop_fetching() const noexcept override { return static_cast<bool>(error_); }

  std::vector<outcome<value_type>> outcomes_;
  std::exception_ptr error_;
};

/// One operation's outcome instead of its exception.
template <class B>
class [[nodiscard]] outcome_operation final : public outcomes_base {
 public:
  explicit outcome_operation(B&& b) : child_(std::move(b)) {}
  outcome_operation(outcome_operation&&) = default;
  bool begin() noexcept override {
    child_.start_below(*waiter());
    return false;
  }
  void child_done(node&) noexcept override {
    note(child_.result.cancelled());
    finish();
  }
  outcome<typename body<B>::value_type> result() { return std::move(child_.result); }
  const char* describe() const noexcept override { return "outcome_of"; }

 private:
  child<B> child_;
};

}}}  // namespace rondo::v0::detail
