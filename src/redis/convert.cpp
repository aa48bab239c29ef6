// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/redis/detail/convert.hpp>

#include <cmath>

#include <rondo/redis/errors.hpp>

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

void throw_mismatch(std::string_view command, std::string_view expected, const reply& r) {
  throw conversion_error("redis: " + std::string(command) + ": expected " + std::string(expected) +
                         ", not " + r.describe());
}

void throw_server_error(std::string_view command, const reply& r) {
  throw error("redis: " + std::string(command) + ": " + r.text(), std::string(command), r.text());
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

std::int64_t to_integer(const reply& r, std::string_view command, std::int64_t least,
                        std::uint64_t most) {
  std::optional<std::int64_t> value;
  if (r.type() == reply::kind::integer) value = r.number();
  if (has_text(r)) value = parse<std::int64_t>(r.text());
  if (!value) throw_mismatch(command, "an integer", r);
  if (*value < least || (*value > 0 && static_cast<std::uint64_t>(*value) > most))
    throw_mismatch(
        command, "an integer between " + std::to_string(least) + " and " + std::to_string(most), r);
  return *value;
}

std::uint64_t to_unsigned(const reply& r, std::string_view command, std::uint64_t most) {
  std::optional<std::uint64_t> value;
  if (r.type() == reply::kind::integer && r.number() >= 0)
    value = static_cast<std::uint64_t>(r.number());
  if (has_text(r)) value = parse<std::uint64_t>(r.text());
  if (!value || *value > most)
    throw_mismatch(command, "an integer between 0 and " + std::to_string(most), r);
  return *value;
}

double to_double(const reply& r, std::string_view command) {
  if (r.type() == reply::kind::integer) return static_cast<double>(r.number());
  std::optional<double> value;
  if (has_text(r)) value = parse<double>(r.text());  // knows inf and nan too
  if (!value) throw_mismatch(command, "a number", r);
  return *value;
}

bool to_bool(const reply& r, std::string_view command) {
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
  throw_mismatch(command, "0, 1, OK or nil", r);
}

std::string to_text(reply&& r, std::string_view command) {
  if (!has_text(r)) throw_mismatch(command, "a string", r);
  return std::move(r.raw_text());
}

std::vector<reply>& to_elements(reply& r, std::string_view command, std::string_view expected,
                                std::size_t count) {
  constexpr auto any = static_cast<std::size_t>(-1);
  if (r.type() != reply::kind::array) throw_mismatch(command, expected, r);
  if (count != any && r.raw_elements().size() != count)
    throw_mismatch(command, "an array of " + std::to_string(count), r);
  return r.raw_elements();
}

std::vector<std::pair<reply*, reply*>> to_pairs(reply& r, std::string_view command) {
  std::vector<reply>& from = to_elements(r, command, "an array of pairs");
  std::vector<std::pair<reply*, reply*>> pairs;
  if (!from.empty() && from.front().type() == reply::kind::array) {
    pairs.reserve(from.size());
    for (reply& e : from) {
      std::vector<reply>& two = to_elements(e, command, "a pair", 2);
      pairs.emplace_back(&two[0], &two[1]);
    }
    return pairs;
  }
  if (from.size() % 2 != 0) throw_mismatch(command, "an array of pairs", r);
  pairs.reserve(from.size() / 2);
  for (std::size_t i = 0; i < from.size(); i += 2) pairs.emplace_back(&from[i], &from[i + 1]);
  return pairs;
}

}}}}  // namespace rondo::v0::redis::detail
