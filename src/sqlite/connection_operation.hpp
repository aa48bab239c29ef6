// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <utility>

#include <rondo/coro/detail/outside.hpp>
#include "sqlite/crew.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// Something to do on a connection's thread, which may throw.
class work {
 public:
  virtual void run(connection& c) = 0;
  virtual bool may_be_quick() const noexcept { return false; }

 protected:
  ~work() = default;
};

/// `auto w = work_of([&](connection& c) { … });`, which must have a name of its own.
template <class F>
class work_of final : public work {
 public:
  explicit work_of(F f) : f_(std::move(f)) {}
  void run(connection& c) override { f_(c); }

 private:
  F f_;
};

/// The same for what runs one prepared statement and nothing else.
template <class F>
class statement_of final : public work {
 public:
  explicit statement_of(F f) : f_(std::move(f)) {}
  void run(connection& c) override { f_(c); }
  bool may_be_quick() const noexcept override { return true; }

 private:
  F f_;
};

enum class if_cancelled : bool { stops, goes_on };

/// Waits until a connection has done something: in a lease, or (null) when it is its turn.
/// Cancelled, it takes that back or has it stopped; what was done in spite of that counts.
class [[nodiscard]] connection_operation final : public rondo::detail::operation, private request {
 public:
  connection_operation(crew& of, lease* in, work& w,
                       if_cancelled does = if_cancelled::stops) noexcept
      : request(in), crew_(of), in_(in), work_(w), does_(does) {}
  /// holds: what core::check_not_waiting_for_itself has said.
  connection_operation(crew& of, lease* in, work& w, std::size_t holds) noexcept
      : request(in, holds), crew_(of), in_(in), work_(w), does_(if_cancelled::stops) {}
  connection_operation(connection_operation&& o) noexcept
      : operation(std::move(o)),
        request(o.in_, o.holds_),
        crew_(o.crew_),
        in_(o.in_),
        work_(o.work_),
        does_(o.does_) {}

  bool begin() noexcept override {
    end_.hold(*this, rondo::detail::outside::by::thread, [](operation& op) noexcept {
      auto& self = static_cast<connection_operation&>(op);
      self.complete_or_stop(self.told_ && self.error_);
    });
    try {
      crew_.submit(*this);
      return false;
    } catch (...) {
      end_.withdraw();
      error_ = std::current_exception();
      return true;
    }
  }
  bool cancel() noexcept override {
    if (crew_.withdraw(*this)) {
      end_.withdraw();
      return true;
    }
    if (does_ == if_cancelled::stops) {
      told_ = true;
      crew_.stop(*this);
    }
    return false;
  }
  void result() const {
    if (error_) std::rethrow_exception(error_);
  }
  const char* describe() const noexcept override { return "sqlite"; }

 private:
  void run(connection& c) noexcept override {
    try {
      c.prepare_to_work();
      work_.run(c);
    } catch (...) {
      error_ = std::current_exception();
    }
  }
  void finished() noexcept override { end_.arrive(); }
  bool may_be_quick() const noexcept override { return work_.may_be_quick(); }

  rondo::detail::outside end_;
  crew& crew_;
  lease* const in_;
  work& work_;
  std::exception_ptr error_;
  const if_cancelled does_;
  bool told_ = false;
};

}}}}  // namespace rondo::v0::sqlite::detail
