// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/detail/counted.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/loop/detail/io_operation.hpp>
#include <rondo/loop/detail/timer_queue.hpp>

namespace rondo { inline namespace v0 {

struct datagram;
struct datagram_info;

namespace detail {

/// A datagram socket with its buffers. Counted: by the socket, and by each
/// operation. The fd is closed when the kernel has let go of it.
class datagram_core;

/// Common to receives and sends: one of each at a time is in flight. The place is
/// left as soon as the kernel has answered, not when somebody asks for the result:
/// that of a task may never be asked for.
class datagram_operation : public io_operation {
 public:
  bool cancel() noexcept override;
  void kernel_done(std::int64_t result) noexcept override;
  std::string detail() const override;

 protected:
  enum class direction : bool { in, out };

  explicit datagram_operation(datagram_core* core) noexcept;
  datagram_operation(datagram_operation&&) noexcept;
  ~datagram_operation();
  /// False, with the reason in outcome, when it cannot begin.
  bool enter(direction d) noexcept;
  void leave() noexcept;
  /// outcome is set: it has ended.
  virtual void answered() noexcept { leave(); }
  bool begin_in_kernel() noexcept;
  /// Throws what outcome says: `send to 127.0.0.1:9: Connection refused`.
  void check(const char* operation, const endpoint& subject) const;

  ref<datagram_core> core_;
  io_operation** place_ = nullptr;  // in the core, while it is in flight
  const char* misuse_ = nullptr;
};

class receive_base : public datagram_operation {
 public:
  bool begin() noexcept override;

 protected:
  receive_base(datagram_core* core, std::size_t max) noexcept
      : datagram_operation(core), max_(max) {}
  receive_base(datagram_core* core, std::span<char> into) noexcept
      : datagram_operation(core), into_(into), own_buffer_(false) {}
  receive_base(receive_base&&) noexcept = default;
  ~receive_base();
  void answered() noexcept override;

  /// Throws if it failed.
  void check_received() const;
  std::string_view bytes() const noexcept;
  std::size_t size() const noexcept { return static_cast<std::size_t>(outcome); }
  const endpoint& sender() const noexcept { return sender_; }

 private:
  std::span<char> into_;
  std::size_t max_ = 0;
  // Received into memory that goes from the socket to this operation and back, so
  // that the next receive does not overwrite what nobody has taken yet.
  bool own_buffer_ = true;
  char* buffer_ = nullptr;
  std::size_t capacity_ = 0;
  endpoint sender_;
};

class [[nodiscard]] receive_operation final : public receive_base {
 public:
  receive_operation(datagram_core* core, std::size_t max) noexcept : receive_base(core, max) {}
  receive_operation(receive_operation&&) noexcept = default;
  std::string result();
  const char* describe() const noexcept override { return "receive"; }
};

class [[nodiscard]] receive_from_operation final : public receive_base {
 public:
  receive_from_operation(datagram_core* core, std::size_t max) noexcept : receive_base(core, max) {}
  receive_from_operation(receive_from_operation&&) noexcept = default;
  datagram result();
  const char* describe() const noexcept override { return "receive_from"; }
};

class [[nodiscard]] receive_into_operation final : public receive_base {
 public:
  receive_into_operation(datagram_core* core, std::span<char> into) noexcept
      : receive_base(core, into) {}
  receive_into_operation(receive_into_operation&&) noexcept = default;
  datagram_info result();
  const char* describe() const noexcept override { return "receive_into"; }
};

class [[nodiscard]] send_datagram_operation final : public datagram_operation, private timer {
 public:
  send_datagram_operation(datagram_core* core, std::string_view data) noexcept
      : datagram_operation(core), data_(data) {}
  send_datagram_operation(datagram_core* core, std::string_view data, const endpoint& to) noexcept
      : datagram_operation(core), data_(data), to_(to), addressed_(true) {}
  send_datagram_operation(send_datagram_operation&&) noexcept = default;
  bool begin() noexcept override;
  bool cancel() noexcept override;
  void kernel_done(std::int64_t result) noexcept override;
  void result();
  const char* describe() const noexcept override { return addressed_ ? "send_to" : "send"; }
  std::string detail() const override;

 private:
  bool attempt() noexcept;
  void ask_again_later() noexcept;

  std::string_view data_;
  endpoint to_;
  bool addressed_ = false;
  std::int64_t pause_ = 0;
};

}  // namespace detail

}}  // namespace rondo::v0
