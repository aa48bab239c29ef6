// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <rondo/http/client.hpp>
#include <rondo/http/url/url.hpp>
#include <rondo/rondo.hpp>

#include "crawl/frontier.hpp"
#include "crawl/robots.hpp"

namespace tool {

struct crawl_settings {
  frontier_settings links;
  std::string user_agent;
  std::size_t at_once = 16;
  std::size_t per_host = 2;
  rondo::delay pause = std::chrono::milliseconds(500);  ///< between two requests to a host
  std::size_t max_pages = 1000;
  std::size_t max_size = 4u << 20;                  ///< of a page
  rondo::delay timeout = std::chrono::seconds(30);  ///< for one try of a page
  int retries = 2;
  rondo::delay retry_delay = std::chrono::seconds(1);
  bool ask_robots = true;
};

/// What became of one page.
struct crawled_page {
  std::string url;  ///< without credentials
  unsigned depth = 0;
  bool start = false;  ///< the crawl began here, or was sent on from there
  int status = 0;      ///< 0: there was no response
  int attempts = 0;
  std::string content_type;
  std::string redirect;  ///< where a 3xx leads
  std::string title;
  std::vector<std::string> links;  ///< of an HTML page: where it leads, each once
  std::uint64_t bytes = 0;         ///< of the body, as far as it was read
  double seconds = 0;              ///< of the last try, without the waits before it
  bool disallowed = false;         ///< by robots.txt; it was not asked for
  std::string error;

  bool ok() const noexcept { return error.empty() && status < 400; }
};

/// Follows links from page to page, politely: each host is asked by so many at
/// once and so often as the settings and its robots.txt allow. Redirects count
/// as links, so that they are under the same rules.
class crawler {
 public:
  /// Tells of each page as it is done. When `tell` throws the crawl ends with that.
  crawler(rondo::http::session& session, const crawl_settings& settings,
          std::function<void(const crawled_page&)> tell);

  /// Returns when there is nothing left to do. Cancelling it ends it at once.
  rondo::task<> run(const std::vector<rondo::http::url>& starts);

  std::size_t waiting() const noexcept { return waiting_; }  ///< pages found and not begun
  std::size_t active() const noexcept { return active_; }    ///< requests under way
  std::size_t dropped() const noexcept { return links_.dropped(); }

 private:
  struct page {
    rondo::http::url address;
    unsigned depth;
    unsigned redirects;
    bool start;
  };
  /// An origin: what robots.txt is about.
  struct host {
    explicit host(rondo::http::url a_page) : root(std::move(a_page)) {}
    rondo::http::url root;  // a page of it
    std::deque<page> waiting;
    std::size_t workers = 0;
    rondo::lock turn;
    rondo::time_point next_turn;
    rondo::lock asking;
    std::optional<robots> rules;
    std::string problem;  // why there are none; then nothing is asked for
  };
  struct reply {
    int status = 0;
    rondo::http::headers headers;
    std::string body;
    bool cut = false;  // there was more
    std::string error;
    bool try_again = false;
    int attempts = 0;
    double seconds = 0;
  };

  void offer(rondo::http::url address, unsigned depth, unsigned redirects, bool start);
  rondo::task<> work(host& h);
  rondo::task<> visit(host& h, page p);
  rondo::task<> learn_rules(host& h);
  rondo::task<rondo::semaphore::permit> wait_for_turn(host& h);
  rondo::task<reply> fetch(host& h, rondo::http::url address, std::size_t most, bool html_only);
  rondo::task<reply> try_fetch(host& h, rondo::http::url address, std::size_t most, bool html_only);
  rondo::task<> read_page(const page& p, reply& r, crawled_page& result);
  void follow_redirect(const page& p, const reply& r, crawled_page& result);

  rondo::http::session& session_;
  const crawl_settings& settings_;
  std::function<void(const crawled_page&)> tell_;
  frontier links_;
  std::map<std::string, host> hosts_;  // by origin
  rondo::semaphore at_once_;
  rondo::task_group* group_ = nullptr;
  std::size_t begun_ = 0;
  std::size_t waiting_ = 0;
  std::size_t active_ = 0;
};

}  // namespace tool
