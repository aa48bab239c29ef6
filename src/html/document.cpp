// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/html/document.hpp>

#include <set>
#include <utility>

#include <rondo/html/encoding.hpp>

#include "tree.hpp"

namespace rondo::inline v0::html {

namespace {

std::unique_ptr<const detail::tree> read(std::string_view text, const parse_options& options) {
  // Before the text is converted.
  if (text.size() > options.max_bytes)
    throw parse_error("parse HTML of " + std::to_string(text.size()) + " bytes: more than " +
                      std::to_string(options.max_bytes));
  std::string encoding(options.encoding);
  if (encoding.empty()) encoding = detect_encoding(text, options.content_type);
  std::string converted;
  if (encoding != "UTF-8" || text.starts_with("\xEF\xBB\xBF")) {
    converted = to_utf8(text, encoding);
    text = converted;
  }
  detail::tree parsed = detail::parse_tree(text, options);
  parsed.encoding = std::move(encoding);
  return std::make_unique<const detail::tree>(std::move(parsed));
}

}  // namespace

document::document(std::string_view text, std::string_view base_url, const parse_options& options)
    : tree_(read(text, options)) {
  if (!base_url.empty()) base_ = http::url(base_url);
  // The first one that has an href counts (HTML, 4.2.3).
  element base = select_one("base[href]");
  if (!base) return;
  std::optional<http::url> named = resolve(base.attribute("href", ""));
  if (named) base_ = std::move(named);
}

document::document(document&&) noexcept = default;
document& document::operator=(document&&) noexcept = default;
document::~document() = default;

element document::root() const noexcept { return element(tree_.get(), 0); }

std::vector<element> document::select(const selector& wanted) const {
  std::vector<element> found = tree_->select(0, wanted, SIZE_MAX);
  if (root().matches(wanted)) found.insert(found.begin(), root());
  return found;
}

element document::select_one(const selector& wanted) const {
  return root().matches(wanted) ? root() : root().select_one(wanted);
}

std::string document::title() const {
  element found = select_one("title");
  return found ? found.normalized_text() : std::string();
}

const std::string& document::encoding() const noexcept { return tree_->encoding; }

const std::optional<http::url>& document::base() const noexcept { return base_; }

std::optional<http::url> document::resolve(std::string_view reference) const {
  return base_ ? base_->try_resolve(reference) : http::url::try_parse(reference);
}

std::vector<http::url> document::links() const {
  static const selector leads("a[href], area[href]");
  std::vector<http::url> all;
  std::set<std::string> seen;
  for (const element& e : select(leads)) {
    std::optional<http::url> to = resolve(e.attribute("href", ""));
    if (to && seen.insert(to->str()).second) all.push_back(std::move(*to));
  }
  return all;
}

}  // namespace rondo::inline v0::html
