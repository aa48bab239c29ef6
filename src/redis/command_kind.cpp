// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "redis/command_kind.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <iterator>

#include <rondo/coro/errors.hpp>
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

namespace {

struct known_command {
  std::string_view name;
  command_kind kind;
};

// In order. What is not here is plain.
constexpr known_command special[] = {
    {"ASKING", command_kind::has_state},
    {"AUTH", command_kind::has_state},
    {"BLMOVE", command_kind::blocks},
    {"BLMPOP", command_kind::blocks},
    {"BLPOP", command_kind::blocks},
    {"BRPOP", command_kind::blocks},
    {"BRPOPLPUSH", command_kind::blocks},
    {"BZMPOP", command_kind::blocks},
    {"BZPOPMAX", command_kind::blocks},
    {"BZPOPMIN", command_kind::blocks},
    {"DISCARD", command_kind::has_state},
    {"EXEC", command_kind::has_state},
    {"HELLO", command_kind::has_state},
    {"MONITOR", command_kind::odd_answers},
    {"MULTI", command_kind::has_state},
    {"PSUBSCRIBE", command_kind::subscribes},
    {"PSYNC", command_kind::odd_answers},
    {"PUNSUBSCRIBE", command_kind::subscribes},
    {"QUIT", command_kind::has_state},
    {"READONLY", command_kind::has_state},
    {"READWRITE", command_kind::has_state},
    {"REPLCONF", command_kind::odd_answers},
    {"RESET", command_kind::has_state},
    {"SELECT", command_kind::has_state},
    {"SSUBSCRIBE", command_kind::subscribes},
    {"SUBSCRIBE", command_kind::subscribes},
    {"SUNSUBSCRIBE", command_kind::subscribes},
    {"SYNC", command_kind::odd_answers},
    {"UNSUBSCRIBE", command_kind::subscribes},
    {"UNWATCH", command_kind::has_state},
    {"WAIT", command_kind::blocks},
    {"WAITAOF", command_kind::blocks},
    {"WATCH", command_kind::has_state},
};

constexpr std::string_view readers[] = {
    "BITCOUNT",    "BITPOS",        "DBSIZE",   "DUMP",        "ECHO",
    "EXISTS",      "EXPIRETIME",    "GEODIST",  "GEOHASH",     "GEOPOS",
    "GEOSEARCH",   "GET",           "GETBIT",   "GETRANGE",    "HEXISTS",
    "HGET",        "HGETALL",       "HKEYS",    "HLEN",        "HMGET",
    "HRANDFIELD",  "HSCAN",         "HSTRLEN",  "HVALS",       "INFO",
    "KEYS",        "LINDEX",        "LLEN",     "LPOS",        "LRANGE",
    "MGET",        "PEXPIRETIME",   "PFCOUNT",  "PING",        "PTTL",
    "RANDOMKEY",   "SCAN",          "SCARD",    "SDIFF",       "SINTER",
    "SINTERCARD",  "SISMEMBER",     "SMEMBERS", "SMISMEMBER",  "SRANDMEMBER",
    "SSCAN",       "STRLEN",        "SUNION",   "TIME",        "TTL",
    "TYPE",        "XINFO",         "XLEN",     "XPENDING",    "XRANGE",
    "XREAD",       "XREVRANGE",     "ZCARD",    "ZCOUNT",      "ZDIFF",
    "ZINTER",      "ZLEXCOUNT",     "ZMSCORE",  "ZRANDMEMBER", "ZRANGE",
    "ZRANGEBYLEX", "ZRANGEBYSCORE", "ZRANK",    "ZREVRANGE",   "ZREVRANGEBYSCORE",
    "ZREVRANK",    "ZSCAN",         "ZSCORE",   "ZUNION",
};

constexpr bool in_order() {
  for (std::size_t i = 1; i < std::size(special); ++i)
    if (!(special[i - 1].name < special[i].name)) return false;
  for (std::size_t i = 1; i < std::size(readers); ++i)
    if (!(readers[i - 1] < readers[i])) return false;
  return true;
}
static_assert(in_order());

constexpr char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

struct before_ignoring_case {
  bool operator()(std::string_view a, std::string_view b) const noexcept {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](char x, char y) { return upper(x) < upper(y); });
  }
};

/// Which lengths the special ones that begin with a letter have, as bits: nearly all others
/// need no search. CLIENT, SCRIPT, XREAD and XREADGROUP are looked at as well.
struct lengths_by_letter {
  std::uint32_t bits[256] = {};
  constexpr void note(std::string_view name) {
    for (char first : {name[0], static_cast<char>(name[0] + ('a' - 'A'))})
      bits[static_cast<unsigned char>(first)] |= 1U << name.size();
  }
  constexpr lengths_by_letter() {
    for (const known_command& k : special) note(k.name);
    for (std::string_view name : {"CLIENT", "SCRIPT", "XREAD", "XREADGROUP"}) note(name);
  }
};
constexpr lengths_by_letter lengths;

/// What CLIENT may be asked without changing the connection that asks.
constexpr std::string_view client_plain[] = {"GETNAME",      "GETREDIR", "HELP",   "ID",
                                             "INFO",         "KILL",     "LIST",   "PAUSE",
                                             "TRACKINGINFO", "UNBLOCK",  "UNPAUSE"};

