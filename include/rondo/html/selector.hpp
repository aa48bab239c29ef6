// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>

#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 { namespace html {

namespace detail {
struct compiled_selector;
}

/// A text that is no CSS selector, or one of those that are not known here.
class selector_error : public error {
 public:
  selector_error(std::string what, std::size_t position)
      : error(std::move(what)), position_(position) {}
  /// In bytes from the selector's beginning.
  std::size_t position() const noexcept { return position_; }

 private:
  std::size_t position_;
};

/// A CSS selector, read once for use on many documents:
///
///   *  tag  #id  .class
///   [name]  [name=value]  [name="value"]  and with ~= |= ^= $= *=; a last i
///     compares values without regard to the case of ASCII letters, s with it
///   a b  a > b  a + b  a ~ b  and lists: a, b
///   :first-child :last-child :only-child :first-of-type :last-of-type
///     :only-of-type :nth-child(2n+1) (odd, even) and the other three :nth-…
///   :not(…) :is(…) :where(…), of any selectors; in the latter two those that
///     are none are left out
///   :has(…), of selectors that may begin with a combinator: "tr:has(> th)"
///   :root :empty (white space does not count) :scope, where select() began
///
/// Comments may stand between any two of these, and what is open at the end is
/// closed there (CSS Syntax 3). "*|a" is "a", "|a" nothing: elements of a page
/// have a namespace.
///
/// Names of tags and attributes have no case, values, classes and ids do; that
/// of `type` has none, as HTML says. Anything else, also pseudo-elements, other
/// namespaces, and :has() within :has() or with more than 64 parts in all, is a
/// selector_error that names the position.
///
/// Matching takes time in proportion to the elements times the parts of the
/// selector, whatever they are: there is no backtracking. With :has() a second
/// walk goes before, over the elements that may be asked, and those below.
///
/// A cheap handle on something that never changes: copies may be used on
/// several threads.
class selector {
 public:
  static constexpr std::size_t max_length = 64 * 1024;

  /// Reads a text. Throws selector_error. Not explicit: select("a[href]").
  template <class Text>
    requires std::convertible_to<const Text&, std::string_view>
  selector(const Text& text) : compiled_(compile(text)) {}  // NOLINT

  /// For Rondo itself.
  const detail::compiled_selector& compiled() const noexcept { return *compiled_; }

 private:
  static std::shared_ptr<const detail::compiled_selector> compile(std::string_view text);

  std::shared_ptr<const detail::compiled_selector> compiled_;
};

}}}  // namespace rondo::v0::html
