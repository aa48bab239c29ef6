// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <exception>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include <rondo/coro/create_task.hpp>

namespace rondo { inline namespace v0 {

class task_group;

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
  bool child_cancelled_ = false;  // the body or a task
};

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

/// Group is task_group: it is made of what stands above, and only declared here.
template <class F, class Group>
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
      if constexpr (group_body<std::invoke_result_t<function&, Group&>>::coroutine) {
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
      if (body_->result.cancelled() && cancelled_itself()) return;
    }
    return std::move(body_->result).get();
  }

 private:
  node* body_node() noexcept override { return body_ ? &*body_ : nullptr; }
  F function_;
  Group group_;
  std::optional<child<task<value_type>>> body_;
};

}  // namespace detail

}}  // namespace rondo::v0
