// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <rondo/detail/config.hpp>
#include <rondo/html/element.hpp>
#include <rondo/html/selector.hpp>
#include <rondo/http/url/url.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace html {

/// A page that is beyond the limits of parse_options.
class parse_error : public error {
 public:
  using error::error;
};

struct parse_options {
  /// The response's Content-Type, whose charset comes before what the page says
  /// of itself.
  std::string_view content_type = {};
  /// The encoding, whatever page and response say.
  std::string_view encoding = {};
  std::size_t max_bytes = 64u << 20;
  /// What parsing may take: usually 30 to 40 times the page's size, but a page
  /// can be written so that it is far more.
  std::size_t max_memory = 2u << 30;
  /// Likewise usually some 10 ms a MiB; but for deeply nested blocks and a tag of
  /// many attributes the parser's time grows with the square of their number. A
  /// page that is read again in the encoding that it declares may take it twice.
  delay max_time = std::chrono::seconds(10);
};
static_assert(std::is_trivially_destructible_v<parse_options>);

/// A parsed HTML page. Any text is one: it is read by the rules of HTML5 for
/// broken pages too, like a browser does.
///
///     html::document page(response.body, response.url);
///     for (html::element a : page.select("nav a[href]")) …
///
/// Its elements are views, which it must outlive. It may be moved while they
/// are in use. It never changes, so any thread may read it. Parsing does not
/// wait for anything: for large pages use to_thread.
class document {
 public:
  /// Throws parse_error beyond the limits, http::url_error when there is a base
  /// and it is no URL. Neither keeps a reference to the text.
  explicit document(std::string_view text, std::string_view base_url = {},
                    const parse_options& options = {});
  document(document&&) noexcept;
  document& operator=(document&&) noexcept;
  ~document();

  /// The html element, which every page has.
  element root() const noexcept RONDO_LIFETIMEBOUND;
  /// The matching elements, in the page's order.
  std::vector<element> select(const selector& wanted) const RONDO_LIFETIMEBOUND;
  /// The first of them, or an empty element.
  element select_one(const selector& wanted) const RONDO_LIFETIMEBOUND;

  /// See element.
  std::string text() const { return root().text(); }
  std::string normalized_text() const { return root().normalized_text(); }
  /// The first title's text, normalized; empty if there is none.
  std::string title() const;
  /// The name of the encoding that the page was read in: "UTF-8".
  const std::string& encoding() const noexcept RONDO_LIFETIMEBOUND;

  /// What links are relative to: the page's <base href>, resolved against the
  /// URL that was given; nothing if that was none.
  const std::optional<http::url>& base() const noexcept RONDO_LIFETIMEBOUND;
  /// What a reference found in the page means, or nothing if it leads to nowhere
  /// in the web: mailto:, javascript:, malformed, or relative without a base. As
  /// in browsers, other scripts in its query are in the page's encoding.
  std::optional<http::url> resolve(std::string_view reference) const;
  /// Where the page's <a> and <area> lead, each URL once, in the page's order;
  /// those that resolve() knows nothing of are left out.
  std::vector<http::url> links() const;

 private:
  std::unique_ptr<const detail::tree> tree_;
  std::optional<http::url> base_;
};

}}}  // namespace rondo::v0::html
