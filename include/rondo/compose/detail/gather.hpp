// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <iterator>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/detail/body.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// How the children of a gather end it.
class [[nodiscard]] gather_base : public composite {
 public:
  const char* describe() const noexcept override { return "gather"; }

 protected:
  gather_base() = default;
  gather_base(gather_base&&) = default;
  ~gather_base() = default;

  /// Notes how one child has ended: the first error cancels the others, further
  /// ones are reported.
  void note(bool cancelled, std::exception_ptr error, const node* child = nullptr) noexcept;
  /// Not all that there was to do has been begun.
  void note_unfinished() noexcept { child_cancelled_ = true; }
  bool failed() const noexcept { return static_cast<bool>(error_); }
  /// All children have ended.
  void finish() noexcept;
  /// Throws what result() has to throw.
  void check() const;
  /// Hands the failure, if there is one, to the exception handler.
  void report_failure(const char* what) noexcept;

 private:
  std::exception_ptr error_;
  cancel_reason reason_;  // of the first child that was cancelled
  bool child_cancelled_ = false;
};

template <class T>
non_void<T> take_value(outcome<T>& o) {
  return std::move(o).value();
}

/// What is awaited at the same time, one of each argument. They live in the operation.
template <class... B>
class children {
 public:
  explicit children(B&&... bodies) : all_(std::move(bodies)...) {}

  /// True: there are none.
  bool start_below(node& parent) noexcept {
    running_ = sizeof...(B);
    std::apply([&](auto&... c) { (c.start_below(parent), ...); }, all_);
    return sizeof...(B) == 0;
  }
  /// Calls f with the one that has ended. True: it was the last.
  template <class F>
  bool ended(node& done, F f) noexcept {
    std::apply([&](auto&... c) { ((&c == &done ? f(c) : void()), ...); }, all_);
    return --running_ == 0;
  }
  /// A tuple of what f makes of their outcomes.
  template <class F>
  auto results(F f) {
    return std::apply(
        [&](auto&... c) { return std::tuple<decltype(f(c.result))...>(f(c.result)...); }, all_);
  }

 private:
  std::tuple<child<B>...> all_;
  std::size_t running_ = 0;
};

/// gather of arguments.
template <class... B>
class [[nodiscard]] gather_operation final : public gather_base {
  static constexpr bool all_void = (std::is_void_v<typename body<B>::value_type> && ...);

 public:
  explicit gather_operation(B&&... bodies) : children_(std::move(bodies)...) {}
  gather_operation(gather_operation&&) = default;

  bool begin() noexcept override { return children_.start_below(*waiter()); }
  void child_done(node& done) noexcept override {
    bool last = children_.ended(
        done, [this](auto& c) { note(c.result.cancelled(), c.result.exception(), &c); });
    if (last) finish();
  }
  auto result() {
    check();
    if constexpr (!all_void)
      return children_.results([](auto& o) -> decltype(auto) { return take_value(o); });
  }

 private:
  children<B...> children_;
};

/// The element of a range as an argument: tasks are moved out of it.
template <class Range>
using element_reference = decltype(*std::begin(std::declval<Range&>()));
template <class Range>
using element_argument = std::conditional_t<
    task_type<element_reference<Range>> || operation_type<element_reference<Range>>,
    std::remove_reference_t<element_reference<Range>>&&, element_reference<Range>>;

template <class Range>
concept awaitable_range = requires(Range& r) {
  std::begin(r) != std::end(r);
  requires awaitable<element_reference<Range>>;
};

/// A child of a range's gather: made when it starts, gone when it has ended.
template <class B>
struct pooled_child final : child_base<B>, pooled {
  pooled_child(B&& b, std::size_t i) : child_base<B>(std::move(b)), index(i) {}
  std::size_t index;
};

/// Runs the elements of a range, at most `limit` at once. An element is fetched
/// only when it starts, so a lazy range of tasks is never long in memory.
/// Collect receives each child that has ended, and the number fetched so far.
template <class Range, class Base>
class range_operation : public Base {
 public:
  using body_t = body_type<element_argument<Range>>;
  using value_type = typename body<body_t>::value_type;
  using child_type = pooled_child<body_t>;

