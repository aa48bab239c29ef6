// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// COMPILER: Clang
// NEEDS: rondo::html
// EXPECT: will be destroyed at the end of the full-expression
#include <rondo/html.hpp>

std::string title(std::string_view text) {
#ifdef BAD
  rondo::html::element found = rondo::html::document(text).select_one("title");
#else
  rondo::html::document page(text);
  rondo::html::element found = page.select_one("title");
#endif
  return found.text();
}
