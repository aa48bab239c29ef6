// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/async_backtrace.hpp>

#include <array>
#include <source_location>
#include <vector>

#include <rondo/coro/detail/backtrace.hpp>
#include <rondo/coro/detail/promise.hpp>

namespace rondo { inline namespace v0 {

namespace detail {

namespace {

/// One line of a backtrace. Frames die soon; these parts of them do not.
struct place {
  enum class how : unsigned char { thrown, called, under } kind = how::thrown;
  bool awaited = true;              // false: it has not come to a co_await
  place_kind defined{};             // then: what at is the place of
  const char* operation = nullptr;  // under: what the task waited for
  const char* function = nullptr;   // null: a task without a coroutine
  code_place at;
};

struct record {
  std::exception_ptr error;
  std::vector<place> places;
  bool cut = false;
};

/// The last exceptions of this thread's loop. It outlives the loop, because who
/// catches what run throws asks only then.
struct ring {
  static constexpr std::size_t size = 64;
  std::array<record, size> records;
  std::size_t next = 0;

  const record* find(const std::exception_ptr& error) const noexcept {
    for (std::size_t i = 1; i <= size; ++i)
      if (const record& r = records[(next + size - i) % size]; r.error == error) return &r;
    return nullptr;
  }
};
thread_local ring* departures = nullptr;
struct ring_owner {
  ~ring_owner() { delete std::exchange(departures, nullptr); }
};

constexpr std::size_t longest = 32;

void add_calls(record& r, const promise_base* p, place::how kind, const char* operation) {
  for (; p; p = p->caller()) {
    if (r.places.size() == longest) {
      r.cut = true;
      return;
    }
    r.places.push_back({kind, p->has_awaited(), p->created_kind(), operation,
                        p->created().function_name(), p->awaiting()});
    kind = place::how::called;
    operation = nullptr;
  }
}

std::string text_of(const place& p) {
  using how = place::how;
  std::string text = p.kind == how::thrown   ? "thrown"
                     : p.kind == how::called ? "called from"
                                             : "under";
  if (p.operation) text += std::string(" ") + p.operation;
  if (!p.function) return text;
  if (p.kind != how::called) text += " in";
  text += " " + coroutine_name(p.function);
  if (p.kind == how::thrown)
    text +=
        p.awaited ? std::string(" after its co_await") : std::string(", ") + place_word(p.defined);
  return text + " at " + short_location(p.at);
}

}  // namespace

void remember_departure(const promise_base& leaves, const std::exception_ptr& error) noexcept {
  try {
    if (!departures) {
      thread_local ring_owner owner;
      static_cast<void>(owner);
      departures = new ring;
    }
    if (departures->find(error)) return;
    record r;
    r.error = error;
    add_calls(r, &leaves, place::how::thrown, nullptr);
    const node* top = leaves.running_on().sched().top;
    for (const node* n = leaves.running_on().parent(); n && n != top && !r.cut; n = n->parent()) {
      const operation* op = n->waiting_on();
      if (n->leaf()) {
        add_calls(r, n->leaf(), place::how::under, op ? op->describe() : nullptr);
      } else if (op) {
        place host;
        host.kind = place::how::under;
        host.operation = op->describe();
        r.places.push_back(host);
      }
    }
    departures->records[departures->next] = std::move(r);
    departures->next = (departures->next + 1) % ring::size;
  } catch (...) {  // out of memory: this one has no backtrace
  }
}

void forget_departures() noexcept { delete std::exchange(departures, nullptr); }

std::string longer_backtrace(const std::exception_ptr& error) {
  const record* r = error && departures ? departures->find(error) : nullptr;
  return r && r->places.size() > 1 ? async_backtrace(error) : std::string();
}

}  // namespace detail

std::string async_backtrace(const std::exception_ptr& error) {
  const detail::record* r = error && detail::departures ? detail::departures->find(error) : nullptr;
  if (!r) return {};
  std::string text;
  for (const detail::place& p : r->places)
    text += (text.empty() ? "  " : "\n  ") + detail::text_of(p);
  if (r->cut) text += "\n  …";
  return text;
}

}}  // namespace rondo::v0
