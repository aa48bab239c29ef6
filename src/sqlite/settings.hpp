// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <rondo/sqlite/detail/user_function.hpp>
#include <rondo/sqlite/options.hpp>

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

/// The functions that every connection gets, also one that is opened later. Thread safe.
class function_registry {
 public:
  void add(std::shared_ptr<const user_function> f) {
    std::lock_guard lock(mutex_);
    functions_.push_back(std::move(f));
    count_.store(functions_.size(), std::memory_order_release);
  }
  std::size_t count() const noexcept { return count_.load(std::memory_order_acquire); }
  std::shared_ptr<const user_function> at(std::size_t i) const {
    std::lock_guard lock(mutex_);
    return functions_[i];
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const user_function>> functions_;
  std::atomic<std::size_t> count_{0};
};

/// What all connections of a database have in common. Constant once they are opened, but
/// for the functions.
struct settings : std::enable_shared_from_this<settings> {
  settings(std::string file, const open_options& o)
      : path(std::move(file)), options(o), on_connect(o.on_connect) {
    options.on_connect = on_connect;
  }
  settings(const settings&) = delete;
  settings& operator=(const settings&) = delete;

  bool in_memory() const noexcept { return path.empty() || path == ":memory:"; }
  /// Connections beside the writer.
  int readers() const noexcept {
    bool alone = in_memory() || options.journal != journal::wal;
    return alone ? 0 : options.readers;
  }

  const std::string path;
  open_options options;
  const std::string on_connect;
  function_registry functions;
};

}}}}  // namespace rondo::v0::sqlite::detail
