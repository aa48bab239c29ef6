// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include <rondo/coro/detail/context.hpp>
#include <rondo/coro/detail/node.hpp>
#include <rondo/coro/errors.hpp>

namespace rondo::inline v0 {

namespace detail {
/// The place that holds the running task's context; outside of tasks, the thread's.
context*& current_context() noexcept;
context* find_binding(const void* variable) noexcept;
}  // namespace detail

/// A variable with a value per task: what `contextvars.ContextVar` is.
///
/// A new task sees the values that its creator had at that moment; what it sets
/// stays its own. A plain co_await is a call and shares the caller's values.
/// The variable must outlive all tasks that use it; make it static.
template <class T>
class context_var {
 public:
  explicit context_var(const char* name) : name_(name) {}
  context_var(const char* name, T default_value) : name_(name), default_(std::move(default_value)) {}
  context_var(const context_var&) = delete;
  context_var& operator=(const context_var&) = delete;

  const char* name() const noexcept { return name_; }

  /// The value set in this task's context, else the default; throws usage_error
  /// when there is neither.
  const T& get() const {
    if (detail::context* c = detail::find_binding(this)) {
      const std::optional<T>& value = static_cast<binding*>(c)->value;
      if (value) return *value;
    }
    if (!default_) throw usage_error(std::string("context variable '") + name_ + "' has no value");
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

  token set(T value) {
    token t(current());
    bind(std::optional<T>(std::move(value)));
    return t;
  }
  /// Gives the variable back the value that it had before that set.
  void reset(token t) { bind(std::move(t.old_)); }

 private:
  struct binding : detail::context {
    std::optional<T> value;
  };

  std::optional<T> current() const {
    detail::context* c = detail::find_binding(this);
    return c ? static_cast<binding*>(c)->value : std::optional<T>();
  }
  void bind(std::optional<T> value) {
    // In the part of the context that nobody shares, a binding of ours is simply
    // replaced: sets and resets must not make it grow.
    for (detail::context* c = detail::current_context(); c && c->references == 1; c = c->previous) {
      if (c->variable == this) {
        static_cast<binding*>(c)->value = std::move(value);
        return;
      }
    }
    auto* b = new binding;
    b->value = std::move(value);
    b->variable = this;
    b->destroy = [](detail::context* c) noexcept { delete static_cast<binding*>(c); };
    detail::context*& place = detail::current_context();
    b->previous = place;
    place = b;
  }

  const char* name_;
  std::optional<T> default_;
};

}  // namespace rondo::inline v0
