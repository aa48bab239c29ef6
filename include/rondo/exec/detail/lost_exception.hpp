// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <utility>

namespace rondo { inline namespace v0 {

class loop_ref;

namespace detail {

/// An exception that nobody can ask for any more: reported when it is called, or,
/// where that never happens, by its destructor. So it can be posted to a loop, and
/// is reported also when that has closed.
class lost_exception {
 public:
  /// whose: failed; for the report.
  lost_exception(const char* whose, std::exception_ptr error) noexcept
      : whose_(whose), error_(std::move(error)) {}
  lost_exception(lost_exception&& other) noexcept
      : whose_(other.whose_), error_(std::exchange(other.error_, nullptr)) {}
  lost_exception& operator=(const lost_exception&) = delete;
  ~lost_exception() { report(); }
  void operator()() noexcept { report(); }

  /// On that loop's thread; here when it has closed. Thread safe. The caller keeps
  /// nothing of it: exceptions are not used by two threads at a time.
  void report_on(const loop_ref& loop) && noexcept;

 private:
  void report() noexcept;

  const char* whose_;
  std::exception_ptr error_;
};

}  // namespace detail

}}  // namespace rondo::v0
