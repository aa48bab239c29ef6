// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Which elements match a selector. One walk in the order of the document, which
// knows of each open element the parts of the selector that it has matched:
// whether a part matches follows from its own conditions and from those of its
// ancestors and elder siblings, with no way to go back and try another.
#include <algorithm>

#include "detail/ascii.hpp"
#include "html/compiled_selector.hpp"
#include "html/tree.hpp"

namespace rondo { inline namespace v0 { namespace html::detail {

namespace {

using kind = condition::kind;

/// A set of compounds, or of elements, by their number.
class number_set {
 public:
  explicit number_set(std::size_t size) : words_((size + 63) / 64) {}
  void add(std::uint32_t i) noexcept { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
  bool has(std::uint32_t i) const noexcept {
    return i / 64 < words_.size() && (words_[i / 64] >> (i % 64) & 1);
  }
  void clear() noexcept { std::fill(words_.begin(), words_.end(), 0); }
  void add(const number_set& other) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// Those that were matched by an open element, and around it.
struct level {
  explicit level(std::size_t size) : self(size), above(size), last_child(size), children(size) {}
  std::uint32_t index = no_node;
  number_set self;
  number_set above;       // any of its ancestors, or itself
  number_set last_child;  // the child before the one that is looked at
  number_set children;    // any child before
};

bool equal(std::string_view a, std::string_view b, bool ignore_case) {
  return ignore_case ? ascii::equal_ignoring_case(a, b) : a == b;
}

bool contains(std::string_view text, std::string_view part, bool ignore_case) {
  return (ignore_case ? ascii::find_ignoring_case(text, part) : text.find(part)) != text.npos;
}

bool has_word(std::string_view text, std::string_view word, bool ignore_case) {
  if (word.empty()) return false;
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t end = i;
    while (end < text.size() && !is_space(text[end])) ++end;
    if (end > i && equal(text.substr(i, end - i), word, ignore_case)) return true;
    i = end + 1;
  }
  return false;
}

bool value_matches(const condition& c, std::string_view value) {
  std::size_t size = c.value.size();
  switch (c.what) {
    case kind::attribute:
      return true;
    case kind::equals:
      return equal(value, c.value, c.ignore_case);
    case kind::has_word:
      return has_word(value, c.value, c.ignore_case);
    case kind::has_prefix:
      return equal(value.substr(0, size), c.value, c.ignore_case) &&
             (value.size() == size || value[size] == '-');
    case kind::begins:
      return size > 0 && equal(value.substr(0, size), c.value, c.ignore_case);
    case kind::ends:
      return size > 0 && value.size() >= size &&
             equal(value.substr(value.size() - size), c.value, c.ignore_case);
    default:
      return size > 0 && contains(value, c.value, c.ignore_case);
  }
}

bool is_nth(const condition& c, const node& n, const tree& t) {
  std::uint32_t siblings = n.parent == no_node ? 1 : t.nodes[n.parent].children;
  std::int64_t position = c.of_type    ? (c.from_end ? n.type_position_from_end : n.type_position)
                          : c.from_end ? siblings - n.position + 1
                                       : n.position;
  std::int64_t distance = position - c.offset;
  return c.step == 0 ? distance == 0 : distance % c.step == 0 && distance / c.step >= 0;
}

/// Of white space no account is taken (Selectors Level 4, 14.1).
bool is_empty(const tree& t, std::uint32_t index) {
  for (std::uint32_t i = index + 1; i < t.nodes[index].end; ++i) {
    if (t.nodes[i].is_element()) return false;
    std::string_view text = t.view(t.nodes[i].text);
    if (!std::all_of(text.begin(), text.end(), is_space)) return false;
  }
  return true;
}

class matcher {
 public:
  /// For elements from `scope` on.
  matcher(const tree& t, const compiled_selector& s, std::uint32_t scope)
      : tree_(t), selector_(s), scope_(scope), nothing_(s.compounds.size()) {
    if (s.has_count > 0) find_those_that_have();
  }

  /// Before enter(index): makes known what stands above it, and before it.
  void come_to(std::uint32_t index);
  /// Whether the element matches. Elements are entered in their order.
  bool enter(std::uint32_t index);

