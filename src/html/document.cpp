// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/html/document.hpp>

#include <set>
#include <utility>

#include <rondo/html/encoding.hpp>

#include "html/decoder.hpp"
#include "html/prescan.hpp"
#include "html/query_encoder.hpp"
#include "html/tree.hpp"

namespace rondo { inline namespace v0 { namespace html {

namespace {

detail::tree parse_in(const detail::encoding& e, std::string_view bytes,
                      const parse_options& options) {
  if (detail::encoding_of_mark(bytes) == &e) bytes.remove_prefix(&e == &detail::utf_8 ? 3 : 2);
  std::string converted;
  if (&e != &detail::utf_8 || !detail::is_utf8(bytes)) {
    converted = detail::decode(e, bytes);
    bytes = converted;
  }
  detail::tree parsed = detail::parse_tree(bytes, options);
  parsed.encoding = e.name;
  return parsed;
}

/// What the page's own <meta> says, wherever it stands; the first that is known counts.
const detail::encoding* declared_in(const detail::tree& page) {
  for (std::uint32_t i = 0; i < page.nodes.size(); ++i) {
    if (!page.nodes[i].is_element() || page.name_of(i) != "meta") continue;
    const detail::encoding* found = detail::find_encoding(page.attribute_or_empty(i, "charset"));
    if (!found && detail::is_content_type(page.attribute_or_empty(i, "http-equiv")))
      found = detail::encoding_of_content(page.attribute_or_empty(i, "content"));
    if (found) return &detail::encoding_of_page(*found);
  }
  return nullptr;
}

std::unique_ptr<const detail::tree> read(std::string_view text, const parse_options& options) {
  // Before the text is converted.
  if (text.size() > options.max_bytes)
    throw parse_error("parse HTML of " + std::to_string(text.size()) + " bytes: more than " +
                      std::to_string(options.max_bytes));
  const detail::encoding* certain = nullptr;
  if (!options.encoding.empty()) {
    certain = detail::find_encoding(options.encoding);
    if (!certain)
      throw error("read '" + std::string(options.encoding.substr(0, 100)) +
                  "': this encoding is not known");
  } else {
    certain = detail::encoding_of_mark(text);
    if (!certain) certain = detail::encoding_of_content_type(options.content_type);
  }
  if (certain) return std::make_unique<const detail::tree>(parse_in(*certain, text, options));
  // Else what was found is a guess, which the page may correct (HTML, 13.2.3.4).
  const detail::encoding* guess = detail::find_encoding(detect_encoding(text));
  detail::tree parsed = parse_in(*guess, text, options);
  const detail::encoding* declared = declared_in(parsed);
  bool other = declared && declared != guess && guess->what != detail::encoding::kind::utf_16be &&
               guess->what != detail::encoding::kind::utf_16le;
  if (other) parsed = parse_in(*declared, text, options);
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
  auto read = [&](std::string_view text) {
    return base_ ? base_->try_resolve(text) : http::url::try_parse(text);
  };
  std::optional<http::url> found = read(reference);
  bool is_web = found && (found->scheme() == "http" || found->scheme() == "https");
  if (!is_web || found->query().empty() || tree_->encoding == detail::utf_8.name) return found;
  return read(detail::with_encoded_query(*detail::find_encoding(tree_->encoding), reference));
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

}}}  // namespace rondo::v0::html
