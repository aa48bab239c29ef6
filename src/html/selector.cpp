// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Selectors Level 4 and CSS Syntax Level 3, as far as selector.hpp says.
#include <rondo/html/selector.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

#include "detail/ascii.hpp"
#include "html/compiled_selector.hpp"
#include "html/tree.hpp"
#include "html/utf8.hpp"

namespace rondo { inline namespace v0 { namespace html {

namespace detail {

namespace {

using kind = condition::kind;

constexpr std::size_t deepest_nesting = 32;
constexpr std::size_t most_has_parts = 64;  // a bit for each of them is kept of each element
constexpr std::int64_t largest_number = INT32_MAX;  // a larger one counts as this

using ascii::hex_digit;
using ascii::is_digit;
using ascii::is_letter;

bool is_combinator(char c) noexcept { return c == '>' || c == '+' || c == '~'; }
bool is_line_break(char c) noexcept { return c == '\n' || c == '\r' || c == '\f'; }
bool is_name_start(char c) noexcept { return is_letter(c) || c == '_' || ascii::is_beyond(c); }
bool is_name_part(char c) noexcept { return is_name_start(c) || is_digit(c) || c == '-'; }

/// A selector that asks for too much, which no forgiving list forgives.
class beyond_limit : public selector_error {
 public:
  using selector_error::selector_error;
};

class reader {
 public:
  explicit reader(std::string_view text) : text_(text) {}

  compiled_selector take() {
    if (text_.size() > selector::max_length)
      fail<beyond_limit>("longer than " + std::to_string(selector::max_length) + " bytes",
                         selector::max_length);
    result_.listed = read_list();
    if (!at_end()) fail_here();
    result_.has_above = std::any_of(result_.chains.begin(), result_.chains.end(),
                                    [&](const chain& c) { return asks_above_for_has(c); });
    return std::move(result_);
  }

 private:
  template <class Error = selector_error>
  [[noreturn]] void fail(const std::string& why, std::size_t position) const {
    std::string shown(text_.substr(0, 200));
    if (text_.size() > 200) shown += "...";
    std::string where = " at position " + std::to_string(position);
    throw Error("selector '" + shown + "': " + why + where, position);
  }
  [[noreturn]] void fail_here() const {
    if (at_end()) fail("unexpected end", text_.size());
    fail(std::string("unexpected '") + text_[at_] + "'", at_);
  }

