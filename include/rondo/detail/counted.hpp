// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace rondo { inline namespace v0 { namespace detail {

/// On which threads the references to an object are taken and given back.
enum class held_on : bool { one_thread, many_threads };

/// Base of what lives as long as somebody refers to it: `class core : public counted<core>`.
/// A new one has no reference yet; it is deleted when its last one is given back. What has
/// more to do then has a member `last_reference_gone` of its own.
template <class T, held_on where = held_on::one_thread>
class counted {
 public:
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

  void retain() noexcept {
    if constexpr (where == held_on::one_thread) {
      ++references_;
    } else {
      __atomic_add_fetch(&references_, 1, __ATOMIC_RELAXED);
    }
  }
  /// Whether there is more than one reference.
  bool is_shared() const noexcept {
    static_assert(where == held_on::one_thread, "it may have changed when the caller reads it");
    return references_ > 1;
  }
  void release() noexcept {
    if (drop()) static_cast<T*>(this)->last_reference_gone();
  }

 protected:
  counted() noexcept = default;
  ~counted() = default;
  void last_reference_gone() noexcept { delete static_cast<T*>(this); }
  /// Gives a reference back. True: it was the last, and what follows is the caller's to do.
  bool drop() noexcept {
    if constexpr (where == held_on::one_thread) {
      return --references_ == 0;
    } else {
      return __atomic_sub_fetch(&references_, 1, __ATOMIC_ACQ_REL) == 0;
    }
  }

 private:
  unsigned references_ = 0;
};

/// A reference to something counted, or none.
template <class T>
class ref {
 public:
  ref() noexcept = default;
  explicit ref(T* object) noexcept : object_(object) {
    if (object_) object_->retain();
  }
  ref(const ref& other) noexcept : ref(other.object_) {}
  ref(ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ref& operator=(ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ref() { reset(); }

  /// Refers to nothing any more, before what it referred to ends.
  void reset() noexcept {
    if (T* object = std::exchange(object_, nullptr)) object->release();
  }
  T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

}}}  // namespace rondo::v0::detail
