// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// rondo get: many downloads at once.
#include <fmt/format.h>
#include <sys/resource.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>

#include <rondo/html/encoding.hpp>
#include <rondo/http/client.hpp>
#include <rondo/rondo.hpp>

#include "command.hpp"
#include "get/download.hpp"
#include "get/get_list.hpp"
#include "get/rate_limit.hpp"
#include "terminal/output.hpp"
#include "terminal/progress.hpp"
#include "terminal/text.hpp"

namespace tool {

namespace {

using nlohmann::json;

struct get_options {
  std::vector<std::string> urls;
  std::string list;
  std::string name;
  std::string sha256;
  std::vector<std::string> mirrors;
  download_settings how;
  std::vector<std::string> fields;
  std::string user;
  std::string ca_file;
  std::string rate;
  double timeout = 0;
  double retry_delay = 0.5;
  std::size_t at_once = 16;
  bool as_json = false;
  bool quiet = false;
};

progress::style style_of(const get_options& options) {
  if (options.quiet) return progress::style::silent;
  return options.as_json ? progress::style::lines : progress::style_for_stdout();
}

std::string json_line(const json& j) {
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Tells of each file as it ends, and of all in the end.
class report {
 public:
  report(const get_options& options, std::size_t files)
      : shown(style_of(options), files),
        as_json_(options.as_json),
        files_(files),
        begun_(rondo::now()) {}

  void file_done(const wanted_file& file, const download_result& result);
  void all_done();
  bool all_arrived() const noexcept { return failed_ == 0; }

  progress shown;

 private:
  static std::string line(const wanted_file& file, const download_result& result);
  static json object(const wanted_file& file, const download_result& result);

  bool as_json_;
  std::size_t files_;
  std::size_t failed_ = 0;
  std::uint64_t bytes_ = 0;
  rondo::time_point begun_;
};

void report::file_done(const wanted_file& file, const download_result& result) {
  std::uint64_t fetched = result.existed ? 0 : result.bytes;
  bytes_ += fetched;
  shown.count(fetched, result.ok());
  if (!result.ok()) {
    ++failed_;
    shown.complain(fmt::format("rondo get: {}: {}", printable(without_credentials(file.url)),
                               printable(result.error)));
  }
  if (as_json_) {
    shown.say(json_line(object(file, result)));
  } else if (result.ok()) {
    shown.say(line(file, result));
  }
}

std::string report::line(const wanted_file& file, const download_result& result) {
  std::string text = printable(result.path) + "  " + size_text(result.bytes);
  if (result.existed) return text + "  there already";
  text += "  " + time_text(result.seconds);
  if (result.resumed_from > 0) text += "  resumed at " + size_text(result.resumed_from);
  if (!file.sha256.empty()) text += "  sha256 ok";
  return text;
}

json report::object(const wanted_file& file, const download_result& result) {
  json j = {{"url", without_credentials(file.url)}, {"ok", result.ok()}};
  if (!result.ok()) j["error"] = result.error;
  if (result.ok()) j["file"] = result.path;
  if (result.ok()) j["bytes"] = result.bytes;
  if (!result.sha256.empty()) j["sha256"] = result.sha256;
  if (result.existed) j["existed"] = true;
  if (result.resumed_from > 0) j["resumed_from"] = result.resumed_from;
  j["attempts"] = result.attempts;
  j["seconds"] = result.seconds;
  return j;
}

void report::all_done() {
  double seconds = std::chrono::duration<double>(rondo::now() - begun_).count();
  if (as_json_) {
    json summary = {{"files", files_},
                    {"ok", files_ - failed_},
                    {"failed", failed_},
                    {"bytes", bytes_},
                    {"seconds", seconds}};
    shown.say(json_line({{"summary", summary}}));
  } else if (files_ > 1) {
    std::string text = fmt::format("{} of {} files, {} in {}", files_ - failed_, files_,
                                   size_text(bytes_), time_text(seconds));
    if (failed_ > 0) text += fmt::format(", {} failed", failed_);
    shown.say(text);
  }
  shown.finish();
}

rondo::task<> get_one(rondo::http::session& session, const wanted_file& file,
                      const get_options& options, report& told) {
  download_result result;
  result.error = file.problem;
  if (file.problem.empty()) result = co_await download(session, file, options.how, told.shown);
  told.file_done(file, result);
}

rondo::task<> get_each(const std::vector<wanted_file>& files, const get_options& options,
                       report& told) {
  rondo::http::session_options kept;
  auto connections = static_cast<std::size_t>(options.how.connections);
  kept.kept_connections = options.at_once * connections;
  // With HTTP/2 they would be one.
  if (connections > 1) kept.version = rondo::http::http_version::http1;
  kept.ca_file = options.ca_file;
  if (std::size_t colon = options.user.find(':'); colon != options.user.npos)
    kept.auth =
        rondo::http::auth::basic(options.user.substr(0, colon), options.user.substr(colon + 1));
  rondo::http::session session(kept);
  auto jobs = files | std::views::transform([&](const wanted_file& file) {
                return get_one(session, file, options, told);
              });
  co_await rondo::gather(jobs, options.at_once);
}

rondo::task<bool> get_all(const std::vector<wanted_file>& files, const get_options& options) {
  report told(options, files.size());
  co_await rondo::race(get_each(files, options, told), told.shown.keep_drawing());
  told.all_done();
  co_return told.all_arrived();
}

/// With fewer descriptors than that many files and connections need, there are fewer. Each
/// file in work needs its part, and two to look up a name; each of its connections itself,
/// and the part once more if there are several.
void afford(get_options& options) {
  constexpr rlim_t for_the_process = 14;
  auto for_each = [](int connections) {
    auto n = static_cast<rlim_t>(connections);
    return n == 1 ? 4 : 3 + 2 * n;
  };
  int& connections = options.how.connections;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  rlim_t needed = options.at_once * for_each(connections) + for_the_process;
  if (limit.rlim_cur < needed) {
    limit.rlim_cur = std::min(limit.rlim_max, needed);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= needed) return;
  rlim_t left = limit.rlim_cur - std::min(limit.rlim_cur, for_the_process);
  while (connections > 1 && left < for_each(connections)) --connections;
  options.at_once = static_cast<std::size_t>(std::max<rlim_t>(1, left / for_each(connections)));
}

void read_list(std::istream& from, const std::string& name, std::vector<wanted_file>& files) {
  std::string text{std::istreambuf_iterator<char>(from), {}};
  if (from.bad()) throw rondo::error("read " + name + ": " + std::strerror(errno));
  // PowerShell writes lists so.
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    text = rondo::html::to_utf8(text, rondo::html::detect_encoding(text));
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find_first_of("\r\n"));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (auto file = parse_list_line(line)) files.push_back(std::move(*file));
  }
}

std::vector<wanted_file> collect(const get_options& options) {
  std::vector<wanted_file> files;
  for (const std::string& url : options.urls) {
    if (url == "-") {
      read_list(std::cin, "standard input", files);
    } else {
      files.push_back(make_wanted(url, options.name, options.sha256, options.mirrors));
    }
  }
  if (!options.list.empty()) {
    std::ifstream from(options.list);
    if (!from) throw usage_mistake("read " + options.list + ": " + std::strerror(errno));
    read_list(from, options.list, files);
  }
  resolve_duplicates(files);
  return files;
}

/// `Name: value`
void add_field(const std::string& text, rondo::http::headers& to) {
  std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0)
    throw usage_mistake("-H '" + text + "': not of the form 'Name: value'");
  std::string name = text.substr(0, colon);
  std::size_t begin = std::min(text.find_first_not_of(" \t", colon + 1), text.size());
  std::string value = text.substr(begin);
  try {
    rondo::http::check_header(name, value);
  } catch (const rondo::error& e) {
    throw usage_mistake("-H '" + text + "': " + e.what());
  }
  // They decide what the answer means.
  rondo::http::headers own;
  for (const char* each : {"Range", "If-Range", "Accept-Encoding", "Host", "Connection",
                           "Content-Length", "Transfer-Encoding", "TE"})
    own.add(each, "");
  if (own.find(name)) throw usage_mistake("-H '" + text + "': rondo get sets " + name + " itself");
  to.add(name, value);
}

