// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/coro/detail/node.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/detail/list.hpp>
#include <rondo/loop/loop.hpp>
#include "sqlite/crew.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

class hold;

/// A database, for its loop: what database, transactions and statements share. Its threads
/// end when nobody refers to it any more, and at the latest with the loop.
class core : public rondo::detail::counted<core>, public rondo::detail::list_link<core> {
 public:
  core(std::string path, const open_options& options);

  crew& writer() noexcept { return readers_only_ ? *readers_ : writer_; }
  /// The writer where there is no other.
  crew& readers() noexcept { return readers_ ? *readers_ : writer_; }
  bool has_readers() const noexcept { return readers_.has_value(); }
  settings& shared() noexcept { return *settings_; }
  const std::string& path() const noexcept { return settings_->path; }
  bool of_parent() const noexcept { return writer_.of_parent(); }

  /// Throws usage_error when this task holds as many connections of the crew as it can have.
  /// Gives how many it holds.
  std::size_t check_not_waiting_for_itself(const crew& c) const;

  /// Without waiting for anybody but the threads' statements.
  void close() noexcept;
  void join() noexcept;
  bool ended() const noexcept;

  void last_reference_gone() noexcept;

  const rondo::detail::scheduler_id home = rondo::detail::this_thread_scheduler_id;

 private:
  friend class hold;
  friend class databases_of_loop;
  friend counted;
  ~core() = default;

  const std::shared_ptr<settings> settings_;
  const bool readers_only_;
  crew writer_;
  std::optional<crew> readers_;
  rondo::detail::list<hold> holds_;
  bool orphan_ = false;  // nobody refers to it
};

/// The databases of a loop. Destroyed with the loop, it ends their threads.
class databases_of_loop {
 public:
  explicit databases_of_loop(loop&) noexcept {}
  databases_of_loop(const databases_of_loop&) = delete;
  databases_of_loop& operator=(const databases_of_loop&) = delete;
  ~databases_of_loop();
  void add(core& c) noexcept;

 private:
  rondo::detail::list<core> all_;
};

/// While it lives, a task has a connection for itself. Of a reader, which keeps the log from
/// being cut, it is told when that takes long.
class hold : public rondo::detail::list_link<hold> {
 public:
  /// In the task. what: "rows of select …", for that report.
  hold(rondo::detail::ref<core> c, crew& of, std::string what);
  hold(const hold&) = delete;
  hold& operator=(const hold&) = delete;
  ~hold() {
    unlink();
    if (!core_->of_parent()) long_time_.cancel();
  }

  /// The task that runs now has it from here on.
  void taken_over() { holder_ = rondo::detail::this_thread_scheduler->current->identity(); }

 private:
  friend core;
  void report() const noexcept;

  const rondo::detail::ref<core> core_;
  const crew& of_;
  std::uint64_t holder_;  // not its address, which another task may have by now
  std::string what_;
  scheduled long_time_;
};

}}}}  // namespace rondo::v0::sqlite::detail
