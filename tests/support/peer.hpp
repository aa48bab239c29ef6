// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace test {

/// What another implementation, a program that is given a file of cases, says of each: a line
/// of JSON. Nothing where it cannot run.
inline std::optional<std::vector<nlohmann::json>> ask_peer(const std::string& command,
                                                           const nlohmann::json& cases) {
  std::string file = ::testing::TempDir() + "rondo-peer-cases.json";
  std::ofstream(file) << cases.dump();
  FILE* output = ::popen((command + " '" + file + "' 2>/dev/null").c_str(), "r");
  if (!output) return std::nullopt;
  std::string text;
  for (int c; (c = std::fgetc(output)) != EOF;) text += static_cast<char>(c);
  int status = ::pclose(output);
  std::remove(file.c_str());
  if (status != 0) return std::nullopt;
  std::vector<nlohmann::json> answers;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    answers.push_back(nlohmann::json::parse(text.substr(at, end - at)));
    at = end + 1;
  }
  return answers;
}

}  // namespace test
