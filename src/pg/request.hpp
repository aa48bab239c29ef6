// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

#include <libpq-fe.h>

#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/detail/operation.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/detail/list.hpp>

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

class link;
class request;

/// Waits until a request is done, or has something to give.
class [[nodiscard]] request_operation final : public rondo::detail::operation {
 public:
  explicit request_operation(rondo::detail::ref<request> r) noexcept : request_(std::move(r)) {}
  request_operation(request_operation&&) noexcept = default;
  bool begin() noexcept override;
  /// At once. The request stays in its connection's queue, where it swallows what is answered.
  bool cancel() noexcept override;
  void result() const;
  const char* describe() const noexcept override { return "statement"; }
  std::string detail() const override;

 private:
  rondo::detail::ref<request> request_;
};

/// Something that was said to the server and that it answers, up to a Sync. The queue of its
/// connection holds a reference until the answer has come, whatever becomes of who asked.
class request : public rondo::detail::counted<request>, public rondo::detail::list_link<request> {
 public:
  virtual ~request() = default;

  /// Puts it into libpq's buffer, Sync included. False: libpq's error message says why.
  virtual bool send(link& on) = 0;
  /// A part of the answer, which is the callee's.
  virtual void got(link& from, PGresult* part) = 0;
  /// The null that ends the answer to one of several statements.
  virtual void statement_ended() {}
  /// There is more of it to be sent, as soon as what was said has left. Nobody else's request is
  /// sent meanwhile.
  virtual bool sends_more() const noexcept { return false; }
  virtual bool send_more(link&) { return true; }
  /// Others on the connection wait for its end.
  virtual void others_wait(link&) noexcept {}
  /// What it is, for texts: a statement, or "copy".
  virtual const std::string& text() const noexcept = 0;
  /// Whether who waits can go on before the end.
  virtual bool has_something() const noexcept { return false; }

  /// Its end. The first error counts.
  void finish(std::exception_ptr why = nullptr) noexcept;
  void fail(std::exception_ptr why) noexcept {
    if (!error) error = std::move(why);
  }
  /// Wakes who waits, if there is something.
  void wake() noexcept;
  /// Nobody wants the answer any more.
  void abandon() noexcept;

  awaitable<void> auto done() noexcept { return request_operation(rondo::detail::ref(this)); }

  link* on = nullptr;  ///< in whose queue it is
  rondo::detail::operation* waiter = nullptr;
  std::exception_ptr error;
  bool finished = false;
  bool abandoned = false;
  bool sent = false;
  bool must_run = false;  ///< what comes next builds on it: nobody stops it
};

}}}}  // namespace rondo::v0::pg::detail