  range_operation(Range&& range, std::size_t limit)
      : range_(std::forward<Range>(range)), limit_(limit) {}
  range_operation(range_operation&&) = default;

  bool begin() noexcept override {
    launch();
    return running_ == 0;
  }
  void child_done(node& done) noexcept override {
    auto* c = static_cast<child_type*>(&done);
    this->collect(*c);
    delete c;
    --running_;
    launch();
    if (running_ > 0) return;
    // Cancelled between two elements: there is no whole to deliver.
    if (!complete_) this->note_unfinished();
    this->finish();
  }

 protected:
  ~range_operation() = default;
  /// What came of fetching: the range's own exception.
  virtual void collect(child_type& c) = 0;
  virtual void make_room(std::size_t index) = 0;
  virtual void fetch_failed(std::exception_ptr error) noexcept = 0;
  virtual bool stop_fetching() const noexcept = 0;
  std::size_t fetched() const noexcept { return fetched_; }

 private:
  struct position {
    decltype(std::begin(std::declval<Range&>())) at;
    decltype(std::end(std::declval<Range&>())) end;
  };

  void launch() noexcept {
    running_as task(*this->waiter());
    try {
      if (!next_) next_.emplace(std::begin(range_), std::end(range_));
      while (running_ < limit_ && !stop_fetching()) {
        if (next_->at == next_->end) {
          complete_ = true;
          return;
        }
        if (this->waiter()->cancel_requested()) return;
        make_room(fetched_);
        auto* c = new child_type(
            make_body<element_argument<Range>>(static_cast<element_argument<Range>>(*next_->at)),
            fetched_);
        ++fetched_;
        ++running_;
        c->start_below(*this->waiter());
        ++next_->at;
      }
    } catch (...) {
      fetch_failed(std::current_exception());
    }
  }

  Range range_;
  std::size_t limit_;
  std::size_t running_ = 0;
  std::size_t fetched_ = 0;
  std::optional<position> next_;
  bool complete_ = false;  // every element has been fetched
};

template <class Range>
class [[nodiscard]] gather_range_operation final : public range_operation<Range, gather_base> {
  using base = range_operation<Range, gather_base>;
  using typename base::child_type;
  using typename base::value_type;

 public:
  using base::base;

  auto result() {
    this->check();
    if constexpr (!std::is_void_v<value_type>) {
      std::vector<element_t<value_type>> values;
      values.reserve(values_.size());
      for (auto& v : values_) values.push_back(std::move(*v));
      return values;
    }
  }

 private:
  void collect(child_type& c) override {
    this->note(c.result.cancelled(), c.result.exception(), &c);
    if constexpr (!std::is_void_v<value_type>) {
      try {
        if (c.result.has_value()) values_[c.index].emplace(std::move(c.result).value());
      } catch (...) {  // moving the value
        this->note(false, std::current_exception());
      }
    }
  }
  void make_room(std::size_t) override {
    if constexpr (!std::is_void_v<value_type>) values_.emplace_back();
  }
  void fetch_failed(std::exception_ptr e) noexcept override { this->note(false, std::move(e)); }
  bool stop_fetching() const noexcept override { return this->failed(); }

  std::vector<std::optional<element_t<value_type>>> values_;
};

/// What gather of arguments gives: a tuple of the results in order, none_t for a
/// void one; nothing when all are void.
template <class... A>
using gathered = std::conditional_t<(std::is_void_v<awaited_t<A>> && ...), void,
                                    std::tuple<non_void<awaited_t<A>>...>>;
/// What gather of a range gives: a vector, or nothing for elements that give nothing.
template <class Range>
using gathered_range =
    std::conditional_t<std::is_void_v<awaited_t<element_argument<Range>>>, void,
                       std::vector<element_t<awaited_t<element_argument<Range>>>>>;

inline constexpr std::size_t no_limit = static_cast<std::size_t>(-1);
/// The limit; throws usage_error for 0, which would let nothing run.
std::size_t checked_limit(std::size_t limit, const char* caller);

}}}  // namespace rondo::v0::detail
