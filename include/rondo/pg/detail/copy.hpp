// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/pg/detail/lease.hpp>

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

/// A COPY that is under way on a connection of its own. Left before its end, it is undone.
class copy_channel : public rondo::detail::counted<copy_channel> {
 public:
  virtual ~copy_channel() = default;
  // Throws pg::error. Cancelling one of them leaves the copy to the destructor.
  virtual task<> begin(std::string sql, bool in) = 0;
  /// Collects them, and sends when there are enough.
  virtual task<> put(std::string_view bytes) = 0;
  /// The number of rows.
  virtual task<std::uint64_t> finish() = 0;
  /// why: what the server is told. Throws nothing.
  virtual task<> give_up(std::string why) = 0;
  /// Empty: that was all.
  virtual task<std::string> get() = 0;
};
/// own: null, and one of the pool's is lent for it.
rondo::detail::ref<copy_channel> make_copy_channel(pool_core& pool, link* own);

template <class T>
inline constexpr bool is_generator = false;
template <class T>
inline constexpr bool is_generator<async_generator<T>> = true;

/// source: a range of texts, or an async_generator of them; owned, or an lvalue reference.
template <class Source>
task<std::uint64_t> copy_in(rondo::detail::ref<copy_channel> channel, std::string sql,
                            Source source) {
  co_await channel->begin(std::move(sql), true);
  std::exception_ptr failure;
  try {
    if constexpr (is_generator<std::remove_cvref_t<Source>>) {
      while (auto piece = co_await source.next()) co_await channel->put(*piece);
    } else {
      for (const auto& piece : source) co_await channel->put(std::string_view(piece));
    }
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    co_await channel->give_up("the program failed in the midst of it");
    std::rethrow_exception(std::move(failure));
  }
  co_return co_await channel->finish();
}

async_generator<std::string> copy_out(rondo::detail::ref<copy_channel> channel, std::string sql);

}}}}  // namespace rondo::v0::pg::detail
