// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// rondo crawl: the pages that can be reached from some, as JSON lines.
#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include <rondo/http/client.hpp>
#include <rondo/rondo.hpp>

#include "command.hpp"
#include "crawl/crawler.hpp"
#include "terminal/output.hpp"
#include "terminal/screen.hpp"
#include "terminal/text.hpp"

namespace tool {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

struct crawl_options {
  std::vector<std::string> urls;
  std::string output;
  std::string ca_file;
  crawl_settings how;
  int depth = -1;
  double pause = 0.5;
  double timeout = 30;
  double retry_delay = 1;
  double max_size_mib = 4;
  bool subdomains = false;
  bool all_hosts = false;
  bool ignore_robots = false;
  bool quiet = false;
};

json object(const crawled_page& p) {
  json j = {{"url", p.url}, {"depth", p.depth}};
  j["status"] = p.status > 0 ? json(p.status) : json();
  if (!p.content_type.empty()) j["content_type"] = p.content_type;
  if (!p.redirect.empty()) j["redirect"] = p.redirect;
  if (!p.title.empty()) j["title"] = p.title;
  if (!p.links.empty()) j["links"] = p.links;
  if (!p.error.empty()) j["error"] = p.error;
  if (p.attempts > 0) {
    j["attempts"] = p.attempts;
    j["bytes"] = p.bytes;
    j["seconds"] = p.seconds;
  }
  return j;
}

/// Where the lines go.
class line_output {
 public:
  explicit line_output(const std::string& path) : name_(path) {
    if (path.empty()) {
      screen_.emplace(STDOUT_FILENO);
    } else if (!(file_ = std::fopen(path.c_str(), "we"))) {
      throw usage_mistake("open " + path + ": " + std::strerror(errno));
    }
  }
  line_output(const line_output&) = delete;
  line_output& operator=(const line_output&) = delete;
  ~line_output() {
    if (file_) std::fclose(file_);
  }

  /// At once, so that who reads along sees each page as it is done.
  void write(std::string line) {
    line += '\n';
    if (screen_) {
      screen_->write(line);
      screen_->check();
      return;
    }
    std::size_t written = std::fwrite(line.data(), 1, line.size(), file_);
    if (written != line.size() || std::fflush(file_) != 0)
      throw rondo::error("write to " + name_ + ": " + std::strerror(errno));
  }
  /// Waits for who reads standard output.
  void finish() {
    if (screen_) screen_->finish();
  }

 private:
  std::string name_;
  std::FILE* file_ = nullptr;
  std::optional<tool::output> screen_;
};

/// A line at the end of the terminal that says how far things are.
class status_line {
 public:
  explicit status_line(bool shown) : shown_(shown) {}
  status_line(const status_line&) = delete;
  status_line& operator=(const status_line&) = delete;
  ~status_line() { erase(); }

  void draw(std::string_view text) {
    if (!shown_) return;
    std::size_t columns = std::min(size_of_screen(STDERR_FILENO).columns, widest_line);
    rondo::detail::write_report("\r" + fit(text, columns - 1));
    drawn_ = true;
  }
  /// Before anything else is written.
  void erase() {
    if (std::exchange(drawn_, false)) rondo::detail::write_report("\r\x1b[K");
  }

 private:
  bool shown_;
  bool drawn_ = false;
};

/// Tells of each page as it is done, and of all in the end, however that comes.
class report {
 public:
  explicit report(const crawl_options& options)
      : quiet_(options.quiet),
        out_(options.output),
        status_(!options.quiet && can_draw_on(STDERR_FILENO)),
        begun_(rondo::now()) {}
  report(const report&) = delete;
  report& operator=(const report&) = delete;
  ~report();

  void attach(const crawler& c) noexcept { crawler_ = &c; }
  void page_done(const crawled_page& page);
  /// Redraws until it is cancelled.
  rondo::task<> keep_drawing();
  void finished() {
    finished_ = true;
    out_.finish();
  }
  bool starts_arrived() const noexcept { return starts_failed_ == 0; }

 private:
  std::string numbers() const;

