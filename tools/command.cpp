// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "command.hpp"

#include "terminal/output.hpp"
#include "terminal/text.hpp"

namespace tool {

int exit_code_of(const std::string& name, const std::function<int()>& work) {
  auto tell = [&](const std::exception& e) {
    complain("rondo " + name + ": " + printable(e.what()));
  };
  try {
    return work();
  } catch (const usage_mistake& e) {
    tell(e);
    return exit_usage;
  } catch (const std::exception& e) {
    tell(e);
    return exit_failed;
  }
}

}  // namespace tool
