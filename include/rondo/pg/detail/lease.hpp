// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <rondo/detail/counted.hpp>

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

class link;
class pool_core;
void retain(pool_core& pool) noexcept;
void release(pool_core& pool) noexcept;

/// A connection of a pool, as long as it is lent. Destroyed while statements of it are not
/// answered or a transaction is open, it gives it to the pool to be freed from them.
class lease {
 public:
  lease() noexcept = default;
  lease(pool_core& pool, link& l) noexcept;
  lease(lease&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), link_(std::exchange(other.link_, nullptr)) {}
  lease& operator=(lease&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(link_, other.link_);
    return *this;
  }
  ~lease();

  explicit operator bool() const noexcept { return link_ != nullptr; }
  link& get() const noexcept { return *link_; }
  pool_core& pool() const noexcept { return *pool_; }

 private:
  pool_core* pool_ = nullptr;
  link* link_ = nullptr;
};

}}}}  // namespace rondo::v0::pg::detail
