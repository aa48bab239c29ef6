// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/io/detail/spawn.hpp>
#include <rondo/io/exit_status.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/loop/detail/io_operation.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

struct subprocess_output;
enum class when_over_limit : unsigned char;

namespace detail {

class subprocess_core;

using subprocess_ref = ref<subprocess_core>;

/// A child with its pipes. Counted: by its process and by what waits for it, so
/// that the pidfd is open until the kernel has let go of it.
class subprocess_core : public counted<subprocess_core> {
 public:
  subprocess_core(std::string program, bool own_group, std::size_t output_limit)
      : program(std::move(program)), own_group_(own_group), output_limit_(output_limit) {}
  void set_pipe(std::size_t number, stream s) noexcept { pipes_[number] = std::move(s); }
  void started(child_process child) noexcept;

  /// Takes its status if it has ended. True: there is no more to wait for.
  bool try_reap() noexcept;
  bool reaped() const noexcept { return reaped_; }
  /// After it has been reaped. Throws std::system_error if it was by others.
  exit_status status() const;
  std::optional<exit_status> poll_status();

  /// Throws usage_error if there is none.
  stream& pipe_of(std::size_t number);
  /// number 0 sends nothing. False: nobody was there. Throws std::system_error.
  bool signal(int number, bool group) const;
  bool own_group() const noexcept { return own_group_; }

  /// communicate that leaves what it collects in the core.
  static task<> run_to_end(subprocess_ref self, std::string_view input);
  static task<subprocess_output> communicate(subprocess_ref self, std::string_view input);
  static task<exit_status> stop(subprocess_ref self, delay grace);
  /// What has been collected, and not been returned.
  subprocess_output take_output();
  /// Its process is destroyed: ends it.
  void abandon() noexcept;

  const std::string program;
  int pid = -1;
  int pidfd = -1;
  when_over_limit on_limit{};
  bool truncated = false;  // collected less than came

 private:
  friend counted;
  ~subprocess_core();
  static task<> feed(subprocess_ref self, std::string_view input);
  static task<> collect(subprocess_ref self, std::size_t number);
  void leave_group_list() noexcept;

  std::array<stream, 3> pipes_;
  std::array<std::string, 3> collected_;  // by communicate, not returned yet
  const bool own_group_;
  const std::size_t output_limit_;
  exit_status status_;
  int error_ = 0;
  bool reaped_ = false;
  bool stopping_ = false;
};

/// Waits until the pidfd says that the child has ended, and reaps it.
class [[nodiscard]] exit_operation final : public io_operation {
 public:
  explicit exit_operation(subprocess_core* core) noexcept;
  exit_operation(exit_operation&&) noexcept = default;

  bool begin() noexcept override;
  void kernel_done(std::int64_t result) noexcept override;
  exit_status result() const;
  const char* describe() const noexcept override { return "wait"; }
  std::string detail() const override;

 private:
  subprocess_ref core_;
};

}  // namespace detail

}}  // namespace rondo::v0