void check(get_options& options) {
  if (options.urls.empty() && options.list.empty())
    throw usage_mistake("no URL: give URLs, -i FILE, or - for a list on standard input");
  bool one = options.urls.size() == 1 && options.urls[0] != "-" && options.list.empty();
  if (!one && !options.name.empty())
    throw usage_mistake("--name goes with one URL; a list has name=FILE");
  if (!one && !options.sha256.empty())
    throw usage_mistake("--sha256 goes with one URL; a list has sha256=HEX");
  if (!one && !options.mirrors.empty())
    throw usage_mistake("--mirror goes with one URL; a list has mirror=URL");
  std::string problem = sha256_problem(options.sha256);
  if (problem.empty() && !options.name.empty()) problem = name_problem(options.name);
  if (!problem.empty()) throw usage_mistake(problem);
  if (options.timeout > 0) options.how.timeout = seconds(options.timeout);
  options.how.retry_delay = seconds(options.retry_delay);
  options.how.always_hash = options.as_json;
  for (const std::string& field : options.fields) add_field(field, options.how.headers);
  if (!options.user.empty() && options.user.find(':') == options.user.npos)
    throw usage_mistake("--user is NAME:PASSWORD");
  if (options.how.adopt && options.how.keep_existing)
    throw usage_mistake("--continue and --keep exclude each other");
  afford(options);
}

