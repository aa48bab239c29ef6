// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>

#include <rondo/coro/detail/cancel_reason.hpp>
#include <rondo/coro/detail/entry.hpp>
#include <rondo/coro/detail/scheduler.hpp>
#include <rondo/coro/detail/source_name.hpp>
#include <rondo/coro/detail/step_record.hpp>
#include <rondo/detail/config.hpp>

namespace rondo { inline namespace v0 { namespace detail {

class operation;
class promise_base;
struct context;

/// One concurrent activity. Every one of them is in one tree: `run` makes the
/// root, whatever runs things at the same time makes children. A plain
/// `co_await f()` makes no node: it is a call, and its frames belong to the
/// node that runs them.
///
/// A node runs either a coroutine (root_ is the promise of its outermost frame)
/// or a single operation without any frame.
///
///            post_start()          begin                suspend
///   created ------------> ready ---------> running <-------------> waiting
///                                             |      complete/fire    |
///                                    result   v                       | cancel
///                                           done <----- unwinding <---+
///
/// A cancelled node is unwound only while it waits: frames are destroyed leaf
/// first from the loop's top level, so every destructor runs while what its
/// object refers to is alive. A ready node is resumed first (completion wins).
class node : public entry {
 public:
  node() = default;
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  scheduler& sched() const noexcept { return *sched_; }
  node* parent() const noexcept { return parent_; }
  node* first_child() const noexcept { return first_child_; }
  node* next_sibling() const noexcept { return next_sibling_; }
  operation* waiting_on() const noexcept { return waiting_on_; }
  promise_base* leaf() const noexcept { return leaf_; }
  promise_base* root() const noexcept { return root_; }
  bool cancel_requested() const noexcept { return cancel_requested_; }
  bool unwinding() const noexcept { return unwinding_; }
  bool done() const noexcept { return done_; }
  bool started() const noexcept { return started_; }
  void set_shielded() noexcept { shielded_ = true; }

  /// Joins the tree below parent, takes over its context and, unless shielded,
  /// its cancellation; and starts in the next turn.
  void start_below(node& parent) noexcept;

  /// Asks this node and everything below it to stop, for one reason. Stops at shields.
  /// Never runs user code, never resumes, destroys or allocates (but for the reason).
  void request_cancel() noexcept;
  void request_cancel(const cancel_reason& why) noexcept {
    if (why) set_reason(why);
    request_cancel();
  }
  /// The same for everything below this node, not for itself.
  void cancel_children() noexcept;
  /// Even what is shielded: for a loop that must close and could not otherwise.
  void cancel_children_through_shields() noexcept;

  /// The name given by the user, else that of the outermost coroutine, else of
  /// the operation.
  std::string name() const;
  /// A number that no other node has or will have, unlike its address. It takes memory when it
  /// is first asked for; 0: it never was.
  std::uint64_t identity();
  std::uint64_t known_identity() const noexcept;
  /// The name given by the user, or empty.
  std::string_view given_name() const noexcept;
  void set_name(std::string name);
  /// Why it was asked to stop.
  cancel_reason why_cancelled() const noexcept {
    return details_ ? reason_in_details() : cancel_reason();
  }

  context* ctx = nullptr;  ///< what context_var::get sees; owned by counting

  /// The promise of a coroutine that this node will run.
  void set_root(promise_base& promise) noexcept { root_ = &promise; }
  /// Takes the promise of a coroutine that never began away again.
  promise_base* take_root() noexcept { return std::exchange(root_, nullptr); }
  /// The operation that this node will run.
  void set_hosted(operation& op) noexcept { waiting_on_ = &op; }

  /// Destroys the frame of the finished root coroutine, on this node's behalf.
  void destroy_root() noexcept;

  /// Whether the frame at this address has been destroyed by the unwinding that
  /// is going on: its owner must not do it again.
  bool has_unwound(const void* frame) const noexcept { return unwound_ == frame; }

 protected:
  ~node();

  /// Called once from the loop's top level when the body has ended: with
  /// stopped == false, the result is in the root's promise or the operation and
  /// must be taken, and the frame destroyed; with true, the frames are gone.
  virtual void settle(bool stopped) noexcept = 0;

  /// Makes this the root of a tree: it runs nothing itself.
  void adopt(scheduler& s) noexcept {
    sched_ = &s;
    started_ = true;
  }
  /// Leaves the tree; the node is done.
  void leave_tree() noexcept;

 private:
  friend class operation;
  friend class scheduler;
  friend class tree_printer;

  void link(node& parent) noexcept;
  void unwind() noexcept;
  void cancel_self() noexcept;
  /// Unless it is cancelled already.
  [[gnu::noinline]] void set_reason(const cancel_reason& why) noexcept;
  [[gnu::noinline]] void share_reason_of(const node& other) noexcept;
  cancel_reason reason_in_details() const noexcept;
  void cancel_below(bool through_shields) noexcept;
  static void start(entry& e) noexcept;

  struct details;  // name, reason and identity: most nodes have none of them

  scheduler* sched_ = nullptr;
  node* parent_ = nullptr;
  node* first_child_ = nullptr;
  node* next_sibling_ = nullptr;
  node* previous_sibling_ = nullptr;  // circular: the first child's is the last
  operation* waiting_on_ = nullptr;
  promise_base* leaf_ = nullptr;
  promise_base* root_ = nullptr;
  const void* unwound_ = nullptr;
  details* details_ = nullptr;
  bool cancel_requested_ = false;
  bool shielded_ = false;
  bool started_ = false;
  bool unwinding_ = false;
  bool done_ = false;
};

/// Ends the program: g++ 12 makes nothing of the body of a coroutine whose
/// outermost block declares no variable and which has a co_await in a condition.
[[noreturn]] void coroutine_lost(const node& n) noexcept;

/// While it lives, code runs in the name of n: a composite that calls what its
/// user gave it.
class running_as {
 public:
  explicit running_as(node& n) noexcept
      : sched_(n.sched()), outer_(std::exchange(sched_.current, &n)) {
    if (sched_.step && outer_ != &n) [[unlikely]]
      sched_.step->resumes(n);
  }
  running_as(const running_as&) = delete;
  running_as& operator=(const running_as&) = delete;
  ~running_as() { sched_.current = outer_; }

 private:
  scheduler& sched_;
  node* outer_;
};

inline void scheduler::resume(node& n, std::coroutine_handle<> h) noexcept {
  current = &n;
  budget_ = turn_budget;
  stack_base_ = static_cast<char*>(__builtin_frame_address(0));
  if (step) [[unlikely]]
    begin_resume(n);
  pending_ = h;
  do {
    std::exchange(pending_, {}).resume();
  } while (pending_);
#if RONDO_GCC_BEFORE_13
  if (!finished && !n.waiting_on_) [[unlikely]]
    coroutine_lost(n);
#endif
  if (step) [[unlikely]]
    end_resume(n);
  current = nullptr;
  if (finished) std::exchange(finished, nullptr)->settle(false);
}

}}}  // namespace rondo::v0::detail
