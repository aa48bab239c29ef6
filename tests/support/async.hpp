// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/run.hpp"

namespace test {

using lines = std::vector<std::string>;

/// Lets everybody else run for n turns.
inline rondo::task<> turns(int n) {
  for (; n > 0; --n) co_await rondo::sleep(0s);
}

/// A vector of handles. (g++ 12 cannot compile an initializer list, not even a
/// vector's, inside of a co_await expression.)
template <class T, class... More>
std::vector<rondo::task_handle<T>> handles(rondo::task_handle<T> first, More... more) {
  std::vector<rondo::task_handle<T>> all;
  all.push_back(std::move(first));
  (all.push_back(std::move(more)), ...);
  return all;
}

/// Waits for the end of a task, whatever it is.
template <class T>
auto ended(rondo::task_handle<T> h) {
  return rondo::wait(handles(std::move(h)));
}

/// Takes the diagnostics of a loop instead of standard error. Declared before
/// run, because a loop reports until its end.
struct diagnostics {
  std::vector<rondo::problem> kinds;
  lines messages;

  void listen() {
    rondo::loop::current().set_exception_handler([this](const rondo::diagnostic& d) {
      // On a busy machine anything holds the loop; loop/watchdog_test is about it.
      if (d.kind == rondo::problem::blocked_loop) return;
      kinds.push_back(d.kind);
      messages.push_back(d.message);
    });
  }
  bool mentions(const std::string& text) const {
    for (const std::string& m : messages)
      if (m.find(text) != m.npos) return true;
    return false;
  }
};

/// A value that knows how many of its kind are alive.
struct counted {
  static inline int alive = 0;
  int value;
  explicit counted(int v = 0) : value(v) { ++alive; }
  counted(const counted& o) : value(o.value) { ++alive; }
  counted(counted&& o) noexcept : value(std::exchange(o.value, -1)) { ++alive; }
  counted& operator=(const counted&) = default;
  counted& operator=(counted&& o) noexcept {
    value = std::exchange(o.value, -1);
    return *this;
  }
  ~counted() { --alive; }
};

/// An operation like those of a kernel: asked to stop, it completes two turns
/// later, stopped or, if it won, with its value.
class kernel_operation final : public rondo::detail::operation {
 public:
  explicit kernel_operation(rondo::delay after, bool completes_all_the_same = false)
      : after_(after), wins_(completes_all_the_same) {}
  kernel_operation(kernel_operation&& o) noexcept
      : operation(std::move(o)), after_(o.after_), wins_(o.wins_) {}

  bool begin() noexcept override {
    call_ = rondo::call_later(after_, [this] { end(); });
    return false;
  }
  bool cancel() noexcept override {
    asked_ = true;
    call_.cancel();
    rondo::call_soon([this] { rondo::call_soon([this] { end(); }); });
    return false;
  }
  int result() const { return 42; }
  const char* describe() const noexcept override { return "kernel"; }

 private:
  void end() { asked_ && !wins_ ? complete_stopped() : complete(); }
  rondo::delay after_;
  bool wins_;
  bool asked_ = false;
  rondo::scheduled call_;
};

}  // namespace test
