// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "coro/fatal.hpp"

#include <cstdlib>
#include <string>

#include "coro/line_writer.hpp"

namespace rondo { inline namespace v0 { namespace detail {

void fatal(std::string_view text) noexcept {
  std::string report = "rondo: fatal: " + std::string(text);
  if (!report.ends_with('\n')) report += '\n';
  write_report(report);
  flush_reports();
  std::abort();
}

}}}  // namespace rondo::v0::detail