/// XREAD and XREADGROUP with BLOCK before STREAMS; CLIENT with what changes the connection
/// (REPLY: answers are no longer one a command); SCRIPT DEBUG, after which a script is talked
/// with.
command_kind kind_by_arguments(const command& c) noexcept {
  argument_walk walk(c.body());
  std::string_view name = walk.argument();
  auto is = [](std::string_view a, std::string_view b) { return ascii::equal_ignoring_case(a, b); };
  if (is(name, "CLIENT") && !walk.at_end()) {
    std::string_view what = walk.argument();
    if (is(what, "REPLY")) return command_kind::odd_answers;
    bool plain = std::any_of(std::begin(client_plain), std::end(client_plain),
                             [&](std::string_view p) { return is(what, p); });
    return plain ? command_kind::plain : command_kind::has_state;
  }
  if (is(name, "SCRIPT") && !walk.at_end())
    return is(walk.argument(), "DEBUG") ? command_kind::odd_answers : command_kind::plain;
  if (is(name, "XREAD") || is(name, "XREADGROUP")) {
    while (!walk.at_end()) {
      std::string_view word = walk.argument();
      if (is(word, "STREAMS")) break;
      if (is(word, "BLOCK")) return command_kind::blocks;
      // The names of a group and its consumer are anything, "streams" too.
      for (int named = is(word, "GROUP") ? 2 : is(word, "COUNT") ? 1 : 0; named > 0; --named)
        if (!walk.at_end()) walk.argument();
    }
  }
  return command_kind::plain;
}

}  // namespace

std::size_t argument_walk::number() noexcept {
  std::size_t n = 0;
  const char* begin = rest_.data() + 1;  // behind '*' or '$'
  const char* end = std::from_chars(begin, rest_.data() + rest_.size(), n).ptr;
  rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()) + 2);
  return n;
}

std::size_t argument_walk::command() noexcept { return number(); }

std::string_view argument_walk::argument() noexcept {
  std::size_t size = number();
  std::string_view text = rest_.substr(0, size);
  rest_.remove_prefix(size + 2);
  return text;
}

std::string_view first_argument(std::string_view body) noexcept {
  return argument_walk(body).argument();
}

command_kind kind_of(const command& c) noexcept {
  std::string_view name = c.name();
  if (name.empty() || name.size() >= 32 ||
      !(lengths.bits[static_cast<unsigned char>(name[0])] >> name.size() & 1))
    return command_kind::plain;
  const auto* found = std::lower_bound(
      std::begin(special), std::end(special), name,
      [](const known_command& k, std::string_view n) { return before_ignoring_case()(k.name, n); });
  if (found != std::end(special) && ascii::equal_ignoring_case(found->name, name))
    return found->kind;
  char first = upper(name[0]);
  return first == 'C' || first == 'S' || first == 'X' ? kind_by_arguments(c) : command_kind::plain;
}

bool only_reads(std::string_view name) noexcept {
  return std::binary_search(std::begin(readers), std::end(readers), name, before_ignoring_case());
}

void check_plain(const batch& commands, std::string_view what) {
  argument_walk walk(commands.bytes());
  while (!walk.at_end()) {
    std::size_t arguments = walk.command();
    command c(walk.argument());
    for (std::size_t i = 1; i < arguments; ++i) c.add(walk.argument());
    command_kind kind = kind_of(c);
    if (kind != command_kind::plain) throw usage_error(std::string(what) + ": " + refusal(c, kind));
  }
}

namespace {

constexpr bool is_any_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string instead_of(const std::string& name, std::string_view what, command_kind kind) {
  switch (kind) {
    case command_kind::blocks:
      if (is_any_of(name, {"wait", "waitaof"}))
        return "it is about one connection's writes: use client::acquire";
      if (is_any_of(name, {"xread", "xreadgroup"}))
        return "BLOCK would hold up all who share the connection: use client::read_stream or "
               "client::read_group";
      if (is_any_of(name, {"blpop", "brpop", "blmove", "bzpopmin", "bzpopmax"}))
        return "it would hold up all who share the connection: use client::" + name +
               " or client::acquire";
      return "it would hold up all who share the connection: use client::acquire";
    case command_kind::subscribes:
      if (is_any_of(name, {"unsubscribe", "punsubscribe", "sunsubscribe"}))
        return "a subscription ends with its object: use subscription::close";
      if (name == "ssubscribe") return "no client subscribes to a shard's channels";
      return "it needs a connection of its own: use client::" + name;
    case command_kind::odd_answers:
      return "it is not answered once, as commands are: no client can have it, use redis-cli";
    case command_kind::has_state:
      break;
    case command_kind::plain:
      return {};
  }
  if (is_any_of(name, {"multi", "exec", "discard", "watch", "unwatch"}))
    return "others share the connection: use client::transaction";
  if (is_any_of(name, {"auth", "select"}))
    return "it would change the connection for all who share it: say it in the URL, or use "
           "client::acquire";
  if (name == "quit") return "it would end the connection for all who share it: use client::close";
  if (what == "setname")
    return "it would change the connection for all who share it: use client_options::name";
  return "it would change the connection for all who share it: use client::acquire";
}

}  // namespace

std::string refusal(const command& c, command_kind kind) {
  argument_walk walk(c.body());
  std::string name(walk.argument());
  bool two_words =
      ascii::equal_ignoring_case(name, "CLIENT") || ascii::equal_ignoring_case(name, "SCRIPT");
  std::string what = two_words && !walk.at_end() ? std::string(walk.argument()) : "";
  std::string subject = what.empty() ? name : name + " " + what;
  return subject + ": " + instead_of(ascii::lower(name), ascii::lower(what), kind);
}

}}}}  // namespace rondo::v0::redis::detail
