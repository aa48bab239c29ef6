// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/html/element.hpp>

#include <algorithm>
#include <array>

#include "html/tree.hpp"

namespace rondo { inline namespace v0 { namespace html {

namespace detail {

namespace {

bool holds_no_prose(std::string_view name) noexcept {
  return name == "script" || name == "style" || name == "template";
}

/// Where a line of text ends in a browser's default style sheet (HTML, 15.3),
/// and cells, which stand apart.
bool is_block(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 53> names = {
      "address", "article",  "aside",      "blockquote", "body",    "br",      "caption",
      "center",  "dd",       "details",    "dialog",     "dir",     "div",     "dl",
      "dt",      "fieldset", "figcaption", "figure",     "footer",  "form",    "h1",
      "h2",      "h3",       "h4",         "h5",         "h6",      "head",    "header",
      "hgroup",  "hr",       "html",       "legend",     "li",      "listing", "main",
      "menu",    "nav",      "ol",         "optgroup",   "option",  "p",       "plaintext",
      "pre",     "search",   "section",    "select",     "summary", "table",   "td",
      "th",      "title",    "tr",         "ul"};
  return std::binary_search(names.begin(), names.end(), name);
}

/// Calls what(text) for each text in the element that is prose.
template <class F>
void for_each_text(const tree& t, std::uint32_t index, F&& what) {
  std::uint32_t end = t.nodes[index].end;
  std::uint32_t i = index + 1;
  while (i < end) {
    const node& n = t.nodes[i];
    if (!n.is_element()) {
      what(i);
    } else if (holds_no_prose(t.name_of(n))) {
      i = n.end;
      continue;
    }
    ++i;
  }
}

/// Text, with each run of white space as one space.
class line {
 public:
  void space() noexcept { space_ = true; }
  void add(std::string_view text) {
    for (char c : text) {
      if (is_space(c)) {
        space_ = true;
        continue;
      }
      if (std::exchange(space_, false) && !text_.empty()) text_ += ' ';
      text_ += c;
    }
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  bool space_ = false;
};

}  // namespace

const attribute_data* tree::find_attribute(std::uint32_t index,
                                           std::string_view name) const noexcept {
  const node& n = nodes[index];
  for (std::uint32_t i = 0; i < n.attributes; ++i) {
    const attribute_data& a = attributes[n.first_attribute + i];
    if (view(a.name) == name) return &a;
  }
  return nullptr;
}

std::string_view tree::attribute_or_empty(std::uint32_t index,
                                          std::string_view name) const noexcept {
  const attribute_data* a = find_attribute(index, name);
  return a ? view(a->value) : std::string_view();
}

}  // namespace detail

using detail::no_node;
using detail::node;
using detail::tree;

const tree& element::owner(const char* what) const {
  if (!tree_)
    throw usage_error(std::string("html::element::") + what + ": there is no such element");
  return *tree_;
}

std::string_view element::name() const { return owner("name").name_of(index_); }

std::optional<std::string_view> element::attribute(std::string_view name) const {
  const tree& t = owner("attribute");
  const detail::attribute_data* a = t.find_attribute(index_, name);
  if (!a) return std::nullopt;
  return t.view(a->value);
}

std::string_view element::attribute(std::string_view name, std::string_view fallback) const {
  return attribute(name).value_or(fallback);
}

bool element::has_class(std::string_view name) const {
  std::string_view rest = owner("has_class").attribute_or_empty(index_, "class");
  while (!rest.empty()) {
    auto end = static_cast<std::size_t>(std::find_if(rest.begin(), rest.end(), detail::is_space) -
                                        rest.begin());
    if (end > 0 && rest.substr(0, end) == name) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::vector<std::pair<std::string_view, std::string_view>> element::attributes() const {
  const tree& t = owner("attributes");
  const node& n = t.nodes[index_];
  std::vector<std::pair<std::string_view, std::string_view>> all;
  for (std::uint32_t i = 0; i < n.attributes; ++i) {
    const detail::attribute_data& a = t.attributes[n.first_attribute + i];
    all.emplace_back(t.view(a.name), t.view(a.value));
  }
  return all;
}

std::string element::text() const {
  const tree& t = owner("text");
  std::string all;
  detail::for_each_text(t, index_, [&](std::uint32_t i) { all += t.view(t.nodes[i].text); });
  return all;
}

std::string element::normalized_text() const {
  const tree& t = owner("normalized_text");
  detail::line line;
  std::uint32_t before = index_;  // the last text, or where it begins
  detail::for_each_text(t, index_, [&](std::uint32_t i) {
    // A block has begun or ended since, if one stands between.
    for (std::uint32_t n = before + 1; n < i; ++n) {
      if (t.nodes[n].is_element() && detail::is_block(t.name_of(n))) line.space();
    }
    for (std::uint32_t n = t.nodes[before].parent;
         n != no_node && n > index_ && t.nodes[n].end <= i; n = t.nodes[n].parent) {
      if (detail::is_block(t.name_of(n))) line.space();
    }
    line.add(t.view(t.nodes[i].text));
    before = i;
  });
  return line.take();
}

element element::parent() const {
  std::uint32_t above = owner("parent").nodes[index_].parent;
  return above == no_node ? element() : element(tree_, above);
}

element element::first_child() const {
  const tree& t = owner("first_child");
  for (std::uint32_t i = index_ + 1; i < t.nodes[index_].end; i = t.nodes[i].end) {
    if (t.nodes[i].is_element()) return element(tree_, i);
  }
  return element();
}

element element::next_sibling() const {
  std::uint32_t next = owner("next_sibling").nodes[index_].next;
  return next == no_node ? element() : element(tree_, next);
}

element element::previous_sibling() const {
  std::uint32_t previous = owner("previous_sibling").nodes[index_].previous;
  return previous == no_node ? element() : element(tree_, previous);
}

std::vector<element> element::children() const {
  std::vector<element> all;
  for (element e = first_child(); e; e = e.next_sibling()) all.push_back(e);
  return all;
}

std::vector<element> element::select(const selector& wanted) const {
  return owner("select").select(index_, wanted, SIZE_MAX);
}

element element::select_one(const selector& wanted) const {
  std::vector<element> found = owner("select_one").select(index_, wanted, 1);
  return found.empty() ? element() : found[0];
}

bool element::matches(const selector& wanted) const {
  return owner("matches").matches(index_, wanted);
}

}}}  // namespace rondo::v0::html
