// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/coro/create_task.hpp>

namespace rondo { inline namespace v0 {

namespace detail {

/// What runs a group: its body and its tasks are children of the node that
/// awaits with_task_group.
class group_core : public composite, public supervisor {
 public:
  template <class B>
  task_handle<typename body<B>::value_type> add(B&& b, std::string name,
                                                std::source_location where) {
    check_open();
    auto* task = new spawned<B>(std::forward<B>(b));
    task_handle<typename body<B>::value_type> handle(task);
    task->created_at(where);
    if (waiter()->sched().debug) [[unlikely]]
      note_borrowing(*task);
    if (!name.empty()) task->set_name(std::move(name));
    launch(*task);
    return handle;
  }
  void cancel_group();
  bool cancelled_itself() const noexcept { return cancelled_itself_; }

  void spawned_done(spawned_base& task) noexcept override;
  const char* describe() const noexcept override { return "task_group"; }

 protected:
  group_core() = default;
  group_core(group_core&&) = default;
  ~group_core() = default;
  void body_begun() noexcept { ++running_; }
  /// The body has ended; an exception of it counts like a task's.
  void body_done(bool cancelled, std::exception_ptr error) noexcept;
  void check() const;
  /// Null until it is made.
  virtual node* body_node() noexcept = 0;

 private:
  void require_own_thread(const char* caller) const;
  void check_open() const;
  void launch(spawned_base& task) noexcept;
  void note_borrowing(spawned_base& task) noexcept;
  void report_borrowing() noexcept;
  void fail(std::exception_ptr error) noexcept;
  void one_less() noexcept;

  std::size_t running_ = 0;
  std::exception_ptr error_;
  bool cancelled_itself_ = false;
  bool body_cancelled_ = false;
  bool task_cancelled_ = false;
};

}  // namespace detail

/// The group that with_task_group hands to its body. Tasks that it creates end
/// before with_task_group does, so they may use whatever was declared *outside*
/// of the group's lambda; what the lambda itself declares may be gone before
/// them. In debug mode a task that refers to such a thing when it is created, and is
/// there when the lambda has ended, is reported (problem::dangling_reference).
///
/// Belongs to the loop's thread: elsewhere all of it throws usage_error.
class task_group {
 public:
  explicit task_group(detail::group_core& core) noexcept : core_(core) {}
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  /// Starts a task in the group. Its failure cancels the group; await the handle
  /// for its result, or drop it. Throws usage_error once the group has ended.
  template <class T>
  task_handle<T> create_task(task<T> what RONDO_CAPTURED_BY(this) RONDO_LIFETIMEBOUND,
                             std::string name = {},
                             std::source_location where = std::source_location::current()) {
    return core_.add(std::move(what), std::move(name), where);
  }
  template <class A>
    requires(detail::awaitable<A> && !detail::task_type<A>)
  auto create_task(A&& what, std::string name = {},
                   std::source_location where = std::source_location::current()) {
    return core_.add(detail::make_body(std::forward<A>(what)), std::move(name), where);
  }
  /// Starts `f(args…)` with copies of f and args that live as long as it does. f is
  /// called at once, and what it throws is thrown here.
  template <class F, class... Args>
    requires(!detail::awaitable<F> && std::is_invocable_v<std::decay_t<F>&, std::decay_t<Args>...>)
  auto create_task(F&& f, Args&&... args) {
    auto owned = detail::own_call(std::forward<F>(f), std::forward<Args>(args)...);
    using handle = detail::handle_for_closure<F, typename decltype(owned)::value_type>;
    return handle(core_.add(std::move(owned), {}, {}));
  }

  /// Cancels the body and all tasks of the group; with_task_group then returns
  /// as if they had ended by themselves.
  void cancel() { core_.cancel_group(); }

 private:
  detail::group_core& core_;
};

namespace detail {

template <class R>
struct group_body {
  using type = R;
  static constexpr bool coroutine = false;
};
template <class T>
struct group_body<task<T>> {
  using type = T;
  static constexpr bool coroutine = true;
};

template <class F>
using group_result = typename group_body<std::invoke_result_t<F&, task_group&>>::type;

// g++ 12 warns that a frame with a reference to a lambda of another coroutine
// has no linkage, as if that were a mistake.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif
template <class F>
task<group_result<F>> run_plain_body(F& f, task_group& group) {
  co_return f(group);
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

template <class F>
class [[nodiscard]] group_operation final : public group_core {
  using function = std::remove_reference_t<F>;
  using value_type = group_result<function>;

 public:
  explicit group_operation(F&& f) : function_(std::forward<F>(f)), group_(*this) {}
  group_operation(group_operation&& other)
      : group_core(std::move(other)), function_(std::forward<F>(other.function_)), group_(*this) {}

  bool begin() noexcept override {
    body_begun();
    try {
      if constexpr (group_body<std::invoke_result_t<function&, task_group&>>::coroutine) {
        body_.emplace(function_(group_));
      } else {
        body_.emplace(run_plain_body<function>(function_, group_));
      }
    } catch (...) {
      body_done(false, std::current_exception());
      return false;
    }
    body_->start_below(*waiter());
    return false;
  }
  void child_done(node&) noexcept override {
    body_done(body_->result.cancelled(), body_->result.exception());
  }
  value_type result() {
    check();
    if constexpr (std::is_void_v<value_type>) {
      return;
    } else {
      return std::move(body_->result).get();
    }
  }

 private:
  node* body_node() noexcept override { return body_ ? &*body_ : nullptr; }
  F function_;
  task_group group_;
  std::optional<child<task<value_type>>> body_;
};

}  // namespace detail

/// Runs `f(group)`, then waits until every task that was created in the group
/// has ended: `async with asyncio.TaskGroup() as tg:`. f is plain or a coroutine
/// lambda; its value is the result. What the tasks use is declared outside of f.
///
///     co_await rondo::with_task_group([&](rondo::task_group& tg) {
///       tg.create_task(fetch(a));
///       tg.create_task(fetch(b));
///     });
///
/// The first failure, of f or of a task, cancels the rest; when all have ended it
/// is thrown with its own type, and further ones go to the loop's exception
/// handler. A task that cancelled itself is ignored. Cancelling the awaiting task
/// cancels all and waits for them. The lambda lives until the group has ended.
template <class F>
  requires std::is_invocable_v<std::remove_reference_t<F>&, task_group&>
auto with_task_group(F&& f) {
  RONDO_CHECK_CLOSURE(F);
  return detail::group_operation<F>(std::forward<F>(f));
}

}}  // namespace rondo::v0
