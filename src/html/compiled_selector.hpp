// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A selector, ready for matching. Private.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/html/selector.hpp>

namespace rondo { inline namespace v0 { namespace html::detail {

/// One of the conditions of a compound selector: of "a.x[href]:not(b)" four.
struct condition {
  enum class kind : unsigned char {
    type,
    id,
    has_class,
    attribute,  // is there
    equals,
    has_word,    // ~=
    has_prefix,  // |=
    begins,      // ^=
    ends,        // $=
    contains,    // *=
    nth,
    empty,
    root,
    scope,
    any_of,   // :is
    none_of,  // :not
    has,
  };
  kind what;
  bool ignore_case = false;
  bool of_type = false;   // nth: only those of the same name count
  bool from_end = false;  // nth
  std::int64_t step = 0;  // nth: step * n + offset
  std::int64_t offset = 0;
  std::string name = {};  // of an attribute
  std::string value = {};
  std::vector<std::uint32_t> chains = {};  // any_of, none_of, has
  std::uint32_t number = 0;                // has: of those in the selector
};

struct compound {
  char combinator = 0;  // to the one before it: ' ' '>' '+' '~'; 0: it is the first. In a chain
                        // of :has() also of the first one: to the element that has it
  std::vector<condition> conditions;
  unsigned char bit = 0;  // in a chain of :has(): its number among all parts of these
};

/// Compounds joined by combinators: "ul > li a", or, of :has(), "> li a".
struct chain {
  std::uint32_t first = 0;
  std::uint32_t size = 0;
  bool relative = false;  // of :has(): it begins with the element that has it
  std::uint32_t last() const noexcept { return first + size - 1; }
};

struct compiled_selector {
  std::vector<compound> compounds;    // those of a chain beside each other
  std::vector<chain> chains;          // inner ones before those that they stand in
  std::vector<std::uint32_t> listed;  // chains, of which one must match
  bool looks_up = false;              // has combinators
  std::uint32_t looks_back = 0;       // at so many elder siblings: one for each +, all for ~
  std::uint32_t has_count = 0;        // conditions of kind::has
  bool has_looks_aside = false;       // at younger siblings
  bool has_above = false;             // some stand where ancestors and siblings are asked for them
};

compiled_selector compile_selector(std::string_view text);

}}}  // namespace rondo::v0::html::detail
