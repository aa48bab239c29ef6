// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/awaitable.hpp>
#include <rondo/detail/config.hpp>
#include <rondo/redis/command.hpp>

namespace rondo { inline namespace v0 { namespace redis {

/// When set writes, and for how long.
struct set_options {
  std::optional<std::chrono::milliseconds> ex = std::nullopt;  ///< the key lives so long: EX, PX
  bool nx = false;                                             ///< only if there is no such key
  bool xx = false;                                             ///< only if there is one
  bool keepttl = false;  ///< lives as long as it would have before
};
static_assert(std::is_trivially_destructible_v<set_options>);

/// The commands that are used most, by name: a client's and a connection's. All others are
/// `call<T>("NAME", arguments…)`, and these are no more than that: they throw what call
/// throws, and are cancelled as it is.
template <class Self>
class verbs {
 public:
  /// The value of a key; none if there is no such key. Cancelled as call is.
  template <class T = std::string>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::optional<T>> auto get(std::string_view key) {
    return self().template call<std::optional<T>>("GET", key);
  }
  /// The values of several, in their order. Cancelled as call is.
  template <class... Keys>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::vector<std::optional<std::string>>> auto mget(
      const Keys&... keys) {
    return self().template call<std::vector<std::optional<std::string>>>("MGET", keys...);
  }
  /// Whether it was set: always, but with nx and xx. Cancelled as call is.
  template <class V>
  RONDO_CORO_COPYING_WRAPPER awaitable<bool> auto set(std::string_view key, const V& value,
                                                      set_options options = {}) {
    return self().template call<bool>("SET", key, value, words(options));
  }
  /// set that gives what the key's value was (SET … GET). Cancelled as call is.
  template <class T = std::string, class V>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::optional<T>> auto set_get(std::string_view key,
                                                                      const V& value,
                                                                      set_options options = {}) {
    return self().template call<std::optional<T>>("SET", key, value, words(options), "GET");
  }
  /// What it is after that. Cancelled as call is.
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto incr(std::string_view key,
                                                               std::int64_t by = 1) {
    return self().template call<std::int64_t>("INCRBY", key, by);
  }
  RONDO_CORO_COPYING_WRAPPER awaitable<double> auto incr_by_float(std::string_view key, double by) {
    return self().template call<double>("INCRBYFLOAT", key, by);
  }

  /// How many of the keys, or ranges of them, there were, or are. Cancelled as call is.
  template <class... Keys>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto del(const Keys&... keys) {
    return self().template call<std::int64_t>("DEL", keys...);
  }
  template <class... Keys>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto exists(const Keys&... keys) {
    return self().template call<std::int64_t>("EXISTS", keys...);
  }
  /// Whether there is such a key, which lives so long from now on, or for ever. Cancelled as
  /// call is.
  RONDO_CORO_COPYING_WRAPPER awaitable<bool> auto expire(std::string_view key,
                                                         std::chrono::milliseconds life) {
    return self().template call<bool>("PEXPIRE", key, life.count());
  }
  RONDO_CORO_COPYING_WRAPPER awaitable<bool> auto persist(std::string_view key) {
    return self().template call<bool>("PERSIST", key);
  }
  /// How many milliseconds a key has left; -1: it lives for ever, -2: there is none. Cancelled
  /// as call is.
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto pttl(std::string_view key) {
    return self().template call<std::int64_t>("PTTL", key);
  }
  /// "string", "list", …, "none". Cancelled as call is.
  RONDO_CORO_COPYING_WRAPPER awaitable<std::string> auto type(std::string_view key) {
    return self().template call<std::string>("TYPE", key);
  }

  // Hashes
  /// How many fields are new: field, value, field, value…, or a map. Cancelled as call is.
  template <class... A>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto hset(std::string_view key,
                                                               const A&... fields_and_values) {
    return self().template call<std::int64_t>("HSET", key, fields_and_values...);
  }
  /// The value of a field; none if there is none. Cancelled as call is.
  template <class T = std::string>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::optional<T>> auto hget(std::string_view key,
                                                                   std::string_view field) {
    return self().template call<std::optional<T>>("HGET", key, field);
  }
  /// All fields; empty if there is no such key. Cancelled as call is.
  template <class Map = std::map<std::string, std::string>>
  RONDO_CORO_COPYING_WRAPPER awaitable<Map> auto hgetall(std::string_view key) {
    return self().template call<Map>("HGETALL", key);
  }
  /// How many of the fields there were. Cancelled as call is.
  template <class... Fields>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto hdel(std::string_view key,
                                                               const Fields&... fields) {
    return self().template call<std::int64_t>("HDEL", key, fields...);
  }
  /// What the field is after that. Cancelled as call is.
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto hincr(std::string_view key,
                                                                std::string_view field,
                                                                std::int64_t by = 1) {
    return self().template call<std::int64_t>("HINCRBY", key, field, by);
  }

