// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "crawl/frontier.hpp"

#include <algorithm>

namespace tool {

namespace {
using rondo::http::url;
constexpr std::size_t longest_url = 8 * 1024;
}  // namespace

void frontier::include_host(const url& of) {
  auto same = [&](const url& h) { return rondo::http::same_host(h, of); };
  if (std::none_of(hosts_.begin(), hosts_.end(), same)) hosts_.push_back(of);
}

bool frontier::in_scope(const url& address) const {
  if (settings_.scope == crawl_scope::all_hosts) return true;
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const url& h) {
    return rondo::http::same_host(h, address) ||
           (settings_.scope == crawl_scope::subdomains &&
            rondo::http::within_domain(address.host(), h.host()));
  });
}

frontier::verdict frontier::judge(const url& address, unsigned depth) {
  if (address.scheme() != "http" && address.scheme() != "https") return verdict::not_http;
  if (!in_scope(address)) return verdict::off_site;
  std::string key = address.without_credentials().normalized().str();
  if (known_.contains(key)) return verdict::known;
  if (depth > settings_.max_depth) return verdict::too_deep;
  if (known_.size() >= settings_.max_known || key.size() > longest_url) {
    ++dropped_;
    return verdict::full;
  }
  known_.insert(std::move(key));
  return verdict::follow;
}

}  // namespace tool
