// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/redis/detail/convert.hpp>

#include <cmath>

#include <rondo/redis/errors.hpp>
#include "redis/client_core.hpp"

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

namespace {

std::string subject(const question& to) {
  std::string server = to.client ? " " + to.client->its.to.text() : "";
  return "redis" + server + ": " + std::string(to.command) + ": ";
}

}  // namespace

void throw_mismatch(const question& to, std::string_view expected, const reply& r) {
  throw conversion_error(subject(to) + "expected " + std::string(expected) + ", not " +
                         r.describe());
}

void throw_server_error(const question& to, const reply& r) {
  throw error(subject(to) + r.text(), std::string(to.command), r.text());
}

namespace {

/// What is not all a number, or is out of the type's range, is none.
template <class T>
std::optional<T> parse(std::string_view text) {
  T value{};
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool has_text(const reply& r) {
  return r.type() == reply::kind::string || r.type() == reply::kind::status;
}

}  // namespace

std::int64_t to_integer(const reply& r, const question& to, std::int64_t least,
                        std::uint64_t most) {
  std::optional<std::int64_t> value;
  if (r.type() == reply::kind::integer) value = r.number();
  if (has_text(r)) value = parse<std::int64_t>(r.text());
  if (!value) throw_mismatch(to, "an integer", r);
  if (*value < least || (*value > 0 && static_cast<std::uint64_t>(*value) > most))
    throw_mismatch(
        to, "an integer between " + std::to_string(least) + " and " + std::to_string(most), r);
  return *value;
}

std::uint64_t to_unsigned(const reply& r, const question& to, std::uint64_t most) {
  std::optional<std::uint64_t> value;
  if (r.type() == reply::kind::integer && r.number() >= 0)
    value = static_cast<std::uint64_t>(r.number());
  if (has_text(r)) value = parse<std::uint64_t>(r.text());
  if (!value || *value > most)
    throw_mismatch(to, "an integer between 0 and " + std::to_string(most), r);
  return *value;
}

double to_double(const reply& r, const question& to) {
  if (r.type() == reply::kind::integer) return static_cast<double>(r.number());
  std::optional<double> value;
  if (has_text(r)) value = parse<double>(r.text());  // knows inf and nan too
  if (!value) throw_mismatch(to, "a number", r);
  return *value;
}

bool to_bool(const reply& r, const question& to) {
  switch (r.type()) {
    case reply::kind::nil:  // SET … NX that did not set
      return false;
    case reply::kind::integer:
      if (r.number() == 0 || r.number() == 1) return r.number() == 1;
      break;
    case reply::kind::status:
      if (r.text() == "OK") return true;
      break;
    default:
      break;
  }
  throw_mismatch(to, "0, 1, OK or nil", r);
}

std::string to_text(reply&& r, const question& to) {
  if (!has_text(r)) throw_mismatch(to, "a string", r);
  return std::move(r.raw_text());
}

std::vector<reply>& to_elements(reply& r, const question& to, std::string_view expected,
                                std::size_t count) {
  constexpr auto any = static_cast<std::size_t>(-1);
  if (r.type() != reply::kind::array) throw_mismatch(to, expected, r);
  if (count != any && r.raw_elements().size() != count)
    throw_mismatch(to, "an array of " + std::to_string(count), r);
  return r.raw_elements();
}

std::vector<std::pair<reply*, reply*>> to_pairs(reply& r, const question& to) {
  std::vector<reply>& from = to_elements(r, to, "an array of pairs");
  std::vector<std::pair<reply*, reply*>> pairs;
  if (!from.empty() && from.front().type() == reply::kind::array) {
    pairs.reserve(from.size());
    for (reply& e : from) {
      std::vector<reply>& two = to_elements(e, to, "a pair", 2);
      pairs.emplace_back(&two[0], &two[1]);
    }
    return pairs;
  }
  if (from.size() % 2 != 0) throw_mismatch(to, "an array of pairs", r);
  pairs.reserve(from.size() / 2);
  for (std::size_t i = 0; i < from.size(); i += 2) pairs.emplace_back(&from[i], &from[i + 1]);
  return pairs;
}

}}}}  // namespace rondo::v0::redis::detail
