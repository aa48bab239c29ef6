// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/io/detail/stream_operation.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Receives until there is what was asked for. What has come stays in the
/// stream's buffer until then, so cancelling it loses nothing.
class read_operation : public stream_operation {
 public:
  enum class goal : unsigned char { some, peek, exactly, until, line, all };

  const char* describe() const noexcept override;

 protected:
  read_operation(stream_core* core, goal g, std::size_t n) noexcept
      : stream_operation(core, role::reader), goal_(g), wanted_(n) {}
  read_operation(read_operation&&) noexcept = default;
  ~read_operation() = default;

  bool work() noexcept override;
  bool answered(std::int64_t result) noexcept override;
  bool satisfied() noexcept;
  bool ended() noexcept;
  bool find_separator() noexcept;
  /// Where a read of `some` bytes may put them, past the stream's buffer.
  virtual std::string* direct() noexcept { return nullptr; }
  virtual std::size_t separators() const noexcept { return 1; }
  virtual std::string_view separator(std::size_t) const noexcept { return "\n"; }
  [[noreturn]] void throw_overrun() const;
  [[noreturn]] void throw_incomplete();

  goal goal_;
  bool overrun_ = false;
  std::size_t wanted_;  // bytes: to give, or at most
  std::size_t scanned_ = 0;
};

/// A read that gives what it has read.
class [[nodiscard]] read_bytes_operation : public read_operation {
 public:
  read_bytes_operation(stream_core* core, goal g, std::size_t n) noexcept
      : read_operation(core, g, n) {}
  read_bytes_operation(read_bytes_operation&&) noexcept = default;
  std::string result();

 private:
  std::string* direct() noexcept override { return goal_ == goal::some ? &bytes_ : nullptr; }
  // A message that came whole, copied once. It completes the operation, so
  // result() follows, and no cancellation can lose it.
  std::string bytes_;
};

class [[nodiscard]] read_until_operation final : public read_bytes_operation {
 public:
  read_until_operation(stream_core* core, std::vector<std::string> separators);
  read_until_operation(read_until_operation&&) noexcept = default;

 private:
  std::size_t separators() const noexcept override { return separators_.size(); }
  std::string_view separator(std::size_t i) const noexcept override { return separators_[i]; }
  std::vector<std::string> separators_;
};

/// A read into the caller's memory, straight from the kernel where it can be.
class [[nodiscard]] read_some_operation final : public read_operation {
 public:
  read_some_operation(stream_core* core, std::span<char> into) noexcept
      : read_operation(core, goal::some, into.size()), into_(into) {}
  read_some_operation(read_some_operation&&) noexcept = default;
  std::size_t result();

 private:
  bool work() noexcept override;
  bool answered(std::int64_t result) noexcept override;
  std::span<char> into_;
  bool direct_ = false;  // the request in flight goes to into_
};

}}}  // namespace rondo::v0::detail
