// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/io/stream.hpp>
#include <rondo/io/subprocess.hpp>
#include <rondo/process/process_pool.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// A worker as its pool sees it: a process and the socket to it. Destroyed while
/// it runs, it is killed and reaped by the loop.
class worker {
 public:
  /// Starts one, on a thread: the loop goes on. Throws std::system_error. Not to be
  /// cancelled: nobody would know of the process.
  static task<std::unique_ptr<worker>> start(std::size_t max_message);

  int pid() const { return process_.pid(); }
  /// It has not ended and nobody has killed it.
  bool usable() const noexcept { return !killed_ && !core_->try_reap(); }
  /// It has come to its calls.
  bool served() const noexcept { return greeted_; }
  /// It, and whatever else is in its process group. The socket and the pidfd tell
  /// when it has ended. False: it cannot be killed.
  bool kill() noexcept;

  struct answer {
    enum class kind : unsigned char { reply, none, garbage };
    kind what = kind::none;
    packed reply;
  };
  /// Has it run f; `none` if it ends before it has replied. Not after that.
  task<answer> call(const remote_function& f, const packed& arguments);
  /// Kills what still runs, waits for its end, and says how it was: "worker 12 was
  /// killed by SIGSEGV".
  task<std::string> end();

  std::size_t calls = 0;

 private:
  explicit worker(std::size_t max_message);
  task<answer> exchange(const remote_function& f, const packed& arguments);
  task<answer> receive();

  const std::size_t max_message_;
  stream socket_;
  subprocess_core* core_;
  process process_;                       // owns the core
  std::optional<std::size_t> announced_;  // the length of a frame whose rest is to come
  bool greeted_ = false;
  bool killed_ = false;
};

}}}  // namespace rondo::v0::detail
