// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/detail/step_record.hpp>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <type_traits>

#include <rondo/coro/detail/promise.hpp>

namespace rondo { inline namespace v0 { namespace detail {

namespace {
template <class T>
void put(T& to, std::type_identity_t<T> value) noexcept {
  __atomic_store(&to, &value, __ATOMIC_RELAXED);
}
template <class T>
T get(const T& from) noexcept {
  T value;
  __atomic_load(&from, &value, __ATOMIC_RELAXED);
  return value;
}
std::string loop_for(unsigned ms, const char* verb) {
  return std::string(" ") + verb + " the loop for over " + std::to_string(ms) + " ms";
}
constexpr const char* in_destructors = " in the destructors that its cancellation runs";
constexpr const char* instead = "; blocking work belongs in to_thread";
}  // namespace

void step_record::begin() noexcept {
  put(kind_, kind::unknown);
  to_function_ = nullptr;
  __atomic_store_n(&epoch_, epoch_ + 1, __ATOMIC_RELEASE);
}

unsigned step_record::end() noexcept {
  __atomic_store_n(&epoch_, epoch_ + 1, __ATOMIC_RELEASE);
  if (get(held_ms_) == 0) return 0;
  unsigned ms = __atomic_exchange_n(&held_ms_, 0, __ATOMIC_ACQUIRE);
  // Written too late, it is about a step before: this one is innocent.
  return get(held_epoch_) == epoch_ - 1 ? ms : 0;
}

void step_record::note(kind k, const node& n) noexcept {
  std::string_view given = n.given_name();
  unsigned long words[name_words] = {};
  given.copy(reinterpret_cast<char*>(words), sizeof words - 1);
  for (std::size_t i = 0; i < name_words; ++i) put(given_name_[i], words[i]);
  const char* name = nullptr;
  if (n.root()) {
    name = n.root()->created().function_name();
  } else if (n.waiting_on()) {
    name = n.waiting_on()->describe();
  }
  put(name_, name);
  const promise_base* from = n.root() ? n.leaf() : nullptr;
  put(from_function_, from ? from->created().function_name() : nullptr);
  put(from_file_, from ? from->awaiting().file : nullptr);
  put(from_line_, from ? from->awaiting().line : 0);
  put(kind_, k);
}

void step_record::resumes(const node& n) noexcept { note(kind::task, n); }
void step_record::unwinds(const node& n) noexcept { note(kind::unwinding, n); }

void step_record::calls_back(const char* kind_of_call, const code_place& asked_for_at) noexcept {
  put(name_, kind_of_call);
  put(from_file_, asked_for_at.file);
  put(from_line_, asked_for_at.line);
  put(kind_, kind::callback);
}

void step_record::has_resumed(const node& n, bool ended) noexcept {
  const promise_base* to = ended ? nullptr : n.leaf();
  to_function_ = to ? to->created().function_name() : nullptr;
  to_file_ = to ? to->awaiting().file : nullptr;
  to_line_ = to ? to->awaiting().line : 0;
}

void step_record::set_held(unsigned long epoch, unsigned ms) noexcept {
  put(held_epoch_, epoch);
  __atomic_store_n(&held_ms_, ms, __ATOMIC_RELEASE);
}

std::string step_record::who() const {
  const char* name = get(name_);
  switch (get(kind_)) {
    case kind::unknown:
      return "a step of the loop";
    case kind::callback:
      return std::string("a callback of ") + (name ? name : "?") + " at " +
             short_location({get(from_file_), get(from_line_)});
    case kind::task:
    case kind::unwinding:
      break;
  }
  unsigned long words[name_words];
  for (std::size_t i = 0; i < name_words; ++i) words[i] = get(given_name_[i]);
  char given[sizeof words];
  std::memcpy(given, words, sizeof words);
  given[sizeof given - 1] = '\0';
  return "task '" + (given[0] ? std::string(given) : name ? coroutine_name(name) : "?") + "'";
}

std::string step_record::held_text(unsigned ms) const {
  std::string text = who() + loop_for(ms, "held");
  if (kind_ == kind::task) {
    text += to_function_ ? " before it reached the co_await in " + coroutine_name(to_function_) +
                               " at " + short_location({to_file_, to_line_})
                         : " before it ended";
  } else if (kind_ == kind::unwinding) {
    text += in_destructors;
  }
  return text + instead;
}

std::string step_record::holds_text(unsigned ms) const {
  std::string text = who() + loop_for(ms, "has held");
  if (kind k = get(kind_); k == kind::task) {
    const char* function = get(from_function_);
    const char* file = get(from_file_);
    text += function && file ? " since its co_await in " + coroutine_name(function) + " at " +
                                   short_location({file, get(from_line_)})
                             : " since it began";
  } else if (k == kind::unwinding) {
    text += in_destructors;
  }
  return text + " and holds it still" + instead;
}

}}}  // namespace rondo::v0::detail
