// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/loop/loop.hpp>

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <cstdlib>
#include <cstring>

#include <rondo/coro/current_task.hpp>
#include <rondo/coro/detail/backtrace.hpp>
#include "coro/fatal.hpp"
#include "loop/backend.hpp"
#include "loop/callback.hpp"
#include "loop/child_of_fork.hpp"
#include "loop/interrupt.hpp"
#include "loop/loop_link.hpp"
#include "loop/standard_fds.hpp"
#include "loop/watchdog.hpp"

namespace rondo { inline namespace v0 {

namespace {

bool debug_wanted(const loop_options& options) {
#ifndef NDEBUG
  constexpr bool debug_build = true;
#else
  constexpr bool debug_build = false;
#endif
  if (const char* variable = std::getenv("RONDO_DEBUG")) return std::strcmp(variable, "0") != 0;
  return options.debug || debug_build;
}

}  // namespace

/// The node above all tasks of a loop.
class loop::top_node final : public detail::node {
 public:
  explicit top_node(detail::scheduler& s) { adopt(s); }

 private:
  void settle(bool) noexcept override {}
};

struct loop::local_entry {
  const void* key;
  void* object;
  void (*destroy)(void*) noexcept;
  local_entry* next;
};

loop::loop(loop_options options) {
  if (detail::this_thread_scheduler)
    throw usage_error(
        "run: a loop runs on this thread already; co_await the task instead of calling run, or "
        "call run on another thread");
  detail::occupy_standard_fds();
  detail::leave_loops_in_children();
  backend_ = detail::make_backend(options.backend);
  try {
    link_ = detail::loop_link::make(*backend_);
    top_ = new top_node(*this);
    debug = debug_wanted(options);
    if (debug) {
      detail::forget_departures();
      watchdog_ = new detail::watchdog;
      step = &watchdog_->step();
      detail::watch_frames(true);
    }
  } catch (...) {
    delete top_;
    if (link_) link_->release();
    delete backend_;
    throw;
  }
  top = top_;
  outside = link_;
  enter_thread();
}

loop::~loop() {
  end_all();
  link_->close();
  closing_ = true;  // from here on no callback is accepted
  // Those accepted before are called; tasks that they make are cancelled before
  // they begin.
  link_->drain(*this);
  while (has_ready()) {
    run_turn();
    end_all();
  }
  // A destructor may begin what the loop has to wait for (finish_in_background).
  while (locals_) {
    local_entry* l = std::exchange(locals_, locals_->next);
    l->destroy(l->object);
    delete l;
    end_all();
  }
  // The kernel's last answers to what they withdrew.
  while (backend_->in_flight() > 0) backend_->poll(detail::timer_queue::never, false);
  while (has_ready()) run_turn();
  timers_.advance(detail::timer_queue::never);  // frees the callbacks not yet due
  // There is no time any more for what their destructors began.
  top_->cancel_children_through_shields();
  end_all();
  leave_thread();
  if (debug) detail::watch_frames(false);
  step = nullptr;
  delete watchdog_;
  delete top_;
  link_->release();
  delete backend_;
  if (guest_fd_ >= 0) ::close(guest_fd_);
  if (guest_timer_fd_ >= 0) ::close(guest_timer_fd_);
}

loop& loop::current() { return static_cast<loop&>(detail::running_scheduler("loop::current")); }

backend_kind loop::backend() const noexcept { return backend_->kind(); }
std::int64_t loop::now_ns() const noexcept { return backend_->now(); }
time_point loop::time() const noexcept { return time_point(std::chrono::nanoseconds(now_ns())); }

loop_ref loop::ref() noexcept { return loop_ref(link_); }

void loop::throw_wrong_thread(const char* caller) const {
  throw usage_error(std::string("loop::") + caller +
                    ": this loop belongs to another thread; use loop_ref::call_soon_threadsafe or "
                    "run_coroutine_threadsafe");
}

void loop::require_outside(const char* caller) const {
  require_own_thread(caller);
  if (in_turn_)
    throw usage_error(std::string("loop::") + caller +
                      ": called by a task or a callback of this loop; co_await there");
}

void loop::post_call(detail::unique_function<void()> f, detail::code_place where) {
  if (closing_) return;
  auto* call = new detail::posted_call(std::move(f), "call_soon", where);
  call->capture_context();
  post(*call);
  notify_guest();
}

scheduled loop::post_call_at(std::int64_t when, detail::unique_function<void()> f, const char* kind,
                             detail::code_place where) {
  if (closing_) return {};
  auto* c = new detail::scheduled_call;
  c->function = std::move(f);
  c->queue = &timers_;
  c->sched = this;
  c->kind = kind;
  c->asked_for_at = where;
  c->expire = &detail::scheduled_call::due;
  c->fire = &detail::scheduled_call::call;
  c->retain();  // for the queue
  c->retain();  // for what is returned
  timers_.arm(*c, when);
  notify_guest();
  return scheduled(c);
}

void* loop::find_local(const void* key) noexcept {
  for (local_entry* l = locals_; l; l = l->next)
    if (l->key == key) return l->object;
  return nullptr;
}

void loop::add_local(const void* key, void* object, void (*destroy)(void*) noexcept) {
  locals_ = new local_entry{key, object, destroy, locals_};
}

bool loop::turn(bool may_wait) noexcept {
  if (link_->has_posts()) link_->drain(*this);
  // The kernel before timers: what has completed wins over its timeout.
  if (has_ready()) {
    // A busy loop looks at epoll, where looking is a system call, less often.
    constexpr unsigned busy_turns = 16;
    if (backend_->wants_poll() || ++turns_without_poll_ >= busy_turns) {
      turns_without_poll_ = 0;
      if (backend_->in_flight() > 0 || backend_->wants_poll()) backend_->poll(0, false);
    }
  } else {
    turns_without_poll_ = 0;
    std::int64_t wakeup = timers_.next_wakeup();
    if (!may_wait) {
      backend_->poll(0, false);
    } else if (wakeup == detail::timer_queue::never && backend_->in_flight() == 0 &&
               link_->holders() == 0 && !link_->has_posts()) {
      detail::deliver_interrupt();  // Ctrl-C ends what nothing else would
      if (!has_ready()) return false;
    } else {
      backend_->poll(wakeup, threads_at_work > 0);
    }
    if (link_->has_posts()) link_->drain(*this);
  }
  detail::deliver_interrupt();
  if (!timers_.empty()) {
    std::int64_t now = backend_->now();
    if (timers_.may_be_due(now)) {
      if (turns_without_poll_ > 0 && backend_->in_flight() > 0) {
        turns_without_poll_ = 0;
        backend_->poll(0, false);
      }
      timers_.advance(now);
    }
  }
  in_turn_ = true;
  run_turn();
  in_turn_ = false;
  return true;
}

void loop::cancel_all_and_wait() {
  require_outside("cancel_all_and_wait");
  top_->cancel_children();
  while (top_->first_child()) {
    if (!turn(true)) throw_deadlock();
    // Tasks made by destructors of the cancelled ones.
    top_->cancel_children();
  }
}

// Like cancel_all_and_wait where no exception can be thrown: what a deadlock
// holds behind a shield is cancelled too.
void loop::end_all() noexcept {
  top_->cancel_children();
  while (top_->first_child()) {
    if (!turn(true)) {
      top_->cancel_children_through_shields();
      if (!has_ready())
        detail::fatal("the loop cannot close: these tasks cannot be ended\n" + format_task_tree());
    }
    top_->cancel_children();
  }
}

void loop::throw_deadlock() {
  std::string message =
      "deadlock: every task waits and nothing can wake one: no operation is in flight, no timer is "
      "armed, no other thread holds the loop\n" +
      format_task_tree();
  report({problem::deadlock, message});
  throw deadlock_error(message);
}

time_point now() noexcept {
  if (detail::this_thread_scheduler) return loop::current().time();
  return time_point(std::chrono::nanoseconds(detail::monotonic_now()));
}

void loop::run_once() {
  require_outside("run_once");
  turn(false);
  arm_kernel_timer();
}

int loop::fd() {
  require_own_thread("fd");
  if (guest_fd_ < 0 && backend_->fd() >= 0) {
    guest_fd_ = ::epoll_create1(EPOLL_CLOEXEC);
    guest_timer_fd_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(guest_fd_, EPOLL_CTL_ADD, backend_->fd(), &event);
    ::epoll_ctl(guest_fd_, EPOLL_CTL_ADD, guest_timer_fd_, &event);
    arm_kernel_timer();
  }
  return guest_fd_;
}

// A foreign loop sleeps in its own poll: a timerfd tells it of our timers and of
// what is ready already.
void loop::arm_kernel_timer() noexcept {
  if (guest_timer_fd_ < 0) return;
  if (backend_->wants_poll()) backend_->poll(0, false);  // submit what was begun meanwhile
  std::int64_t wakeup = has_ready() ? 1 : timers_.next_wakeup();
  itimerspec when{};
  if (wakeup != detail::timer_queue::never) {
    if (wakeup < 1) wakeup = 1;
    when.it_value.tv_sec = wakeup / 1'000'000'000;
    when.it_value.tv_nsec = wakeup % 1'000'000'000;
  }
  ::timerfd_settime(guest_timer_fd_, TFD_TIMER_ABSTIME, &when, nullptr);
}

}}  // namespace rondo::v0