  bool quiet_;
  line_output out_;
  status_line status_;
  const crawler* crawler_ = nullptr;
  rondo::time_point begun_;
  std::size_t pages_ = 0;
  std::size_t failed_ = 0;
  std::size_t disallowed_ = 0;
  std::size_t starts_failed_ = 0;
  std::uint64_t bytes_ = 0;
  bool finished_ = false;
};

void report::page_done(const crawled_page& page) {
  ++(page.disallowed ? disallowed_ : pages_);
  if (!page.ok() && !page.disallowed) ++failed_;
  if (!page.ok() && page.start) ++starts_failed_;
  bytes_ += page.bytes;
  status_.erase();
  out_.write(object(page).dump(-1, ' ', false, json::error_handler_t::replace));
  if (!page.ok() && page.start && !quiet_) {
    std::string cause = page.error.empty() ? fmt::format("status {}", page.status) : page.error;
    complain(fmt::format("rondo crawl: {}: {}", printable(page.url), printable(cause)));
  }
}

std::string report::numbers() const {
  std::string text = fmt::format("{} page{}", pages_, pages_ == 1 ? "" : "s");
  if (failed_ > 0) text += fmt::format(", {} failed", failed_);
  if (disallowed_ > 0) text += fmt::format(", {} disallowed by robots.txt", disallowed_);
  return text + ", " + size_text(bytes_);
}

rondo::task<> report::keep_drawing() {
  for (;;) {
    co_await rondo::sleep(200ms);
    double seconds = std::chrono::duration<double>(rondo::now() - begun_).count();
    status_.draw(fmt::format("{}, {} waiting, {} under way, {}", numbers(), crawler_->waiting(),
                             crawler_->active(), time_text(seconds)));
  }
}

report::~report() {
  status_.erase();
  if (quiet_) return;
  double seconds = std::chrono::duration<double>(rondo::now() - begun_).count();
  std::string text = numbers() + " in " + time_text(seconds);
  if (crawler_ && crawler_->waiting() > 0)
    text += fmt::format("; {} more not visited", crawler_->waiting());
  if (crawler_ && crawler_->dropped() > 0)
    text += fmt::format("; {} links dropped", crawler_->dropped());
  if (!finished_) text += "; interrupted";
  complain(text);
}

rondo::task<bool> crawl_all(const std::vector<rondo::http::url>& starts,
                            const crawl_options& options) {
  rondo::http::session_options kept;
  kept.kept_connections = options.how.at_once;
  kept.ca_file = options.ca_file;
  rondo::http::session session(kept);
  std::optional<report> told;
  crawler c(session, options.how, [&](const crawled_page& page) { told->page_done(page); });
  told.emplace(options);  // goes first, as it asks the crawler for its numbers
  told->attach(c);
  co_await rondo::race(c.run(starts), told->keep_drawing());
  told->finished();
  co_return told->starts_arrived();
}

std::vector<rondo::http::url> check(crawl_options& o) {
  if (o.subdomains && o.all_hosts)
    throw usage_mistake("--include-subdomains and --all-hosts exclude each other");
  if (o.subdomains) o.how.links.scope = crawl_scope::subdomains;
  if (o.all_hosts) o.how.links.scope = crawl_scope::all_hosts;
  if (o.depth >= 0) o.how.links.max_depth = static_cast<unsigned>(o.depth);
  if (product_token(o.how.user_agent).empty())
    throw usage_mistake("--user-agent must begin with a name, such as my-crawler/1.0");
  rondo::http::check_header("User-Agent", o.how.user_agent);
  o.how.pause = seconds(o.pause);
  o.how.timeout = seconds(o.timeout);
  o.how.retry_delay = seconds(o.retry_delay);
  o.how.max_size = static_cast<std::size_t>(o.max_size_mib * 1024 * 1024);
  o.how.ask_robots = !o.ignore_robots;
  std::vector<rondo::http::url> starts;
  for (const std::string& text : o.urls) {
    try {
      // example.com is what people type.
      starts.emplace_back(text.find("://") == text.npos ? "http://" + text : text);
    } catch (const rondo::http::url_error& e) {
      throw usage_mistake(e.what());
    }
    if (starts.back().scheme() != "http" && starts.back().scheme() != "https")
      throw usage_mistake("URL '" + text + "': not http or https");
  }
  return starts;
}

int run(crawl_options& options) {
  // For the names of hosts in other scripts.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::vector<rondo::http::url> starts = check(options);
  return run_until_told(crawl_all(starts, options)) ? exit_ok : exit_failed;
}

void add_options(CLI::App& app, crawl_options& o) {
  o.how.user_agent = "rondo/" RONDO_VERSION;
  app.add_option("URL", o.urls, "Where to begin")->required();
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  add_value(app, "-o,--output", o.output, "FILE", "Where the lines go [standard output]");
  add_number(app, "-d,--depth", o.depth, 0, 1000000,
             "Links from the start to a page, at most [any]");
  add_number(app, "-n,--pages", o.how.max_pages, 1, 100000000, "Pages to ask for, at most [1000]");
  add_number(app, "-c,--at-once", o.how.at_once, 1, 1000, "Requests at the same time [16]");
  add_number(app, "--per-host", o.how.per_host, 1, 100, "Of them, to one host [2]");
  add_seconds(app, "--delay", o.pause, 0.0, 3600.0,
              "Between two requests to a host, at least [0.5]");
  app.add_flag("--include-subdomains", o.subdomains, "Go to subdomains of the URLs' hosts too");
  app.add_flag("--all-hosts", o.all_hosts, "Go wherever links lead");
  add_number(app, "--max-size", o.max_size_mib, 0.001, 1024.0, "Of a page [4]", "MIB");
  add_seconds(app, "--timeout", o.timeout, 0.001, 3600.0, "For one try of a page [30]");
  add_number(app, "--retries", o.how.retries, 0, 100, "Tries after a failure that may pass [2]");
  add_seconds(app, "--retry-delay", o.retry_delay, 0.0, 3600.0,
              "Before the first retry; then twice as long each time [1]");
  add_value(app, "--user-agent", o.how.user_agent, "NAME",
            "Who is asking, also in robots.txt [rondo/" RONDO_VERSION "]");
  app.add_flag("--ignore-robots", o.ignore_robots,
               "Do not ask for robots.txt: for sites of your own");
  add_value(app, "--ca-file", o.ca_file, "FILE",
            "Whom to trust in place of the system's CAs (PEM)");
  app.add_flag("-q,--quiet", o.quiet, "No summary and no progress");
}

}  // namespace

subcommand add_crawl(CLI::App& rondo) {
  return add_command(rondo, "crawl", "Follow links, and tell of each page in a line of JSON",
                     add_options, run);
}

}  // namespace tool