 private:
  bool listed(const std::vector<std::uint32_t>& chains, const number_set& self) const {
    return std::any_of(chains.begin(), chains.end(),
                       [&](std::uint32_t c) { return self.has(selector_.chains[c].last()); });
  }
  void find_those_that_have();
  std::uint64_t has_parts_of(std::uint32_t index);
  number_set those_with(const chain& c, const std::vector<std::uint64_t>& parts) const;
  number_set those_before(const number_set& those, char combinator, std::uint32_t size) const;
  bool asks_for_siblings(std::uint32_t index) const;
  void enter_siblings_before(std::uint32_t index);
  bool joined(char combinator, std::uint32_t before, const level* parent) const;
  bool meets(const compound& c, std::uint32_t index, const number_set& self) const;
  bool meets(const condition& c, std::uint32_t index, const number_set& self) const;

  const tree& tree_;
  const compiled_selector& selector_;
  std::uint32_t scope_;
  const number_set nothing_;
  std::vector<level> levels_;  // of which `open_` are in use
  std::size_t open_ = 0;
  // Of each :has(), those that have it, counted from the first element that may be asked.
  std::uint32_t region_ = 0;
  std::vector<number_set> have_;
};

/// Another walk, before: which elements match the parts of each :has() by themselves. Then, from
/// its last part to its first: which elements have the rest of it.
void matcher::find_those_that_have() {
  if (!selector_.has_above) region_ = scope_;
  std::uint32_t parent = tree_.nodes[region_].parent;
  if (selector_.has_looks_aside && parent != no_node) region_ = parent;
  // Of each element, a bit for each part.
  std::vector<std::uint64_t> parts(tree_.nodes[region_].end - region_);
  come_to(region_);
  for (std::uint32_t n = 0; n < parts.size(); ++n) {
    if (tree_.nodes[region_ + n].is_element()) parts[n] = has_parts_of(region_ + n);
  }
  open_ = 0;
  have_.assign(selector_.has_count, number_set(parts.size()));
  for (const compound& outer : selector_.compounds) {
    for (const condition& c : outer.conditions) {
      if (c.what != kind::has) continue;
      for (std::uint32_t index : c.chains)
        have_[c.number].add(those_with(selector_.chains[index], parts));
    }
  }
}

std::uint64_t matcher::has_parts_of(std::uint32_t index) {
  enter(index);
  std::uint64_t bits = 0;
  for (const chain& c : selector_.chains) {
    for (std::uint32_t i = c.first; c.relative && i <= c.last(); ++i)
      if (levels_[open_ - 1].self.has(i)) bits |= std::uint64_t{1} << selector_.compounds[i].bit;
  }
  return bits;
}

number_set matcher::those_with(const chain& c, const std::vector<std::uint64_t>& parts) const {
  number_set with(parts.size());
  for (std::uint32_t i = c.last() + 1; i-- > c.first;) {
    const compound& part = selector_.compounds[i];
    number_set those(parts.size());
    for (std::uint32_t n = 0; n < parts.size(); ++n)
      if ((parts[n] >> part.bit & 1) && (i == c.last() || with.has(n))) those.add(n);
    with = those_before(those, part.combinator, static_cast<std::uint32_t>(parts.size()));
  }
  return with;
}

/// Of which the combinator leads to one of those.
number_set matcher::those_before(const number_set& those, char combinator,
                                 std::uint32_t size) const {
  number_set found(size);
  bool above = combinator == ' ' || combinator == '>';
  bool once = combinator == '>' || combinator == '+';
  for (std::uint32_t n = 0; n < size; ++n) {
    if (!those.has(n)) continue;
    for (std::uint32_t i = region_ + n;;) {
      i = above ? tree_.nodes[i].parent : tree_.nodes[i].previous;
      // Where another one has come by, all further ones are known.
      if (i == no_node || i < region_ || found.has(i - region_)) break;
      found.add(i - region_);
      if (once) break;
    }
  }
  return found;
}

void matcher::come_to(std::uint32_t index) {
  if (!selector_.looks_up) return;
  std::vector<std::uint32_t> above;
  for (std::uint32_t i = tree_.nodes[index].parent; i != no_node; i = tree_.nodes[i].parent)
    above.push_back(i);
  std::reverse(above.begin(), above.end());
  above.push_back(index);
  for (std::uint32_t step : above) {
    if (asks_for_siblings(step)) enter_siblings_before(step);
    if (step != index) enter(step);
  }
}

/// Whether it may meet the conditions of a part that follows + or ~.
bool matcher::asks_for_siblings(std::uint32_t index) const {
  if (selector_.looks_back == 0) return false;
  auto may_meet = [&](const condition& c) {
    return c.what == kind::any_of || c.what == kind::none_of || meets(c, index, nothing_);
  };
  return std::any_of(selector_.compounds.begin(), selector_.compounds.end(),
                     [&](const compound& part) {
                       return (part.combinator == '+' || part.combinator == '~') &&
                              std::all_of(part.conditions.begin(), part.conditions.end(), may_meet);
                     });
}

void matcher::enter_siblings_before(std::uint32_t index) {
  std::uint32_t first = index;
  for (std::uint32_t n = 0; n < selector_.looks_back && tree_.nodes[first].previous != no_node; ++n)
    first = tree_.nodes[first].previous;
  for (std::uint32_t i = first; i != index; i = tree_.nodes[i].next) enter(i);
}

bool matcher::enter(std::uint32_t index) {
  while (open_ > 0 && index >= tree_.nodes[levels_[open_ - 1].index].end) --open_;
  if (open_ == levels_.size()) levels_.emplace_back(selector_.compounds.size());
  level* parent = open_ > 0 ? &levels_[open_ - 1] : nullptr;
  level& here = levels_[open_++];
  here.index = index;
  here.self.clear();
  here.last_child.clear();
  here.children.clear();
  for (const chain& c : selector_.chains) {
    for (std::uint32_t i = c.first; i <= c.last(); ++i) {
      const compound& part = selector_.compounds[i];
      bool is_joined = c.relative || joined(part.combinator, i - 1, parent);
      if (is_joined && meets(part, index, here.self)) here.self.add(i);
    }
  }
  here.above = here.self;
  if (parent) {
    here.above.add(parent->above);
    parent->last_child = here.self;
    parent->children.add(here.self);
  }
  return listed(selector_.listed, here.self);
}

bool matcher::joined(char combinator, std::uint32_t before, const level* parent) const {
  if (combinator == 0) return true;
  if (!parent) return false;
  switch (combinator) {
    case '>':
      return parent->self.has(before);
    case '+':
      return parent->last_child.has(before);
    case '~':
      return parent->children.has(before);
    default:
      return parent->above.has(before);
  }
}

bool matcher::meets(const compound& c, std::uint32_t index, const number_set& self) const {
  return std::all_of(c.conditions.begin(), c.conditions.end(),
                     [&](const condition& one) { return meets(one, index, self); });
}

bool matcher::meets(const condition& c, std::uint32_t index, const number_set& self) const {
  const node& n = tree_.nodes[index];
  switch (c.what) {
    case kind::type:
      return tree_.name_of(n) == c.value;
    case kind::id:
      return !c.value.empty() && tree_.attribute_or_empty(index, "id") == c.value;
    case kind::has_class:
      return has_word(tree_.attribute_or_empty(index, "class"), c.value, false);
    case kind::nth:
      return is_nth(c, n, tree_);
    case kind::empty:
      return is_empty(tree_, index);
    case kind::root:
      return index == 0;
    case kind::scope:
      return index == scope_;
    case kind::any_of:
      return listed(c.chains, self);
    case kind::none_of:
      return !listed(c.chains, self);
    case kind::has:
      return c.number < have_.size() && index >= region_ && have_[c.number].has(index - region_);
    default: {
      const attribute_data* a = tree_.find_attribute(index, c.name);
      return a && value_matches(c, tree_.view(a->value));
    }
  }
}

}  // namespace

std::vector<element> tree::select(std::uint32_t scope, const selector& wanted,
                                  std::size_t most) const {
  std::vector<element> found;
  matcher m(*this, wanted.compiled(), scope);
  m.come_to(scope);
  m.enter(scope);
  for (std::uint32_t i = scope + 1; i < nodes[scope].end && found.size() < most; ++i) {
    if (nodes[i].is_element() && m.enter(i)) found.emplace_back(this, i);
  }
  return found;
}

bool tree::matches(std::uint32_t index, const selector& wanted) const {
  matcher m(*this, wanted.compiled(), index);
  m.come_to(index);
  return m.enter(index);
}

}}}  // namespace rondo::v0::html::detail
