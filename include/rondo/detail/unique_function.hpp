// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include <rondo/detail/config.hpp>

namespace rondo { inline namespace v0 { namespace detail {

template <class Signature>
class unique_function;

/// A move-only callable, for closures that own things. Small ones are held
/// inside. (std::function copies and its header is dear; std::move_only_function
/// is C++23.)
template <class R, class... Args>
class unique_function<R(Args...)> {
 public:
  unique_function() noexcept = default;

  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, unique_function> &&
             std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
  unique_function(F&& f) {  // NOLINT(google-explicit-constructor): like std::function
    using D = std::decay_t<F>;
    if constexpr (fits<D>) {
      ::new (static_cast<void*>(storage_)) D(std::forward<F>(f));
      table_ = &inside<D>;
    } else {
      ::new (static_cast<void*>(storage_)) D*(new D(std::forward<F>(f)));
      table_ = &outside<D>;
    }
  }
  unique_function(unique_function&& other) noexcept : table_(other.table_) {
    if (table_) table_->relocate(other.storage_, storage_);
    other.table_ = nullptr;
  }
  unique_function& operator=(unique_function&& other) noexcept {
    if (this != &other) {
      reset();
      table_ = other.table_;
      if (table_) table_->relocate(other.storage_, storage_);
      other.table_ = nullptr;
    }
    return *this;
  }
  ~unique_function() { reset(); }

  explicit operator bool() const noexcept { return table_ != nullptr; }
  RONDO_CORO_WRAPPER R operator()(Args... args) {
    return table_->call(storage_, std::forward<Args>(args)...);
  }

  void reset() noexcept {
    if (table_) table_->destroy(storage_);
    table_ = nullptr;
  }

 private:
  struct table {
    R (*call)(void*, Args&&...);
    void (*relocate)(void* from, void* to) noexcept;
    void (*destroy)(void*) noexcept;
  };

  static constexpr std::size_t capacity = 3 * sizeof(void*);

  template <class D>
  static constexpr bool fits = sizeof(D) <= capacity && alignof(D) <= alignof(void*) &&
                               std::is_nothrow_move_constructible_v<D>;

  template <class D>
  RONDO_CORO_WRAPPER static R call_inside(void* p, Args&&... args) {
    return (*static_cast<D*>(p))(std::forward<Args>(args)...);
  }
  template <class D>
  RONDO_CORO_WRAPPER static R call_outside(void* p, Args&&... args) {
    return (**static_cast<D**>(p))(std::forward<Args>(args)...);
  }

  template <class D>
  static constexpr table inside{&call_inside<D>,
                                [](void* from, void* to) noexcept {
                                  ::new (to) D(std::move(*static_cast<D*>(from)));
                                  static_cast<D*>(from)->~D();
                                },
                                [](void* p) noexcept { static_cast<D*>(p)->~D(); }};

  template <class D>
  static constexpr table outside{
      &call_outside<D>,
      [](void* from, void* to) noexcept { ::new (to) D*(*static_cast<D**>(from)); },
      [](void* p) noexcept { delete *static_cast<D**>(p); }};

  const table* table_ = nullptr;
  alignas(void*) unsigned char storage_[capacity];
};

}}}  // namespace rondo::v0::detail
