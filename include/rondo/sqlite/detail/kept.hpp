// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

class core;
class scope;

void retain(core* c) noexcept;
void release(core* c) noexcept;
void retain(scope* s) noexcept;
void release(scope* s) noexcept;

/// A counted reference to what the public headers know only by its name.
template <class T>
class kept {
 public:
  kept() noexcept = default;
  explicit kept(T* object) noexcept : object_(object) {
    if (object_) retain(object_);
  }
  kept(const kept& other) noexcept : kept(other.object_) {}
  kept(kept&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  kept& operator=(kept other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~kept() { reset(); }

  void reset() noexcept {
    if (T* object = std::exchange(object_, nullptr)) release(object);
  }
  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

}}}}  // namespace rondo::v0::sqlite::detail