  // Lists
  /// How long the list is after that. Cancelled as call is.
  template <class... V>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto lpush(std::string_view key,
                                                                const V&... values) {
    return self().template call<std::int64_t>("LPUSH", key, values...);
  }
  template <class... V>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto rpush(std::string_view key,
                                                                const V&... values) {
    return self().template call<std::int64_t>("RPUSH", key, values...);
  }
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto llen(std::string_view key) {
    return self().template call<std::int64_t>("LLEN", key);
  }
  /// The first, or the last, which is taken out; none if there is none. Cancelled as call is:
  /// an element may be lost with it.
  template <class T = std::string>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::optional<T>> auto lpop(std::string_view key) {
    return self().template call<std::optional<T>>("LPOP", key);
  }
  template <class T = std::string>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::optional<T>> auto rpop(std::string_view key) {
    return self().template call<std::optional<T>>("RPOP", key);
  }
  /// Elements first to last, both counted from 0, or from -1 backwards. Cancelled as call is.
  template <class T = std::string>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::vector<T>> auto lrange(std::string_view key,
                                                                   std::int64_t first,
                                                                   std::int64_t last) {
    return self().template call<std::vector<T>>("LRANGE", key, first, last);
  }
  /// Leaves those elements only. Cancelled as call is.
  RONDO_CORO_COPYING_WRAPPER awaitable<void> auto ltrim(std::string_view key, std::int64_t first,
                                                        std::int64_t last) {
    return self().template call<void>("LTRIM", key, first, last);
  }

  // Sets
  /// How many were new, or were there. Cancelled as call is.
  template <class... V>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto sadd(std::string_view key,
                                                               const V&... members) {
    return self().template call<std::int64_t>("SADD", key, members...);
  }
  template <class... V>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto srem(std::string_view key,
                                                               const V&... members) {
    return self().template call<std::int64_t>("SREM", key, members...);
  }
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto scard(std::string_view key) {
    return self().template call<std::int64_t>("SCARD", key);
  }
  template <class V>
  RONDO_CORO_COPYING_WRAPPER awaitable<bool> auto sismember(std::string_view key, const V& member) {
    return self().template call<bool>("SISMEMBER", key, member);
  }
  /// All of a set, in no order. Cancelled as call is.
  template <class T = std::string>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::vector<T>> auto smembers(std::string_view key) {
    return self().template call<std::vector<T>>("SMEMBERS", key);
  }

  // Sorted sets
  /// Whether it is new; its score is that from now on. Cancelled as call is.
  RONDO_CORO_COPYING_WRAPPER awaitable<bool> auto zadd(std::string_view key, double score,
                                                       std::string_view member) {
    return self().template call<bool>("ZADD", key, score, member);
  }
  template <class... V>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto zrem(std::string_view key,
                                                               const V&... members) {
    return self().template call<std::int64_t>("ZREM", key, members...);
  }
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto zcard(std::string_view key) {
    return self().template call<std::int64_t>("ZCARD", key);
  }
  /// The score; none if it is no member. Cancelled as call is.
  RONDO_CORO_COPYING_WRAPPER awaitable<std::optional<double>> auto zscore(std::string_view key,
                                                                          std::string_view member) {
    return self().template call<std::optional<double>>("ZSCORE", key, member);
  }
  RONDO_CORO_COPYING_WRAPPER awaitable<double> auto zincr(std::string_view key, double by,
                                                          std::string_view member) {
    return self().template call<double>("ZINCRBY", key, by, member);
  }
  /// Members with their scores, the lowest first: those at first to last, or with a score from
  /// least to most. Cancelled as call is.
  RONDO_CORO_COPYING_WRAPPER awaitable<std::vector<std::pair<std::string, double>>> auto zrange(
      std::string_view key, std::int64_t first, std::int64_t last) {
    return self().template call<std::vector<std::pair<std::string, double>>>("ZRANGE", key, first,
                                                                             last, "WITHSCORES");
  }
  RONDO_CORO_COPYING_WRAPPER awaitable<std::vector<std::pair<std::string, double>>> auto
  zrange_by_score(std::string_view key, double least, double most) {
    return self().template call<std::vector<std::pair<std::string, double>>>(
        "ZRANGEBYSCORE", key, least, most, "WITHSCORES");
  }

  // Messages and streams
  /// How many have received it. Cancelled as call is.
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto publish(std::string_view channel,
                                                                  std::string_view message) {
    return self().template call<std::int64_t>("PUBLISH", channel, message);
  }
  /// The new entry's id: field, value, field, value…, or a map. Cancelled as call is.
  template <class... A>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::string> auto xadd(std::string_view key,
                                                              const A&... fields_and_values) {
    return self().template call<std::string>("XADD", key, "*", fields_and_values...);
  }
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto xlen(std::string_view key) {
    return self().template call<std::int64_t>("XLEN", key);
  }
  /// How many entries were pending: they are done with. Cancelled as call is.
  template <class... Ids>
  RONDO_CORO_COPYING_WRAPPER awaitable<std::int64_t> auto xack(std::string_view key,
                                                               std::string_view group,
                                                               const Ids&... ids) {
    return self().template call<std::int64_t>("XACK", key, group, ids...);
  }

 protected:
  verbs() = default;
  verbs(const verbs&) = default;
  verbs& operator=(const verbs&) = default;
  ~verbs() = default;

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
  static std::vector<std::string> words(const set_options& o) {
    std::vector<std::string> all;
    if (o.nx) all.emplace_back("NX");
    if (o.xx) all.emplace_back("XX");
    if (o.keepttl) all.emplace_back("KEEPTTL");
    if (o.ex) {
      all.emplace_back("PX");
      all.push_back(std::to_string(o.ex->count()));
    }
    return all;
  }
};

}}}  // namespace rondo::v0::redis
