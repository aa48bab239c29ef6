// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/db/detail/value.hpp>

namespace rondo { inline namespace v0 { namespace db { namespace detail {

/// The values of a statement's parameters, which this holds: nothing of the caller's is
/// referred to. Used again after clear(), it asks for no memory.
class parameters {
 public:
  void clear() noexcept {
    items_.clear();
    bytes_.clear();
    size_ = open_ = 0;
  }
  std::size_t size() const noexcept { return size_; }
  void reserve(std::size_t n) { items_.reserve(n); }

  void add_null() { push({}); }
  void add(bool v) { push({.is = kind::boolean, .integer = v}); }
  void add(std::int64_t v) { push({.is = kind::integer, .integer = v}); }
  void add(double v) { push({.is = kind::real, .real = v}); }
  void add_text(std::string_view v) { push_bytes(kind::text, v); }
  void add_blob(std::span<const std::byte> v) {
    push_bytes(kind::blob, {reinterpret_cast<const char*>(v.data()), v.size()});
  }
  /// What is added until end_array are its elements. Arrays may hold arrays.
  void begin_array() {
    push({.is = kind::array, .begin = open_});
    open_ = items_.size();
  }
  void end_array() noexcept {
    item& ended = items_[open_ - 1];
    ended.length = items_.size() - open_;
    open_ = ended.begin;
  }

  /// Walks over the parameters: f(value) for each, in order. An array's bytes are its text.
  enum class array_form : bool { braces, json };
  template <class F>
  void for_each(array_form form, F&& f) const {
    std::string text;
    for (std::size_t i = 0; i < items_.size(); i = after(i)) {
      if (items_[i].is == kind::array) {
        text.clear();
        write_array(i, form, text);
        f(value::of(kind::array, text));
      } else {
        f(at(i));
      }
    }
  }

 private:
  struct item {
    kind is = kind::null;
    union {
      std::int64_t integer = 0;
      double real;
      std::size_t begin;  // of bytes; of an array: what open_ was before
    };
    std::size_t length = 0;  // of bytes; of an array: items in it, those of inner ones too
  };
  void push(item i) {
    if (open_ == 0) ++size_;
    items_.push_back(i);
  }
  void push_bytes(kind is, std::string_view v) {
    push({.is = is, .begin = bytes_.size(), .length = v.size()});
    bytes_.append(v);
  }
  std::size_t after(std::size_t i) const noexcept {
    return i + 1 + (items_[i].is == kind::array ? items_[i].length : 0);
  }
  value at(std::size_t i) const noexcept;
  void write_array(std::size_t i, array_form form, std::string& out) const;

  std::vector<item> items_;
  std::string bytes_;
  std::size_t size_ = 0;
  std::size_t open_ = 0;  // behind the beginning of the innermost array that is not ended; 0: none
};

}}}}  // namespace rondo::v0::db::detail
