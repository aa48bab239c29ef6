// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <rondo/coro/errors.hpp>
#include <rondo/detail/counted.hpp>
#include "sqlite/core.hpp"
#include "sqlite/crew.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// Undoes what came since a savepoint, without being waited for: the next statement of the
/// transaction stands behind it.
class undo_savepoint final : public detached_request {
 public:
  undo_savepoint(lease* in, int depth) noexcept : detached_request(in), depth_(depth) {}
  void run(connection& c) noexcept override { c.roll_back_to(depth_); }

 private:
  const int depth_;
};

/// A transaction, or one within another; also what is left of it for those who still refer to
/// it when it is over.
class scope final : public rondo::detail::counted<scope> {
 public:
  /// A whole one. Its end is not called before it has begun, which its lease knows.
  scope(rondo::detail::ref<core> c, crew& of)
      : core_(std::move(c)), crew_(of), lease_(new lease(of)), open_(true) {}
  /// Within another, begun when its savepoint is set.
  explicit scope(rondo::detail::ref<scope> outer)
      : core_(outer->core_),
        crew_(outer->crew_),
        outer_(std::move(outer)),
        depth_(outer_->depth_ + 1),
        undo_(std::make_unique<undo_savepoint>(outer_->in("transaction"), depth_)) {
    // Savepoints are a stack: the end of one would be the end of the other as well.
    if (outer_->has_inner_)
      throw usage_error(
          "sqlite::transaction::transaction: another one within this one is open; "
          "they come one after the other");
    outer_->has_inner_ = is_inner_ = true;
  }
  ~scope() { leave_outer(); }

  const rondo::detail::ref<core>& owner() const noexcept { return core_; }
  crew& of() const noexcept { return crew_; }
  int depth() const noexcept { return depth_; }
  /// Throws usage_error when it is over.
  lease* in(const char* caller) const {
    for (const scope* s = this; s; s = s->outer_.get())
      if (!s->open_ || s->is_ending_)
        throw usage_error(std::string("sqlite::transaction::") + caller +
                          ": the transaction is over");
    return root()->lease_.get();
  }
  bool open() const noexcept {
    for (const scope* s = this; s; s = s->outer_.get())
      if (!s->open_ || s->is_ending_) return false;
    return true;
  }

  void begun() noexcept { open_ = true; }
  /// While it lives, this is being committed or undone: nothing new goes into it, which would
  /// come after its end.
  class ending {
   public:
    explicit ending(scope& s) noexcept : scope_(s) { s.is_ending_ = true; }
    ending(const ending&) = delete;
    ending& operator=(const ending&) = delete;
    ~ending() { scope_.is_ending_ = false; }

   private:
    scope& scope_;
  };
  /// Now it is held by the task that runs.
  void held(std::string what) { hold_.emplace(core_, crew_, std::move(what)); }
  /// It has been committed, or undone.
  void over() noexcept {
    open_ = false;
    leave_outer();
    hold_.reset();
    lease_.reset();
  }
  /// Undoes it in the background if it is not over.
  void end() noexcept {
    if (outer_ && open() && crew_.submit_to_lease(*undo_)) static_cast<void>(undo_.release());
    over();
  }

 private:
  void leave_outer() noexcept {
    if (outer_ && std::exchange(is_inner_, false)) outer_->has_inner_ = false;
  }
  const scope* root() const noexcept {
    const scope* s = this;
    while (s->outer_) s = s->outer_.get();
    return s;
  }

  const rondo::detail::ref<core> core_;
  crew& crew_;
  const rondo::detail::ref<scope> outer_;
  const int depth_ = 0;
  lease_ptr lease_;  // of a whole one
  std::unique_ptr<undo_savepoint> undo_;
  std::optional<hold> hold_;
  bool open_ = false;
  bool is_ending_ = false;
  bool has_inner_ = false;  // another within this one is open
  bool is_inner_ = false;   // it is that other
};

}}}}  // namespace rondo::v0::sqlite::detail
