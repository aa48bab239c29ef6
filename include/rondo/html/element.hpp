// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/detail/config.hpp>
#include <rondo/html/selector.hpp>

namespace rondo { inline namespace v0 { namespace html {

namespace detail {
struct tree;
}

/// An element of a document: a view, which its document must outlive. May be
/// empty, when there was none to be found: test it with `if (element)`; asking
/// an empty one for anything throws usage_error.
///
/// Documents never change, so any thread may read them.
class element {
 public:
  element() = default;
  element(const detail::tree* owner, std::uint32_t index) noexcept : tree_(owner), index_(index) {}

  explicit operator bool() const noexcept { return tree_ != nullptr; }
  friend bool operator==(const element&, const element&) = default;

  /// In lower case: "a", "h1".
  std::string_view name() const;
  /// Of an attribute that is there without a value: an empty text. The name in
  /// lower case.
  std::optional<std::string_view> attribute(std::string_view name) const;
  std::string_view attribute(std::string_view name, std::string_view fallback) const;
  bool has_class(std::string_view name) const;
  /// All of them, in their order.
  std::vector<std::pair<std::string_view, std::string_view>> attributes() const;

  /// All text in it, unchanged, as BeautifulSoup's get_text(). That of scripts,
  /// styles and templates only if the element itself is one.
  std::string text() const;
  /// The same as people read it: each run of white space is one space, also
  /// where a paragraph, a table cell or another block begins or ends, and
  /// none is left at the ends.
  std::string normalized_text() const;

  /// The element around it; empty for the root.
  element parent() const;
  element first_child() const;
  /// Elements only, as with children().
  element next_sibling() const;
  element previous_sibling() const;
  std::vector<element> children() const;

  /// The elements below this one that match, in the order of the document. What
  /// stands above may be part of the match, as in the browser's
  /// querySelectorAll: use :scope to begin here, as in ":scope > li".
  std::vector<element> select(const selector& wanted) const;
  /// The first of them, or an empty element.
  element select_one(const selector& wanted) const;
  bool matches(const selector& wanted) const;

 private:
  const detail::tree& owner(const char* what) const;

  const detail::tree* tree_ = nullptr;
  std::uint32_t index_ = 0;
};

}}}  // namespace rondo::v0::html
