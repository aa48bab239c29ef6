// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

/// The text of a number, without memory of its own.
class number_text {
 public:
  template <class N>
  explicit number_text(N value) noexcept {
    size_ = static_cast<std::size_t>(std::to_chars(text_, text_ + sizeof text_, value).ptr - text_);
  }
  std::string_view view() const noexcept { return {text_, size_}; }

 private:
  char text_[64];  // the longest shortest text of a long double is shorter
  std::size_t size_;
};

/// Bytes that are appended to; few of them need no memory.
class command_bytes {
 public:
  command_bytes() noexcept = default;
  command_bytes(const command_bytes& other) { append(other.view()); }
  command_bytes(command_bytes&& other) noexcept { take(other); }
  command_bytes& operator=(const command_bytes& other) {
    if (this != &other) *this = command_bytes(other);
    return *this;
  }
  command_bytes& operator=(command_bytes&& other) noexcept {
    if (this != &other) {
      free();
      take(other);
    }
    return *this;
  }
  ~command_bytes() { free(); }

  std::string_view view() const noexcept { return {data_, size_}; }

  void append_argument(std::string_view text) {
    number_text length(text.size());
    char* to = room(text.size() + length.view().size() + 5);
    *to++ = '$';
    to = copy(to, length.view());
    to = copy(to, "\r\n");
    to = copy(to, text);
    copy(to, "\r\n");
    size_ += text.size() + length.view().size() + 5;
  }

 private:
  static char* copy(char* to, std::string_view text) noexcept {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return to + text.size();
  }
  char* room(std::size_t more) {
    if (capacity_ - size_ < more) grow(size_ + more);
    return data_ + size_;
  }
  void append(std::string_view bytes) {
    copy(room(bytes.size()), bytes);
    size_ += bytes.size();
  }
  void grow(std::size_t least) {
    std::size_t capacity = least > 2 * capacity_ ? least : 2 * capacity_;
    auto* bigger = static_cast<char*>(::operator new(capacity));
    copy(bigger, view());
    if (data_ != inside_) ::operator delete(data_);
    data_ = bigger;
    capacity_ = capacity;
  }
  void take(command_bytes& other) noexcept {
    if (other.data_ == other.inside_) {
      copy(inside_, other.view());
    } else {
      data_ = std::exchange(other.data_, other.inside_);
      capacity_ = std::exchange(other.capacity_, sizeof inside_);
    }
    size_ = std::exchange(other.size_, 0);
  }
  void free() noexcept {
    if (data_ != inside_) ::operator delete(data_);
    data_ = inside_;
    capacity_ = sizeof inside_;
    size_ = 0;
  }

  char* data_ = inside_;
  std::size_t size_ = 0;
  std::size_t capacity_ = sizeof inside_;
  char inside_[104];
};

/// The first argument of a command's body: its name.
std::string_view first_argument(std::string_view body) noexcept;

/// An array of strings in the protocol: how commands are sent.
inline void append_command(std::string& out, std::uint32_t arguments, std::string_view body) {
  char line[16] = {'*'};
  char* end = std::to_chars(line + 1, line + sizeof line - 2, arguments).ptr;
  *end++ = '\r';
  *end++ = '\n';
  std::size_t before = out.size();
  out.append(line, static_cast<std::size_t>(end - line));
  try {
    out.append(body);
  } catch (...) {
    out.resize(before);  // half a command would spoil the connection
    throw;
  }
}

}}}}  // namespace rondo::v0::redis::detail
