// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/detail/node.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Something that a node waits for: a sleep, a queue's get, a read, a gather.
///
/// It lives in the frame of the coroutine that awaits it, or directly in a
/// node. It completes through its queue entry and never holds a coroutine
/// handle, so whatever combines operations can host one without a frame.
///
/// A concrete operation is `final`, movable until it is begun, and has:
///
///   bool begin() noexcept override;    // true: has completed; false: complete() follows
///   bool cancel() noexcept override;   // true: will never complete; false: complete() follows
///   T result();                        // called once after completion; may throw
///   const char* describe() const noexcept override;    // "sleep"
///
/// begin and cancel never run user code, never resume, destroy or unlink nodes.
/// complete() must be called on the loop's thread, at most once, from anywhere.
///
/// An operation is awaited once: most use their state up. The check is part of
/// attach, one comparison.
///
///            begin()==false        complete()          fire
///    idle -----------------> waiting ----------> ready ------> done (resumed)
///     |                        | cancel()==true   ^  '-stopped-> done (unwound)
///     | cancelled or no budget '------------------'
///     '--------> deferred (begins in the next turn, or never)
class operation : public entry {
 public:
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;

  virtual bool begin() noexcept = 0;
  virtual bool cancel() noexcept = 0;
  virtual const char* describe() const noexcept = 0;
  /// More about what it waits for, for the task tree: "127.0.0.1:80". May be empty.
  virtual std::string detail() const { return {}; }

  node* waiter() const noexcept { return node_; }
  /// The coroutine whose co_await this is part of, also when a gather or the like
  /// runs it; null before it is begun.
  const promise_base* awaited_in() const noexcept;
  bool waiting() const noexcept { return state_ == state::waiting; }
  bool ready() const noexcept { return state_ == state::ready; }
  /// Begun, and neither resumed nor unwound yet.
  bool in_flight() const noexcept { return state_ > state::done; }

  /// Makes awaiting an operation in another library's coroutine a readable error.
  template <class Never = void>
  void operator co_await() const {
    static_assert(sizeof(Never*) == 0,
                  "rondo: a Rondo operation can be awaited only inside a coroutine that returns "
                  "rondo::task or rondo::async_generator; from elsewhere start it with rondo::run "
                  "or rondo::run_coroutine_threadsafe");
  }

  /// Aborts if it is in flight. Whoever holds an operation calls this before
  /// destroying it: in ~operation its name is gone already.
  void check_idle() const noexcept {
    if (in_flight()) [[unlikely]]
      destroyed_in_flight(describe());
  }

  /// A coroutine awaits this. True: completed at once, no need to suspend.
  bool attach(promise_base& awaiter) noexcept;
  /// The coroutine is suspended now; where is the place of its co_await.
  void suspend(promise_base& awaiter) noexcept;
  /// A node without a coroutine runs this.
  void begin_hosted(node& host) noexcept;

  /// In place of completing: lets others run and calls begin again in the next
  /// turn. Cancelled before that, it stops here.
  void begin_again_next_turn() noexcept;

  void complete() noexcept;
  /// Completes as stopped: the node will be unwound.
  void complete_stopped() noexcept;
  /// How an operation ends whose end had to be waited for after it was told to stop: a
  /// composite of its children, a request of the kernel. Completion wins: what was done in
  /// spite of that is delivered, and the task stops at its next suspension. Cut short, it
  /// has nothing to deliver, and if its task is being cancelled that is why: the task stops
  /// here. Else whoever was cut short did it himself, and result() says so.
  void complete_or_stop(bool cut_short) noexcept;

 protected:
  operation() noexcept { fire = &fired; }
  operation(operation&& other) noexcept : entry() {
    fire = &fired;
    if (other.state_ != state::idle) [[unlikely]]
      other.moved_after_begin();
  }
  ~operation() {
    if (in_flight()) [[unlikely]]
      destroyed_in_flight("?");
  }

 private:
  friend class node;
  enum class state : unsigned char { idle, done, deferred, waiting, ready };

  [[noreturn]] void awaited_again(const node* by, const promise_base* awaiter) const noexcept;
  [[noreturn]] void moved_after_begin() const noexcept;
  [[noreturn]] void destroyed_in_flight(const char* name) const noexcept;
  static void fired(entry& e) noexcept;
  static void deferred(entry& e) noexcept;

  node* node_ = nullptr;
  promise_base* awaiter_ = nullptr;  // null: the node hosts this directly
  state state_ = state::idle;
  bool stopped_ = false;
};

/// An operation that waits for child nodes of the node that awaits it. The walk
/// of node::request_cancel reaches the children by itself.
class composite : public operation {
 public:
  bool cancel() noexcept override { return false; }
  /// A child has ended and left the tree. May destroy it.
  virtual void child_done(node& child) noexcept = 0;

 protected:
  composite() = default;
  composite(composite&&) = default;
  ~composite() = default;
};

}}}  // namespace rondo::v0::detail
