// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "crawl/crawler.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <rondo/html.hpp>

#include "retry.hpp"

namespace tool {

namespace {

using namespace std::chrono_literals;
namespace http = rondo::http;
using http::url;

constexpr unsigned most_redirects = 10;
constexpr rondo::delay longest_parse = 2s;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Without its parameters, in lower case.
std::string media_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find_first_of("; \t")));
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return type;
}

bool is_html(const http::headers& fields) {
  std::string type = media_type(fields.get("content-type"));
  return type == "text/html" || type == "application/xhtml+xml";
}

/// One more for as long as it lives.
class counted {
 public:
  explicit counted(std::size_t& count) noexcept : count_(count) { ++count_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --count_; }

 private:
  std::size_t& count_;
};

struct parsed_page {
  std::string title;
  std::vector<url> links;
  std::vector<url> to_follow;  // those of them that the page does not ask robots to pass over
};

parsed_page parse_page(std::string_view body, const std::string& address,
                       const http::headers& fields, std::string_view token, bool obey) {
  rondo::html::parse_options options;
  options.content_type = fields.get("content-type");
  options.max_time = longest_parse;
  rondo::html::document page(body, address, options);
  parsed_page parsed{page.title(), page.links(), {}};
  if (!obey) {
    parsed.to_follow = parsed.links;
    return parsed;
  }
  static const rondo::html::selector metas("meta[name][content]");
  static const rondo::html::selector free_links(
      "a[href]:not([rel~=nofollow i]), area[href]:not([rel~=nofollow i])");
  for (const auto& [name, value] : fields)
    if (http::equal_ignoring_case(name, "X-Robots-Tag") && forbids_following(value, token))
      return parsed;
  for (rondo::html::element meta : page.select(metas)) {
    std::string_view name = meta.attribute("name", "");
    bool is_ours =
        http::equal_ignoring_case(name, "robots") || http::equal_ignoring_case(name, token);
    if (is_ours && forbids_following(meta.attribute("content", ""), token)) return parsed;
  }
  for (rondo::html::element link : page.select(free_links))
    if (auto to = page.resolve(link.attribute("href", "")))
      parsed.to_follow.push_back(std::move(*to));
  return parsed;
}

}  // namespace

crawler::crawler(http::session& session, const crawl_settings& settings,
                 std::function<void(const crawled_page&)> tell)
    : session_(session),
      settings_(settings),
      tell_(std::move(tell)),
      links_(settings.links),
      at_once_(settings.at_once) {}

rondo::task<> crawler::run(const std::vector<url>& starts) {
  co_await rondo::with_task_group([&](rondo::task_group& group) {
    group_ = &group;
    for (const url& start : starts) {
      links_.include_host(start);
      offer(start, 0, 0, true);
    }
  });
}

/// A page to be visited, if the frontier says so.
void crawler::offer(url address, unsigned depth, unsigned redirects, bool start) {
  if (links_.judge(address, depth) != frontier::verdict::follow) return;
  url bare = address.without_fragment();
  host& h = hosts_.try_emplace(bare.origin(), bare).first->second;
  h.waiting.push_back({std::move(bare), depth, redirects, start});
  ++waiting_;
  if (h.workers < settings_.per_host) {
    ++h.workers;
    group_->create_task(work(h), "crawl " + h.root.origin());
  }
}

/// One of the tasks that ask a host, until there is nothing left to ask it for.
rondo::task<> crawler::work(host& h) {
  while (!h.waiting.empty() && begun_ < settings_.max_pages) {
    page next = std::move(h.waiting.front());
    h.waiting.pop_front();
    --waiting_;
    co_await visit(h, std::move(next));
  }
  --h.workers;
}

rondo::task<> crawler::visit(host& h, page p) {
  crawled_page result;
  result.url = p.address.without_credentials().str();
  result.depth = p.depth;
  result.start = p.start;
  co_await learn_rules(h);
  result.disallowed = h.problem.empty() && !h.rules->allows(p.address.target());
  if (result.disallowed || !h.problem.empty()) {
    result.error = result.disallowed ? "disallowed by robots.txt" : "robots.txt: " + h.problem;
    tell_(result);
    co_return;
  }
  if (begun_ >= settings_.max_pages) {  // others have begun the last ones
    h.waiting.push_front(std::move(p));
    ++waiting_;
    co_return;
  }
  ++begun_;
  reply r = co_await fetch(h, p.address, settings_.max_size, true);
  result.attempts = r.attempts;
  result.seconds = r.seconds;
  result.status = r.status;
  result.content_type = media_type(r.headers.get("content-type"));
  result.bytes = r.body.size();
  result.error = r.error;
  if (r.cut) {
    result.error = "larger than " + std::to_string(settings_.max_size) + " bytes";
  } else if (is_redirect(r.status)) {
    follow_redirect(p, r, result);
  } else if (result.error.empty() && r.status < 300 && is_html(r.headers)) {
    co_await read_page(p, r, result);
  }
  tell_(result);
}

