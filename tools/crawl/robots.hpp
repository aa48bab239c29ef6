// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// robots.txt, RFC 9309.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/loop/time.hpp>

namespace tool {

/// What a site asks one crawler to leave alone.
class robots {
 public:
  /// Of a longer file the rest is ignored (RFC 9309, 2.5).
  static constexpr std::size_t max_size = 500 * 1024;

  /// No rules: everything is allowed.
  robots() = default;
  /// The rules for the crawler of that product token ("rondo"), those of all
  /// its groups; for others those of "*".
  static robots parse(std::string_view text, std::string_view token);

  /// Whether "/path?query" may be fetched: the longest rule that matches
  /// decides, and of two equally long the one that allows.
  bool allows(std::string_view target) const;
  /// Not in the RFC, but in many files: so long between two requests.
  std::optional<rondo::delay> crawl_delay() const noexcept { return crawl_delay_; }

 private:
  struct rule {
    std::string pattern;  // with * and $
    bool allow;
  };

  void add(const robots& group);

  std::vector<rule> rules_;
  std::optional<rondo::delay> crawl_delay_;
};

/// Whether the value of an X-Robots-Tag, or of a <meta> for robots, asks the crawler of that
/// product token not to follow links: "noindex, NoFollow", "none". What stands behind the name
/// of a crawler, "otherbot: nofollow", is for that one.
bool forbids_following(std::string_view rules, std::string_view token);

/// The product token of a user agent: "rondo" of "rondo/1.0 (…)".
std::string_view product_token(std::string_view user_agent) noexcept;

}  // namespace tool
