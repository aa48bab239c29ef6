// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <rondo/io/detail/stream_operation.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Sends everything.
class [[nodiscard]] write_operation : public stream_operation {
 public:
  write_operation(stream_core* core, std::string_view data) noexcept
      : stream_operation(core, role::writer), data_(data) {}
  write_operation(write_operation&&) noexcept = default;
  void result();
  const char* describe() const noexcept override { return "write"; }

 protected:
  /// Asks the kernel to send bytes, the beginning of what is left.
  virtual void prepare_send(std::string_view bytes) noexcept;
  /// Takes what has been sent from data_, and data_ anew when it is empty.
  virtual void advance(std::size_t sent) noexcept { data_.remove_prefix(sent); }

  std::string_view data_;

 private:
  bool work() noexcept final;
  bool answered(std::int64_t result) noexcept final;
  bool send(std::string_view bytes) noexcept;
};

/// Sends several pieces with one call where that can be.
class [[nodiscard]] write_parts_operation final : public write_operation {
 public:
  write_parts_operation(stream_core* core, std::span<const std::string_view> parts) noexcept
      : write_operation(core, {}), parts_(parts) {}
  write_parts_operation(write_parts_operation&&) noexcept = default;

 private:
  void prepare_send(std::string_view bytes) noexcept override;
  void advance(std::size_t sent) noexcept override;

  std::span<const std::string_view> parts_;  // after data_
  iovec vector_[16];
  msghdr message_;
};

}}}  // namespace rondo::v0::detail