int run(get_options& options) {
  check(options);
  std::vector<wanted_file> files = collect(options);
  std::optional<rate_limit> rate;
  if (!options.rate.empty()) {
    auto limit = parse_rate(options.rate);
    if (!limit)
      throw usage_mistake("--limit-rate " + options.rate +
                          ": not a number of bytes, such as 500k or 1.5M, from 1k on");
    options.how.rate = &rate.emplace(*limit);
  }
  return run_until_told(get_all(files, options)) ? exit_ok : exit_failed;
}

void add_options(CLI::App& app, get_options& o) {
  app.add_option("URL", o.urls, "What to get; - for a list on standard input");
  // Of an option that is given twice the last one counts, so that aliases can
  // be overridden.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  add_value(app, "-i,--input", o.list, "FILE",
            "A list: a line a file, URL  sha256=HEX  mirror=URL  name=FILE");
  add_value(app, "-o,--directory", o.how.directory, "DIR", "Where the files go [.]");
  add_value(app, "-n,--name", o.name, "FILE", "The file's name, for one URL");
  add_number(app, "-c,--at-once", o.at_once, 1, 1000, "Files in work at once [16]");
  add_number(app, "-x,--connections", o.how.connections, 1, 16,
             "Connections for one file, if its server sends ranges [1]");
  add_value(app, "--mirror", o.mirrors, "URL",
            "Another URL of the same file, for one URL; more than once")
      ->take_all()
      ->allow_extra_args(false);
  add_number(app, "--retries", o.how.retries, 0, 1000, "Tries after a failure that may pass [3]");
  add_seconds(app, "--retry-delay", o.retry_delay, 0.0, 3600.0,
              "Before the first retry; then twice as long each time [0.5]");
  add_seconds(app, "--timeout", o.timeout, 0.001, 1e9, "For a file, retries included [none]");
  add_value(app, "--sha256", o.sha256, "HEX", "What the file must be, for one URL");
  add_value(app, "-H,--header", o.fields, "FIELD",
            "A field to send along, 'Name: value'; more than once")
      ->take_all()
      ->allow_extra_args(false);
  add_value(app, "--user", o.user, "NAME:PASSWORD",
            "For servers that ask for them (basic authentication)");
  add_value(app, "--ca-file", o.ca_file, "FILE",
            "Whom to trust in place of the system's CAs (PEM)");
  add_value(app, "--limit-rate", o.rate, "RATE",
            "Bytes a second over all files, such as 500k or 1.5M");
  app.add_flag("--continue", o.how.adopt,
               "Go on with what another program left under the file's name");
  app.add_flag("-k,--keep", o.how.keep_existing, "Do not fetch a file that is there");
  app.add_flag("--json", o.as_json, "One JSON object a line: each file, then a summary");
  app.add_flag("-q,--quiet", o.quiet, "Nothing but errors");
}

}  // namespace

subcommand add_get(CLI::App& rondo) {
  return add_command(rondo, "get", "Download files, many at once", add_options, run);
}

}  // namespace tool