  bool at_end() const noexcept { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool accept(char c) noexcept {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  /// What is still open at the end, is closed there (CSS Syntax, 5.4.8).
  void expect_closing(char c) {
    if (!accept(c) && !at_end()) fail_here();
  }
  /// Comments may stand between any two tokens (CSS Syntax, 4.3.2). One without an end goes to
  /// the text's.
  void skip_comments() noexcept;
  /// White space and comments; whether there was any space.
  bool skip_space() noexcept;

  std::vector<std::uint32_t> read_list();
  std::vector<std::uint32_t> read_forgiving_list();
  void skip_item();
  void skip_token();
  std::vector<std::uint32_t> read_relative_list();
  std::uint32_t read_chain(bool relative = false);
  compound read_compound();
  void read_type(std::vector<condition>& to);
  condition read_attribute();
  void read_attribute_value(condition& c);
  void read_pseudo_class(std::vector<condition>& to);
  condition read_nth();
  condition read_has(std::size_t begin);
  std::int64_t read_number();
  bool asks_for_has(const compound& c) const;
  bool asks_above_for_has(const chain& c) const;

  bool at_name() const noexcept;
  std::string read_name(const char* what);
  void read_escape(std::string& to);
  std::string read_string();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t nesting_ = 0;
  std::size_t has_parts_ = 0;
  bool in_has_ = false;
  compiled_selector result_;
};

void reader::skip_comments() noexcept {
  while (peek() == '/' && peek(1) == '*') {
    std::size_t end = text_.find("*/", at_ + 2);
    at_ = end == text_.npos ? text_.size() : end + 2;
  }
}

bool reader::skip_space() noexcept {
  bool any = false;
  for (skip_comments(); !at_end() && is_space(peek()); skip_comments()) {
    ++at_;
    any = true;
  }
  return any;
}

std::vector<std::uint32_t> reader::read_list() {
  std::vector<std::uint32_t> chains;
  do {
    chains.push_back(read_chain());
  } while (accept(','));
  return chains;
}

/// Selectors that are none are left out (Selectors 4, 4.1). An empty one matches nothing.
std::vector<std::uint32_t> reader::read_forgiving_list() {
  std::vector<std::uint32_t> chains;
  do {
    std::size_t begin = at_, nesting = nesting_;
    std::size_t compounds = result_.compounds.size(), all_chains = result_.chains.size();
    bool in_has = in_has_;
    std::uint32_t has_count = result_.has_count;
    try {
      chains.push_back(read_chain());
    } catch (const beyond_limit&) {
      throw;
    } catch (const selector_error&) {
      at_ = begin;
      nesting_ = nesting;
      in_has_ = in_has;
      result_.has_count = has_count;
      result_.compounds.resize(compounds);
      result_.chains.resize(all_chains);
      skip_item();
    }
  } while (accept(','));
  return chains;
}

/// Up to the comma or the bracket that ends it.
void reader::skip_item() {
  for (skip_comments(); !at_end() && peek() != ',' && peek() != ')'; skip_comments()) skip_token();
}

/// A token, or a whole block of them in brackets.
void reader::skip_token() {
  std::string closing;  // of the brackets that are open
  do {
    skip_comments();
    if (at_end()) return;
    char c = text_[at_];
    if (c == '"' || c == '\'') {
      for (++at_; !at_end() && peek() != c && !is_line_break(peek()); ++at_)
        if (peek() == '\\') ++at_;
    } else if (c == '\\') {
      ++at_;
    } else if (c == '(' || c == '[' || c == '{') {
      closing += c == '(' ? ')' : c == '[' ? ']' : '}';
    } else if (!closing.empty() && c == closing.back()) {
      closing.pop_back();
    }
    at_ = std::min(at_ + 1, text_.size());
  } while (!closing.empty());
}

/// Of :has(): what it begins with is the combinator to the element that has it.
std::vector<std::uint32_t> reader::read_relative_list() {
  std::vector<std::uint32_t> chains;
  do {
    chains.push_back(read_chain(true));
    const chain& c = result_.chains.back();
    if (has_parts_ + c.size > most_has_parts)
      fail<beyond_limit>("more than " + std::to_string(most_has_parts) + " parts in :has()", at_);
    for (std::uint32_t i = c.first; i <= c.last(); ++i)
      result_.compounds[i].bit = static_cast<unsigned char>(has_parts_++);
  } while (accept(','));
  return chains;
}

std::uint32_t reader::read_chain(bool relative) {
  std::vector<compound> parts;
  char combinator = relative ? ' ' : 0;
  skip_space();
  if (relative && is_combinator(peek())) {
    combinator = text_[at_++];
    skip_space();
  }
  if (combinator == '+' || combinator == '~') result_.has_looks_aside = true;
  for (;;) {
    parts.push_back(read_compound());
    parts.back().combinator = combinator;
    bool space = skip_space();
    if (at_end() || peek() == ',' || peek() == ')') break;
    combinator = ' ';
    if (is_combinator(peek())) {
      combinator = text_[at_++];
      skip_space();
    } else if (!space) {
      fail_here();
    }
    if (relative) continue;
    result_.looks_up = true;
    if (combinator == '~') result_.looks_back = UINT32_MAX;
    if (combinator == '+' && result_.looks_back < UINT32_MAX) ++result_.looks_back;
  }
  // Only now: the chains inside of it come before.
  chain c{static_cast<std::uint32_t>(result_.compounds.size()),
          static_cast<std::uint32_t>(parts.size()), relative};
  for (compound& part : parts) result_.compounds.push_back(std::move(part));
  result_.chains.push_back(c);
  return static_cast<std::uint32_t>(result_.chains.size() - 1);
}

compound reader::read_compound() {
  compound result;
  std::vector<condition>& all = result.conditions;
  std::size_t begin = at_;
  read_type(all);
  for (;;) {
    std::size_t end = at_;
    skip_comments();
    if (accept('#')) {
      all.push_back({.what = kind::id, .value = read_name("an id")});
    } else if (accept('.')) {
      skip_comments();
      all.push_back({.what = kind::has_class, .value = read_name("a class")});
    } else if (accept('[')) {
      all.push_back(read_attribute());
    } else if (peek() == ':' && peek(1) == ':') {
      fail("pseudo-elements are not supported; use text() or attribute()", at_);
    } else if (accept(':')) {
      skip_comments();
      read_pseudo_class(all);
    } else {
      at_ = end;
      break;
    }
  }
  if (at_ == begin) fail_here();
  return result;
}

/// "a", "*", "*|a", "|a". Without declarations there is no other prefix (Selectors 4, 5.2 and 5.3).
void reader::read_type(std::vector<condition>& to) {
  std::size_t begin = at_;
  auto at_bar = [&] { return peek() == '|' && peek(1) != '='; };
  if (at_name()) {
    std::string name = ascii::lower(read_name("a tag"));
    if (at_bar()) fail("the namespace '" + name + "' is not declared", begin);
    return to.push_back({.what = kind::type, .value = std::move(name)});
  }
  bool any = accept('*');
  if (!at_bar()) return;
  ++at_;
  if (at_name()) {
    to.push_back({.what = kind::type, .value = ascii::lower(read_name("a tag"))});
  } else if (!accept('*')) {
    fail_here();
  }
  if (!any) to.push_back({.what = kind::any_of});  // every element of a page has a namespace
}

condition reader::read_attribute() {
  skip_space();
  std::size_t begin = at_;
  if (peek() == '*' && peek(1) == '|') ++at_;  // in any namespace
  accept('|');                                 // in none
  condition c{.what = kind::attribute, .name = ascii::lower(read_name("an attribute"))};
  if (peek() == '|' && peek(1) != '=')
    fail("the namespace '" + c.name + "' is not declared", begin);
  skip_space();
  if (accept(']') || at_end()) return c;
  switch (peek()) {
    case '=':
      c.what = kind::equals;
      break;
    case '~':
      c.what = kind::has_word;
      break;
    case '|':
      c.what = kind::has_prefix;
      break;
    case '^':
      c.what = kind::begins;
      break;
    case '$':
      c.what = kind::ends;
      break;
    case '*':
      c.what = kind::contains;
      break;
    default:
      fail_here();
  }
  if (c.what != kind::equals) {
    ++at_;
    skip_comments();
  }
  if (!accept('=')) fail_here();
  read_attribute_value(c);
  return c;
}

void reader::read_attribute_value(condition& c) {
  skip_space();
  c.value =
      peek() == '"' || peek() == '\'' ? read_string() : read_name("a value, or one in quotes,");
  c.ignore_case = c.name == "type";
  skip_space();
  if (char flag = peek(); is_letter(flag)) {
    if (flag != 'i' && flag != 'I' && flag != 's' && flag != 'S') fail_here();
    c.ignore_case = flag == 'i' || flag == 'I';
    ++at_;
    skip_space();
  }
  expect_closing(']');
}

void reader::read_pseudo_class(std::vector<condition>& to) {
  std::size_t begin = at_ - 1;
  std::string name = ascii::lower(read_name("a pseudo-class"));
  auto nth = [](bool from_end, bool of_type) {
    return condition{.what = kind::nth, .of_type = of_type, .from_end = from_end, .offset = 1};
  };
  if (!accept('(')) {
    if (name == "root") return to.push_back({.what = kind::root});
    if (name == "scope") return to.push_back({.what = kind::scope});
    if (name == "empty") return to.push_back({.what = kind::empty});
    bool first = name.starts_with("first-"), last = name.starts_with("last-"),
         only = name.starts_with("only-");
    bool child = name.ends_with("-child"), of_type = name.ends_with("-of-type");
    std::size_t expected = (first || only ? 5u : 4u) + (child ? 6u : 8u) - (only ? 1u : 0u);
    if (!(first || last || only) || !(child || of_type) || name.size() != expected)
      fail("':" + name + "' is not supported", begin);
    if (!last) to.push_back(nth(false, of_type));
    if (!first) to.push_back(nth(true, of_type));
    return;
  }
  if (++nesting_ > deepest_nesting) fail<beyond_limit>("nested too deep", begin);
  if (name == "not") {
    to.push_back({.what = kind::none_of, .chains = read_list()});
  } else if (name == "is" || name == "where" || name == "matches") {
    to.push_back({.what = kind::any_of, .chains = read_forgiving_list()});
  } else if (name == "has") {
    to.push_back(read_has(begin));
  } else if (name == "nth-child" || name == "nth-last-child" || name == "nth-of-type" ||
             name == "nth-last-of-type") {
    condition c = read_nth();
    c.from_end = name.starts_with("nth-last-");
    c.of_type = name.ends_with("-of-type");
    to.push_back(std::move(c));
  } else {
    fail("':" + name + "()' is not supported", begin);
  }
  expect_closing(')');
  --nesting_;
}

condition reader::read_has(std::size_t begin) {
  if (std::exchange(in_has_, true)) fail("':has()' within another is not allowed", begin);
  condition c{.what = kind::has, .chains = read_relative_list(), .number = result_.has_count++};
  in_has_ = false;
  return c;
}

bool reader::asks_for_has(const compound& part) const {
  return std::any_of(part.conditions.begin(), part.conditions.end(), [&](const condition& c) {
    if (c.what == kind::has) return true;
    return std::any_of(c.chains.begin(), c.chains.end(), [&](std::uint32_t inner) {
      return asks_for_has(result_.compounds[result_.chains[inner].last()]);
    });
  });
}

/// In a part that is not the last one: that is asked of other elements than those that are found.
bool reader::asks_above_for_has(const chain& c) const {
  if (c.relative) return false;
  for (std::uint32_t i = c.first; i < c.last(); ++i)
    if (asks_for_has(result_.compounds[i])) return true;
  return false;
}

/// The small grammar of an+b (CSS Syntax, 6): "odd", "3", "-n + 3", "2n-1".
condition reader::read_nth() {
  condition c{.what = kind::nth};
  skip_space();
  std::size_t begin = at_;
  for (auto [word, step, offset] : {std::tuple("odd", 2, 1), {"even", 2, 0}}) {
    std::size_t size = std::string_view(word).size();
    if (!ascii::equal_ignoring_case(text_.substr(at_, size), word)) continue;
    at_ += size;
    c.step = step;
    c.offset = offset;
    skip_space();
    return c;
  }
  bool negative = peek() == '-';
  if (peek() == '-' || peek() == '+') ++at_;
  bool counted = is_digit(peek());
  std::int64_t number = counted ? read_number() : 1;
  if (negative) number = -number;
  if (peek() == 'n' || peek() == 'N') {
    ++at_;
    c.step = number;
    skip_space();
    if (peek() == '+' || peek() == '-') {
      bool minus = text_[at_++] == '-';
      skip_space();
      std::int64_t offset = read_number();
      c.offset = minus ? -offset : offset;
    }
  } else {
    if (!counted) fail("expected odd, even or an+b", begin);
    c.offset = number;
  }
  skip_space();
  if (peek() != ')' && !at_end()) fail_here();
  return c;
}

std::int64_t reader::read_number() {
  std::int64_t number = 0;
  if (!is_digit(peek())) fail_here();
  while (is_digit(peek())) {
    number = std::min(number * 10 + (text_[at_++] - '0'), largest_number);
  }
  return number;
}

bool reader::at_name() const noexcept {
  std::size_t ahead = peek() == '-' ? 1 : 0;
  if (ahead == 1 && peek(1) == '-') return true;
  char c = peek(ahead);
  return is_name_start(c) || (c == '\\' && !is_line_break(peek(ahead + 1)));
}

std::string reader::read_name(const char* what) {
  if (!at_name()) fail(std::string("expected ") + what + (at_end() ? " before the end" : ""), at_);
  std::string name;
  for (;;) {
    if (peek() == '\\' && !is_line_break(peek(1))) {
      ++at_;
      read_escape(name);
    } else if (!at_end() && is_name_part(peek())) {
      name += text_[at_++];
    } else {
      return name;
    }
  }
}

/// What follows a backslash (CSS Syntax, 4.3.7).
void reader::read_escape(std::string& to) {
  if (at_end()) return append_utf8(to, replacement_character);
  if (hex_digit(peek()) < 0) {
    to += text_[at_++];
    return;
  }
  char32_t code = 0;
  for (int digits = 0; digits < 6 && hex_digit(peek()) >= 0; ++digits)
    code = code * 16 + static_cast<char32_t>(hex_digit(text_[at_++]));
  if (peek() == '\r' && peek(1) == '\n') ++at_;
  if (!at_end() && is_space(peek())) ++at_;
  append_utf8(to, code == 0 ? replacement_character : code);
}

std::string reader::read_string() {
  std::size_t begin = at_;
  char quote = text_[at_++];
  std::string value;
  while (!at_end() && !accept(quote)) {
    if (is_line_break(peek())) fail("a string without an end", begin);
    if (!accept('\\')) {
      value += text_[at_++];
    } else if (is_line_break(peek())) {  // escaped, it goes on in the next line
      at_ += peek() == '\r' && peek(1) == '\n' ? 2 : 1;
    } else if (!at_end()) {
      read_escape(value);
    }
  }
  return value;
}

}  // namespace

compiled_selector compile_selector(std::string_view text) { return reader(text).take(); }

}  // namespace detail

std::shared_ptr<const detail::compiled_selector> selector::compile(std::string_view text) {
  return std::make_shared<const detail::compiled_selector>(detail::compile_selector(text));
}

}}}  // namespace rondo::v0::html
