// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tool {

/// A file to get: an argument, or a line of a list.
struct wanted_file {
  std::string url;
  std::string name;                  ///< within the directory
  std::string sha256;                ///< in lower case; empty: not known
  std::vector<std::string> mirrors;  ///< other URLs of the same file
  std::string problem;               ///< why it cannot be got
};

/// A URL from the command line; name and sha256 may be empty. The file gets the
/// last part of the URL's path as its name.
wanted_file make_wanted(std::string url, std::string name, std::string sha256,
                        std::vector<std::string> mirrors = {});

/// `URL  sha256=HEX  mirror=URL  name=FILE`, of which mirror= may stand there several times;
/// nothing for an empty line and for a comment
/// (#). The name goes to the end of the line, as names may hold spaces.
std::optional<wanted_file> parse_list_line(std::string_view line);

/// What is wrong with a name: it would leave the directory, or meet a partial
/// file's. Empty: nothing.
std::string name_problem(std::string_view name);
/// The same for a SHA-256 in hexadecimal digits.
std::string sha256_problem(std::string_view hex);

/// Drops repeated lines; a name that two URLs want is a problem of the second.
void resolve_duplicates(std::vector<wanted_file>& files);

}  // namespace tool
