// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "loop/interrupt.hpp"

#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>

#include "coro/line_writer.hpp"
#include "loop/backend.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

// One run at a time has it: the main thread's.
std::atomic<int> received{0};
std::atomic<backend*> target{nullptr};
// Loops of other threads look whether the interrupt is theirs.
std::atomic<scheduler*> owner{nullptr};
node* interrupted = nullptr;  // owner's thread only, as all below
bool delivered = false;
std::atomic<int> groups[256];  // 0: free
bool took_int = false;
bool took_term = false;

extern "C" void on_signal(int number) {
  int interrupted_errno = errno;
  int none = 0;
  if (received.compare_exchange_strong(none, number)) {
    if (backend* kernel = target.load()) kernel->wake();
  } else {  // the second one: the program does not react
    for (std::atomic<int>& group : groups)
      if (int id = group.load(); id > 0) ::kill(-id, SIGKILL);
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
  errno = interrupted_errno;
}

bool take(int number) {
  struct sigaction now{};
  if (sigaction(number, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) return false;
  struct sigaction ours{};
  ours.sa_handler = on_signal;
  sigemptyset(&ours.sa_mask);
  ours.sa_flags = SA_NODEFER | SA_RESTART;
  return sigaction(number, &ours, nullptr) == 0;
}

bool on_main_thread() { return getpid() == gettid(); }

}  // namespace

interrupt_guard::interrupt_guard(node& main, backend& kernel, bool also_terminate) {
  if (!on_main_thread()) return;
  received = 0;
  delivered = false;
  target = &kernel;
  interrupted = &main;
  owner = &main.sched();
  took_int = take(SIGINT);
  took_term = also_terminate && take(SIGTERM);
}

interrupt_guard::~interrupt_guard() {
  if (!on_main_thread()) return;
  leave_signals_to_default();
}

void interrupt_guard::leave_signals_to_default() noexcept {
  if (took_int) std::signal(SIGINT, SIG_DFL);
  if (took_term) std::signal(SIGTERM, SIG_DFL);
  took_int = took_term = false;
  target = nullptr;
  owner = nullptr;
  interrupted = nullptr;
}

int interrupt_guard::signal() const noexcept { return on_main_thread() ? received.load() : 0; }

void interrupt_guard::die() noexcept {
  int number = signal();
  flush_stdio();
  std::signal(number, SIG_DFL);
  std::raise(number);
  _exit(128 + number);  // PID 1 survives its own signals
}

void kill_at_second_interrupt(int group) noexcept {
  for (std::atomic<int>& place : groups) {
    int none = 0;
    if (place.compare_exchange_strong(none, group)) return;
  }
}

void forget_group(int group) noexcept {
  for (std::atomic<int>& place : groups) {
    int expected = group;
    if (place.compare_exchange_strong(expected, 0)) return;
  }
}

void deliver_interrupt() noexcept {
  if (received.load(std::memory_order_relaxed) == 0) return;
  if (owner.load(std::memory_order_relaxed) != this_thread_scheduler || delivered) return;
  delivered = true;
  interrupted->request_cancel();
}

}}}  // namespace rondo::v0::detail
