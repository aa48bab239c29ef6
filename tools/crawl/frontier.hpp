// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include <rondo/http/url/url.hpp>

namespace tool {

/// Which hosts a crawl may go to.
enum class crawl_scope : unsigned char { same_host, subdomains, all_hosts };

struct frontier_settings {
  crawl_scope scope = crawl_scope::same_host;
  unsigned max_depth = UINT32_MAX;
  /// A site that makes links without end must not take memory without end.
  std::size_t max_known = 1'000'000;
};

/// What a crawl has come across: decides whether a link is one to follow, each
/// page once.
class frontier {
 public:
  explicit frontier(frontier_settings settings) : settings_(settings) {}

  /// One of the hosts that the crawl is about.
  void include_host(const rondo::http::url& of);

  enum class verdict { follow, known, off_site, too_deep, not_http, full };
  /// The verdict on a link; a page to follow is known from then on.
  verdict judge(const rondo::http::url& address, unsigned depth);

  std::size_t known() const noexcept { return known_.size(); }
  /// Links that were dropped because max_known was reached.
  std::size_t dropped() const noexcept { return dropped_; }

 private:
  bool in_scope(const rondo::http::url& address) const;

  frontier_settings settings_;
  std::vector<rondo::http::url> hosts_;
  std::unordered_set<std::string> known_;  // normalized
  std::size_t dropped_ = 0;
};

}  // namespace tool
