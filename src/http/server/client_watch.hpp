// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <rondo/coro/detail/node.hpp>
#include <rondo/coro/task_handle.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/sync/event.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

/// Watches a client whose request takes long: when it has gone, what serves it is cancelled.
/// A task of its own, which the connection shares the state with.
///
/// A client that closes its end is not interested any more. But one that has announced its
/// last request (Connection: close) may end its side and wait for the reply, as `nc -N` does;
/// nobody can tell that from one that is gone before something is sent to it. So it must be
/// reset to count as gone.
class client_watch {
 public:
  /// early: replies of before, which need not wait for this one; they are taken, and sent
  /// first. Null, and early is as it was, when there is no memory: then nobody watches.
  static std::shared_ptr<client_watch> begin(rondo::detail::node& server,
                                             rondo::detail::stream_core& client, std::string& early,
                                             bool is_last_request) noexcept;
  client_watch(rondo::detail::node& server, rondo::detail::stream_core& client,
               bool is_last_request) noexcept;
  client_watch(const client_watch&) = delete;
  client_watch& operator=(const client_watch&) = delete;

  /// Nothing else may be written before.
  event& early_sent() noexcept { return early_sent_; }
  /// It needs no watching any more.
  void end() noexcept;

 private:
  static task<> run(std::shared_ptr<client_watch> its);

  rondo::detail::node* server_;  // null: it has ended
  rondo::detail::ref<rondo::detail::stream_core> client_;
  std::string early_;
  event early_sent_;
  task_handle<> task_;
  bool may_half_close_;  // the client has said that it sends no more requests
};

}}}  // namespace rondo::v0::http::detail
