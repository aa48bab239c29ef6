// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include <gtest/gtest.h>
#include <rondo/coro/outcome.hpp>

#include "support/bytes.hpp"

namespace test {

/// A directory for one test.
struct folder {
  std::string path;
  folder() {
    char name[] = "/tmp/rondo-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  folder(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
  std::size_t entries() const {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& e : std::filesystem::directory_iterator(path)) ++n;
    return n;
  }
};

/// The text of the exception that an outcome holds.
template <class T>
std::string error_text(rondo::outcome<T> o) {
  try {
    static_cast<void>(std::move(o).get());
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "not a std::exception";
  }
  return "no error";
}

}  // namespace test
