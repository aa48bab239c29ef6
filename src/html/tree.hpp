// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A document's elements and texts. Private.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/html/document.hpp>

namespace rondo { inline namespace v0 { namespace html::detail {

constexpr std::uint32_t no_node = UINT32_MAX;

/// A piece of tree::characters.
struct piece {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
};

/// An element, or a text (which has no name).
struct node {
  std::uint32_t parent = no_node;
  std::uint32_t end = 0;             // past the last node below this one
  std::uint32_t previous = no_node;  // sibling element
  std::uint32_t next = no_node;      // sibling element
  std::uint32_t first_attribute = 0;
  std::uint32_t attributes = 0;
  std::uint32_t children = 0;       // elements
  std::uint32_t position = 0;       // among the elements of its parent, from 1
  std::uint32_t type_position = 0;  // among those of its own name
  std::uint32_t type_position_from_end = 0;
  std::uint32_t name = no_node;  // in tree::names; no_node: a text
  piece text;

  bool is_element() const noexcept { return name != no_node; }
};

struct attribute_data {
  piece name;
  piece value;
};

/// Nodes stand in the order of the document, so that what is below one is a
/// range, and no walk needs a stack: a page can be nested as deep as it likes.
/// The first is the root.
struct tree {
  std::vector<node> nodes;
  std::vector<attribute_data> attributes;
  std::vector<std::string> names;  // of elements, each once
  std::string characters;
  std::string encoding;

  std::string_view view(piece p) const noexcept {
    return std::string_view(characters).substr(p.begin, p.size);
  }
  std::string_view name_of(const node& n) const noexcept { return names[n.name]; }
  std::string_view name_of(std::uint32_t index) const noexcept { return name_of(nodes[index]); }
  /// Null if it is not there.
  const attribute_data* find_attribute(std::uint32_t index, std::string_view name) const noexcept;
  std::string_view attribute_or_empty(std::uint32_t index, std::string_view name) const noexcept;

  std::vector<element> select(std::uint32_t scope, const selector& wanted, std::size_t most) const;
  bool matches(std::uint32_t index, const selector& wanted) const;
};

inline constexpr std::string_view spaces = " \t\n\r\f";
constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/// Reads UTF-8.
tree parse_tree(std::string_view text, const parse_options& options);

}}}  // namespace rondo::v0::html::detail
