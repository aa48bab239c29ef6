// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/coro/detail/context.hpp>
#include <rondo/coro/detail/node.hpp>
#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 {

/// A variable with a value per task: what `contextvars.ContextVar` is.
///
/// A new task sees the values that its creator had at that moment; what it sets
/// stays its own. A plain co_await is a call and shares the caller's values.
/// The variable must outlive all tasks that use it; make it static.
template <class T>
class context_var {
 public:
  explicit context_var(const char* name) : name_(name) {}
  context_var(const char* name, T default_value)
      : name_(name), default_(std::move(default_value)) {}
  context_var(const context_var&) = delete;
  context_var& operator=(const context_var&) = delete;

  const char* name() const noexcept { return name_; }

  /// The value set in this task's context, else the default; throws usage_error
  /// when there is neither. Valid until the variable is set or reset in this
  /// context.
  const T& get() const {
    if (detail::context_value* v = detail::find_value(this)) return static_cast<holder*>(v)->value;
    if (!default_) throw usage_error(std::string("context_var::get: '") + name_ + "' has no value");
    return *default_;
  }

  /// What `set` replaced, for `reset`.
  class token {
   public:
    token(token&&) noexcept = default;
    token& operator=(token&&) noexcept = default;

   private:
    friend class context_var;
    explicit token(std::optional<T> old) : old_(std::move(old)) {}
    std::optional<T> old_;
  };

  /// Sets it in this task's context. If copying or moving the value throws, the
  /// variable is as before.
  token set(T value) {
    token t(current());
    bind(std::move(value));
    return t;
  }
  /// Gives the variable back the value that it had before that set.
  void reset(token t) {
    if (t.old_) {
      bind(std::move(*t.old_));
    } else {
      detail::bind(this, {});
    }
  }

 private:
  struct holder : detail::context_value {
    explicit holder(T&& v) : value(std::move(v)) {
      destroy = [](detail::context_value* h) noexcept { delete static_cast<holder*>(h); };
    }
    T value;
  };

  std::optional<T> current() const {
    detail::context_value* v = detail::find_value(this);
    return v ? std::optional<T>(static_cast<holder*>(v)->value) : std::nullopt;
  }
  void bind(T&& value) {
    if constexpr (std::is_nothrow_move_assignable_v<T>) {
      if (detail::context_value* own = detail::find_own_value(this)) {
        static_cast<holder*>(own)->value = std::move(value);
        return;
      }
    }
    detail::bind(this, detail::ref<detail::context_value>(new holder(std::move(value))));
  }

  const char* name_;
  std::optional<T> default_;
};

}}  // namespace rondo::v0
