// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rondo { inline namespace v0 { namespace detail {

template <class T, class Tag>
class list;

/// The place of an object in a list: `struct waiter : list_link<waiter>`. What can be in
/// several lists at a time has one for each, told apart by their tags. What is copied or
/// moved leaves its place behind; what is in a list must stay where it is.
template <class Tag>
class list_link {
 public:
  list_link() noexcept = default;
  list_link(const list_link&) noexcept {}
  list_link& operator=(const list_link&) noexcept { return *this; }

  bool listed() const noexcept { return next_ != nullptr; }
  /// Takes it out of the list that it is in.
  void unlink() noexcept {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }

 private:
  template <class T, class U>
  friend class list;
  list_link* next_ = nullptr;  // a ring, through the list's own link
  list_link* previous_ = nullptr;
};

/// Objects in a row that somebody else owns: nothing is allocated, and putting in and
/// taking out are a few assignments. It does not end what is in it.
template <class T, class Tag = T>
class list {
  using link = list_link<Tag>;

 public:
  list() noexcept { reset(); }
  list(list&& other) noexcept : list() { append(other); }
  list& operator=(list&&) = delete;

  bool empty() const noexcept { return ring_.next_ == &ring_; }
  /// Null when there is none.
  T* front() const noexcept { return to_object(ring_.next_); }
  T* back() const noexcept { return to_object(ring_.previous_); }
  /// The one behind an element, or null.
  T* after(const T& element) const noexcept {
    return to_object(static_cast<const link&>(element).next_);
  }

  void push_back(T& object) noexcept { insert_before(ring_, object); }
  void push_front(T& object) noexcept { insert_before(*ring_.next_, object); }
  /// The first, taken out; null when there is none.
  T* pop_front() noexcept {
    T* first = front();
    if (first) static_cast<link*>(first)->unlink();
    return first;
  }
  /// Takes all that is in another one, behind what is here.
  void append(list& other) noexcept {
    if (other.empty()) return;
    other.ring_.next_->previous_ = ring_.previous_;
    ring_.previous_->next_ = other.ring_.next_;
    other.ring_.previous_->next_ = &ring_;
    ring_.previous_ = other.ring_.previous_;
    other.reset();
  }

  /// The element that it stands at may be taken out, or end; no other may.
  class iterator {
   public:
    explicit iterator(link* at) noexcept : at_(at), next_(at->next_) {}
    T& operator*() const noexcept { return static_cast<T&>(*at_); }
    iterator& operator++() noexcept {
      at_ = next_;
      next_ = at_->next_;
      return *this;
    }
    bool operator==(const iterator& other) const noexcept { return at_ == other.at_; }

   private:
    link* at_;
    link* next_;
  };
  iterator begin() const noexcept { return iterator(ring_.next_); }
  iterator end() const noexcept { return iterator(const_cast<link*>(&ring_)); }

 private:
  void reset() noexcept { ring_.next_ = ring_.previous_ = &ring_; }
  static void insert_before(link& place, link& l) noexcept {
    l.next_ = &place;
    l.previous_ = place.previous_;
    place.previous_->next_ = &l;
    place.previous_ = &l;
  }
  T* to_object(link* l) const noexcept { return l == &ring_ ? nullptr : static_cast<T*>(l); }

  link ring_;
};

}}}  // namespace rondo::v0::detail
