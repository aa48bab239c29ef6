// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

namespace rondo { inline namespace v0 { namespace redis {

class connection;

namespace detail {

class client_core;
class lease;

/// A reference to a client's core, which only src/ knows.
class core_handle {
 public:
  core_handle() noexcept = default;
  explicit core_handle(client_core* core) noexcept;
  core_handle(const core_handle& other) noexcept : core_handle(other.core_) {}
  core_handle(core_handle&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  core_handle& operator=(core_handle other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~core_handle();
  client_core* get() const noexcept { return core_; }

 private:
  client_core* core_ = nullptr;
};

struct end_lease {
  void operator()(lease* l) const noexcept;
};
using lease_handle = std::unique_ptr<lease, end_lease>;

/// The one that a connection has, or null.
struct lease_of {
  static lease* get(const connection& c) noexcept;
};

}  // namespace detail
}}}  // namespace rondo::v0::redis
