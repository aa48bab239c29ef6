// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include <rondo/compose/gather.hpp>
#include <rondo/coro/awaitable.hpp>
#include <rondo/process/remote_function.hpp>

namespace rondo { inline namespace v0 {

class executor;

namespace detail {

/// A range of calls of F, one for each element of a range of arguments.
template <auto F, class Range>
class range_of_calls {
  using argument_position = decltype(std::begin(std::declval<Range&>()));
  using argument_end = decltype(std::end(std::declval<Range&>()));

 public:
  struct end_position {
    argument_end at;
  };
  struct position {
    executor* where;
    argument_position at;
    RONDO_CORO_WRAPPER auto operator*() const;
    position& operator++() {
      ++at;
      return *this;
    }
    bool operator==(const end_position& end) const { return at == end.at; }
  };

  range_of_calls(executor& where, Range&& arguments)
      : where_(&where), arguments_(std::forward<Range>(arguments)) {}
  position begin() { return {where_, std::begin(arguments_)}; }
  end_position end() { return {std::end(arguments_)}; }

 private:
  executor* where_;
  Range arguments_;
};

/// What map of F gives: a vector of its results, or nothing.
template <auto F, class R = typename call_codec<decltype(F)>::result>
using mapped = std::conditional_t<std::is_void_v<R>, void, std::vector<element_t<R>>>;

}  // namespace detail

/// Where functions of this program run in other processes: a process_pool is one.
///
/// Arguments and results are copied as MessagePack: numbers, strings, vectors,
/// maps, tuples, optionals, and your own types with MSGPACK_DEFINE (a member of
/// each, `MSGPACK_DEFINE(name, size)`) or MSGPACK_ADD_ENUM.
class executor {
 public:
  executor(const executor&) = delete;
  executor& operator=(const executor&) = delete;

  /// Calls `F(arguments…)` in another process and gives its value:
  /// `co_await pool.call<&count_primes>(10'000'000)`. The arguments are packed at
  /// once and need not live on.
  ///
  /// Throws what F throws (see remote_error for the types), and what the executor
  /// does when it cannot run the call. Throws usage_error at once for an F whose
  /// name is not unique. What cancelling it does is up to the executor.
  template <auto F, class... A>
  RONDO_CORO_COPYING_WRAPPER auto call(A&&... arguments)
      -> task<typename detail::call_codec<decltype(F)>::result> {
    using codec = detail::call_codec<decltype(F)>;
    static_assert(std::is_invocable_v<decltype(F), A...>,
                  "rondo: the function cannot be called with these arguments");
    const remote_function& f = detail::registered_function<F>;
    f.require_unique();
    return detail::unpack_result<typename codec::result>(
        execute(f, codec::pack(std::forward<A>(arguments)...)));
  }

  /// Calls F with every element of a range, at most `limit` calls at once (as many as run in
  /// parallel, if it is not given), and gives the results in order; nothing for an F that
  /// returns void. An element is fetched only when its turn comes. The first failure cancels
  /// the other calls and is thrown: it is a gather, also where the limit is 0.
  template <auto F, class Range>
  awaitable<detail::mapped<F>> auto map(Range&& arguments,
                                        std::optional<std::size_t> limit = std::nullopt) {
    RONDO_CHECK_VIEW(Range);
    return gather(detail::range_of_calls<F, Range>(*this, std::forward<Range>(arguments)),
                  limit.value_or(std::max<std::size_t>(1, parallelism())));
  }

  /// How many calls can run at the same time.
  virtual std::size_t parallelism() const noexcept = 0;

 protected:
  executor() = default;
  ~executor() = default;

 private:
  /// Has f called with these arguments somewhere, as remote_function::answer does,
  /// and gives the reply. The task may outlive the executor.
  virtual task<packed> execute(const remote_function& f, packed arguments) = 0;
};

template <auto F, class Range>
auto detail::range_of_calls<F, Range>::position::operator*() const {
  return where->template call<F>(*at);
}

}}  // namespace rondo::v0