void crawler::follow_redirect(const page& p, const reply& r, crawled_page& result) {
  const std::string* location = r.headers.find("location");
  std::optional<url> to = location ? p.address.try_resolve(*location) : std::nullopt;
  if (!to) {
    result.error = location ? "redirect to '" + *location + "'" : "redirect to nowhere";
    return;
  }
  result.redirect = to->without_credentials().without_fragment().str();
  if (p.redirects >= most_redirects) {
    result.error = "more than " + std::to_string(most_redirects) + " redirects";
    return;
  }
  // example.com that is www.example.com: the crawl is about where it leads.
  if (p.start) links_.include_host(*to);
  offer(std::move(*to), p.depth, p.redirects + 1, p.start);
}

rondo::task<> crawler::read_page(const page& p, reply& r, crawled_page& result) {
  std::string address = p.address.str();
  auto parse = [&] {
    return parse_page(r.body, address, r.headers, product_token(settings_.user_agent),
                      settings_.ask_robots);
  };
  parsed_page parsed;
  try {
    // A large page would keep the loop from all others.
    parsed = co_await rondo::to_thread(parse);
  } catch (const rondo::error& e) {
    result.error = e.what();
    co_return;
  }
  result.title = std::move(parsed.title);
  std::unordered_set<std::string> seen;
  for (url& link : parsed.links) {
    std::string text = link.without_credentials().without_fragment().str();
    if (seen.insert(text).second) result.links.push_back(std::move(text));
  }
  for (url& link : parsed.to_follow) offer(std::move(link), p.depth + 1, 0, false);
}

/// Fetches robots.txt, once and before the host's first page.
rondo::task<> crawler::learn_rules(host& h) {
  auto guard = co_await h.asking.acquire();
  if (h.rules || !h.problem.empty()) co_return;
  if (!settings_.ask_robots) {
    h.rules.emplace();
    co_return;
  }
  url address = h.root.resolve("/robots.txt");
  reply r;
  for (unsigned redirects = 0;; ++redirects) {
    r = co_await fetch(h, address, robots::max_size + 1, false);  // one: too long
    const std::string* location = is_redirect(r.status) ? r.headers.find("location") : nullptr;
    std::optional<url> to = location ? address.try_resolve(*location) : std::nullopt;
    if (!to || redirects == 5) break;
    address = std::move(*to);
  }
  // RFC 9309, 2.3.1: where there is none, everything is allowed; where it cannot
  // be had, nothing. 429 says nothing about whether there is one.
  if (!r.error.empty()) {
    h.problem = r.error;
  } else if (r.status >= 500 || r.status == 429) {
    h.problem = "status " + std::to_string(r.status);
  } else if (r.status >= 200 && r.status < 300) {
    h.rules = robots::parse(r.body, product_token(settings_.user_agent));
  } else {
    h.rules.emplace();
  }
}

/// Waits until the host may be asked again, and for the permit of a request that
/// begins now.
rondo::task<rondo::semaphore::permit> crawler::wait_for_turn(host& h) {
  auto guard = co_await h.turn.acquire();
  for (;;) {
    while (rondo::now() < h.next_turn) co_await rondo::sleep_until(h.next_turn);
    auto permit = co_await at_once_.acquire();
    // While this waited for it, the host may have asked for more time.
    if (rondo::now() < h.next_turn) continue;
    rondo::delay pause = settings_.pause;
    if (h.rules && h.rules->crawl_delay())
      pause = std::max(pause.nanoseconds(), h.rules->crawl_delay()->nanoseconds());
    h.next_turn = rondo::now() + pause;
    co_return permit;
  }
}

/// With retries.
rondo::task<crawler::reply> crawler::fetch(host& h, url address, std::size_t most, bool html_only) {
  for (int failures = 0;; ++failures) {
    reply r = co_await try_fetch(h, address, most, html_only);
    r.attempts = failures + 1;
    if (!r.try_again) co_return r;
    std::optional<rondo::delay> asked = http::retry_after(r.headers);
    rondo::delay pause = pause_before_retry(settings_.retry_delay, failures, asked);
    // It is the host that asks, whatever is wanted of it.
    if (asked) h.next_turn = std::max(h.next_turn, rondo::now() + pause);
    if (failures >= settings_.retries) co_return r;
    co_await rondo::sleep(pause);
  }
}

rondo::task<crawler::reply> crawler::try_fetch(host& h, url address, std::size_t most,
                                               bool html_only) {
  auto permit = co_await wait_for_turn(h);
  counted one(active_);
  http::request_options options;
  options.headers.add("User-Agent", settings_.user_agent);
  options.max_redirects = 0;
  options.timeouts.emplace().total = settings_.timeout;
  reply r;
  std::string text = address.str();
  rondo::time_point begin = rondo::now();
  try {
    http::transfer t = co_await session_.stream(text, options);
    r.status = t.status();
    r.headers = t.headers();
    bool wanted = r.status >= 200 && r.status < 300 && (!html_only || is_html(r.headers));
    while (wanted && !r.cut) {
      std::string piece = co_await t.read();
      if (piece.empty()) break;
      std::size_t room = most - r.body.size();
      r.cut = piece.size() > room;
      r.body.append(piece, 0, room);
    }
  } catch (const http::http_error& e) {
    r.error = std::string(e.cause());
    r.try_again = http::is_transient(e.why());
  }
  if (r.error.empty()) r.try_again = http::is_transient(r.status);
  r.seconds = std::chrono::duration<double>(rondo::now() - begin).count();
  co_return r;
}

}  // namespace tool
