// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "terminal/output.hpp"

#include <cstring>
#include <string>

#include <rondo/coro/errors.hpp>

namespace tool {

void output::finish() {
  out_.flush();
  check();
}

void output::check() const {
  if (int error = out_.error())
    throw rondo::error(std::string("write to standard output: ") + std::strerror(error));
}

void complain(std::string_view line) { rondo::detail::write_report(std::string(line) + "\n"); }

}  // namespace tool
