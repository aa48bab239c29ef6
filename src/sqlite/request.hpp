// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>

#include <rondo/detail/list.hpp>

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

class connection;
class lease;

/// Something to do on a connection's thread.
class request : public rondo::detail::list_link<request> {
 public:
  /// On the thread, with a connection that may not be open yet.
  virtual void run(connection& c) noexcept = 0;
  /// On the thread, when the connection is free for the next one. This may be gone behind it.
  virtual void finished() noexcept = 0;
  /// On the thread: it says itself whether it takes time (interruption).
  virtual bool may_be_quick() const noexcept { return false; }

 protected:
  /// holds: how many connections of the crew its task has already.
  explicit request(lease* in, std::size_t holds = 0) noexcept : holds_(holds), in_(in) {}
  ~request() = default;

  const std::size_t holds_;

 private:
  friend class crew;
  lease* const in_;  // what it is part of, or begins
  bool queued_ = false;
  std::atomic<bool> stop_{false};
};

/// One that nobody waits for; it deletes itself.
class detached_request : public request {
 public:
  using request::request;
  virtual ~detached_request() = default;
  void finished() noexcept final { delete this; }
};

}}}}  // namespace rondo::v0::sqlite::detail
