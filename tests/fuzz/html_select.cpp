// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A selector, a line break, a page: what is found is what matches, and walking
// the page comes to an end.
#include <cstdint>
#include <cstdlib>
#include <string>

#include <rondo/html.hpp>

namespace html = rondo::html;

namespace {

void require(bool true_) {
  if (!true_) std::abort();
}

void walk(const html::document& page) {
  std::size_t elements = 0;
  for (html::element e : page.select("*")) {
    ++elements;
    require(!e.name().empty());
    for (html::element child : e.children()) require(child.parent() == e);
    if (html::element next = e.next_sibling()) require(next.previous_sibling() == e);
  }
  require(elements >= 3);  // html, head, body (or frameset)
  require(page.text().size() >= page.title().size() ||
          page.root().select("template, svg").size() > 0);
  page.normalized_text();
  page.links();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16 * 1024) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t line = std::min(text.find('\n'), text.size());
  html::document page(text.substr(std::min(line + 1, text.size())), "http://h/");
  walk(page);
  try {
    html::selector wanted(text.substr(0, line));
    std::string lower(text.substr(0, line));
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    std::vector<html::element> found = page.root().select(wanted);
    html::element first = page.root().select_one(wanted);
    require(found.empty() ? !first : found[0] == first);
    for (std::size_t i = 0; i < found.size() && i < 50; ++i)
      require(found[i].matches(wanted) || lower.find("scope") != lower.npos ||
              lower.find('\\') != lower.npos);
  } catch (const html::selector_error& e) {
    require(e.position() <= line);
  }
  return 0;
}
