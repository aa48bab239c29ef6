// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace rondo { inline namespace v0 {

/// Thrown to whoever asks for the result of a task that somebody cancelled: by
/// `co_await handle`, by a `gather` or `wait_for` whose child cancelled itself,
/// and by `run` when main was cancelled.
///
/// Not a std::exception, and never thrown into the cancelled task itself, so
/// that `catch (std::exception&)` and `catch (...)` there cannot swallow a
/// cancellation.
class cancelled_error {
 public:
  cancelled_error() = default;
  explicit cancelled_error(std::string message) : message_(std::move(message)) {}
  /// The message given to `cancel(message)`, or an empty string.
  const std::string& message() const noexcept { return message_; }

 private:
  std::string message_;
};

/// Base of the errors that Rondo itself reports. The text names the operation,
/// its subject and the cause.
class error : public std::exception {
 public:
  explicit error(std::string what) : what_(std::move(what)) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

/// A deadline passed before the operation finished. Of wait_for, the text tells what that
/// was waiting for at that moment, and where:
///
///     wait_for: fetch timed out after 0.05s, waiting for read 127.0.0.1:80 at client.cpp:12
class timeout_error : public error {
 public:
  using error::error;
};

/// `run` found that nothing is ready, nothing is in flight and nobody outside
/// holds a reference to the loop: no task can ever go on. The text holds the
/// task tree.
class deadlock_error : public error {
 public:
  using error::error;
};

/// A primitive was used against its contract, for example a lock released by a
/// task that does not hold it.
class usage_error : public error {
 public:
  using error::error;
};

}}  // namespace rondo::v0
