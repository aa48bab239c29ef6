// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "get/download.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <algorithm>
#include <charconv>

#include <rondo/compose/wait_for.hpp>
#include <rondo/http/message/date.hpp>
#include <rondo/loop/sleep.hpp>

#include "detail/duration_text.hpp"
#include "get/adopt.hpp"
#include "get/mirror.hpp"
#include "get/partial_file.hpp"
#include "get/pieces.hpp"
#include "get/sha256.hpp"
#include "retry.hpp"
#include "terminal/text.hpp"
#include "trouble.hpp"

namespace tool {

namespace {

using namespace std::chrono_literals;
namespace http = rondo::http;

bool take_number(std::string_view& text, std::uint64_t& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

}  // namespace

std::optional<content_range> parse_content_range(std::string_view text) {
  content_range r;
  if (!take(text, "bytes ") || !take_number(text, r.first) || !take(text, "-") ||
      !take_number(text, r.last) || !take(text, "/") || r.last < r.first)
    return std::nullopt;
  if (text == "*") return r;
  std::uint64_t total = 0;
  if (!take_number(text, total) || !text.empty() || total <= r.last) return std::nullopt;
  r.total = total;
  return r;
}

namespace {

/// Content-Range of a 416: "bytes */10", the length of what there is (RFC 9110, 14.4).
std::optional<std::uint64_t> parse_unsatisfied_range(std::string_view text) {
  std::uint64_t total = 0;
  if (!take(text, "bytes */") || !take_number(text, total) || !text.empty()) return std::nullopt;
  return total;
}

}  // namespace

std::string validator_of(const http::headers& fields) {
  if (const std::string* tag = fields.find("etag")) {
    if (tag->size() >= 2 && tag->front() == '"' && tag->back() == '"') return *tag;
  }
  const std::string* changed = fields.find("last-modified");
  const std::string* sent = fields.find("date");
  if (!changed || !sent) return {};
  auto changed_at = http::parse_date(*changed);
  auto sent_at = http::parse_date(*sent);
  return changed_at && sent_at && *sent_at > *changed_at ? *changed : std::string();
}

http::request_options base_request(const download_settings& settings) {
  http::request_options options;
  options.headers = settings.headers;
  if (!options.headers.find("user-agent"))
    options.headers.add("User-Agent", "rondo/" RONDO_VERSION);
  options.headers.add("Accept-Encoding", "identity");  // sizes and ranges are the file's own
  return options;
}

namespace {

class downloader {
 public:
  downloader(http::session& session, const wanted_file& file, const download_settings& settings,
             download_result& result, progress& shown)
      : session_(session),
        file_(file),
        settings_(settings),
        result_(result),
        part_(settings.directory, file.name, file.url),
        all_shown_(shown),
        shown_(shown, printable(file.name)),
        hashing_(settings.always_hash || !file.sha256.empty()) {
    result_.path = part_.path();
    sources_.push_back(file.url);
    sources_.insert(sources_.end(), file.mirrors.begin(), file.mirrors.end());
  }

  rondo::task<> run();

 private:
  rondo::task<bool> have_it();
  rondo::task<> fetch();
  rondo::task<> adopt();
  rondo::task<> begin();
  rondo::task<verdict> try_once();
  rondo::task<verdict> get_rest(std::optional<http::transfer> first, std::uint64_t first_end);
  rondo::task<verdict> accept(const http::transfer& t, std::uint64_t from);
  rondo::task<verdict> receive(http::transfer& t);
  verdict check_first_piece(const http::transfer& t) const;
  verdict check_source(const http::headers& fields, std::optional<std::uint64_t> total) const;
  verdict check_range(const http::transfer& t, std::uint64_t from);
  verdict check_version(const http::headers& fields) const;
  verdict check_end();
  bool is_whole() const noexcept;
  verdict check_digest();
  rondo::delay pause_after(const trouble& t, int failures) const;
  bool take_next_source(const trouble& failed);
  http::request_options request(std::uint64_t from) const;
  bool is_known_elsewhere() const noexcept { return expected_ && source_ != expected_of_; }

  http::session& session_;
  const wanted_file& file_;
  const download_settings& settings_;
  download_result& result_;
  partial_file part_;
  progress& all_shown_;
  progress::entry shown_;
  sha256 digest_;
  bool hashing_;
  bool inherited_ = false;  // the part holds bytes of an earlier run
  bool started_over_ = false;
  std::vector<std::string> sources_;  // the URL and its mirrors
  std::size_t source_ = 0;
  std::optional<remote_version> expected_;  // what a source has told the file to be
  std::size_t expected_of_ = 0;
  bool ranges_work_ = true;  // as far as is known
  bool all_failed_ = false;  // no other source is left to try
  bool mixed_ = false;       // the part may hold bytes of several sources
  bool alone_ = false;       // and must not
  // What the response at hand promises:
  std::optional<std::uint64_t> part_end_;  // the part's, if it is one
  bool first_piece_ = false;               // it was asked for as one of several
  bool ended_well_ = false;                // the whole file, or the end of a part, has come
};

rondo::task<> downloader::run() {
  bool there = co_await have_it();
  if (there) {
    result_.existed = true;
    co_return;
  }
  if (settings_.timeout) {
    co_await rondo::wait_for(fetch(), *settings_.timeout);
  } else {
    co_await fetch();
  }
  // Out of the timeout: a file that has come is not given up while it is saved.
  co_await part_.finish();
  result_.bytes = part_.size();
  if (hashing_) result_.sha256 = digest_.hex();
}

/// Whether a file of that name makes fetching needless.
rondo::task<bool> downloader::have_it() {
  struct stat info{};
  if (::stat(part_.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) co_return false;
  bool found = settings_.keep_existing;
  if (!file_.sha256.empty()) {
    shown_.note = "checking";
    sha256 digest;
    co_await update_from_file(digest, part_.path());
    found = digest.hex() == file_.sha256;
    if (found) result_.sha256 = file_.sha256;
    shown_.note.clear();
  }
  if (found) result_.bytes = static_cast<std::uint64_t>(info.st_size);
  co_return found;
}

rondo::task<> downloader::fetch() {
  if (settings_.adopt) co_await adopt();
  co_await begin();
  for (int failures = 0;;) {
    ++result_.attempts;
    std::uint64_t before = part_.received();
    bool in_pieces = ranges_work_ && part_.resumable() && part_.version().total &&
                     (part_.in_pieces() || settings_.connections > 1);
    verdict failed;
    if (in_pieces) {
      failed = co_await get_rest(std::nullopt, 0);
    } else {
      failed = co_await try_once();
    }
    if (!failed && is_whole()) failed = check_digest();
    if (!failed) {
      if (is_whole()) co_return;
      // A server may send less than it was asked for (RFC 9110, 15.3.7): the rest is
      // asked for next. That is no failure as long as it gets further.
      if (part_.received() > before) continue;
      failed =
          trouble(fmt::format("the server sends no more than {} bytes of the file", part_.size()),
                  trouble::remedy::try_again);
    }
    if (failed->then == trouble::remedy::start_over_in_one) {
      ranges_work_ = false;
      part_.discard();
      continue;
    }
    if (failed->then == trouble::remedy::start_over && (!started_over_ || part_.in_pieces()))
      part_.discard();
    if (failed->then == trouble::remedy::start_over && !started_over_) {
      started_over_ = true;
      continue;
    }
    if (failed->then == trouble::remedy::none || failures == settings_.retries) {
      if (all_failed_ || !take_next_source(*failed)) throw rondo::error(failed->cause);
      failures = 0;
      continue;
    }
    rondo::delay pause = pause_after(*failed, failures++);
    shown_.note =
        fmt::format("{}; retry {}/{}", printable(failed->cause), failures, settings_.retries);
    co_await rondo::sleep(pause);
    shown_.note.clear();
  }
}

/// Whether there is another one to try after a failure for good.
bool downloader::take_next_source(const trouble& failed) {
  if (source_ + 1 == sources_.size()) return false;
  all_shown_.complain(
      fmt::format("rondo get: {}: {}; trying {}", printable(without_credentials(sources_[source_])),
                  printable(failed.cause), printable(without_credentials(sources_[source_ + 1]))));
  ++source_;
  ranges_work_ = true;
  return true;
}

rondo::task<> downloader::adopt() {
  try {
    co_await adopt_unfinished(session_, file_, settings_);
  } catch (const http::http_error&) {  // the download itself meets it again, and tells
  }
}

rondo::task<> downloader::begin() {
  co_await part_.open();
  inherited_ = part_.resumable();
  if (!inherited_) co_return;
  expected_ = part_.version();
  result_.resumed_from = part_.received();
  shown_.received = part_.received();
  shown_.total = part_.version().total;
  if (!hashing_ || part_.in_pieces()) co_return;
  shown_.note = "checking";
  co_await update_from_file(digest_, part_.part_path());
  shown_.note.clear();
}

http::request_options downloader::request(std::uint64_t from) const {
  http::request_options options = base_request(settings_);
  if (from > 0) {
    options.headers.add("Range", fmt::format("bytes={}-", from));
    options.headers.add("If-Range", part_.version().validator);
  } else if (first_piece_) {
    options.headers.add("Range", fmt::format("bytes=0-{}", smallest_piece - 1));
  }
  return options;
}

rondo::task<verdict> downloader::try_once() {
  std::uint64_t from = part_.resumable() && !part_.in_pieces() ? part_.size() : 0;
  // A date says nothing of another server's file.
  if (is_known_elsewhere() && !part_.version().validator.starts_with('"')) from = 0;
  first_piece_ = from == 0 && ranges_work_ && settings_.connections > 1;
  http::request_options options = request(from);
  verdict failed;
  part_end_.reset();
  ended_well_ = false;
  try {
    http::transfer t = co_await session_.stream(sources_[source_], options);
    failed = co_await accept(t, from);
    if (!failed && first_piece_) {
      std::uint64_t end = *part_end_;
      failed = co_await get_rest(std::move(t), end);
    } else if (!failed && !ended_well_) {
      failed = co_await receive(t);
      if (!failed) failed = check_end();
    }
  } catch (const http::http_error& e) {
    failed = trouble_of(e);
  }
  co_return failed;
}

/// Looks at the header of a response and makes the part ready for its body.
rondo::task<verdict> downloader::accept(const http::transfer& t, std::uint64_t from) {
  verdict failed;
  int status = t.status();
  if (first_piece_ && status == 206) {
    failed = check_first_piece(t);
    if (failed) co_return failed;
  }
  if (status == 206 && !first_piece_) {
    failed = check_range(t, from);
  } else if (status == 200 || status == 203 || status == 206) {
    remote_version version{validator_of(t.headers()), t.content_length()};
    if (first_piece_ && status == 206) {
      auto range = parse_content_range(t.headers().get("content-range"));
      version.total = range->total;
      part_end_ = range->last + 1;
    } else if (first_piece_) {
      ranges_work_ = first_piece_ = false;  // all of it comes at once
    }
    failed = check_source(t.headers(), version.total);
    if (failed) co_return failed;
    if (!is_known_elsewhere()) {
      expected_ = version;
      expected_of_ = source_;
    }
    result_.resumed_from = 0;
    inherited_ = false;
    digest_.clear();
    shown_.received = 0;
    shown_.total = version.total;
    co_await part_.restart(std::move(version));
  } else if (status == 416 && first_piece_) {
    failed = trouble("status 416", trouble::remedy::start_over_in_one);  // of an empty file
  } else if (status == 416 && from > 0) {
    // Nothing follows what has come: then that is all, if it is all of this version.
    // One that had changed would have been sent whole (RFC 9110, 13.1.5).
    failed = check_version(t.headers());
    if (!failed && parse_unsatisfied_range(t.headers().get("content-range")) == from) {
      part_.set_total(from);
      ended_well_ = true;
    } else if (!failed) {
      failed = trouble("status 416", trouble::remedy::start_over);
    }
  } else {
    failed =
        trouble(fmt::format("status {}", status),
                http::is_transient(status) ? trouble::remedy::try_again : trouble::remedy::none);
    failed->retry_after = http::retry_after(t.headers());
  }
  co_return failed;
}

/// A first piece shows whether the rest can be had in pieces. Else all is asked for.
verdict downloader::check_first_piece(const http::transfer& t) const {
  std::string text(t.headers().get("content-range"));
  auto range = parse_content_range(text);
  bool fits = range && range->total && range->first == 0 && range->last < smallest_piece &&
              t.content_length().value_or(range->last + 1) == range->last + 1;
  if (fits && !validator_of(t.headers()).empty()) return std::nullopt;
  return trouble("status 206 with Content-Range '" + text + "' to a request for a piece",
                 trouble::remedy::start_over_in_one);
}

/// What one source has told of the file is asked of the others.
verdict downloader::check_source(const http::headers& fields,
                                 std::optional<std::uint64_t> total) const {
  if (!is_known_elsewhere()) return std::nullopt;
  return check_mirror(*expected_, fields, total, !file_.sha256.empty());
}

/// The rest of a part whose validator and length are known, in pieces.
rondo::task<verdict> downloader::get_rest(std::optional<http::transfer> first,
                                          std::uint64_t first_end) {
  auto left_out = [this](std::string_view url, std::string_view cause) {
    all_shown_.complain(fmt::format("rondo get: {}: the mirror is not used: {}",
                                    printable(without_credentials(url)), printable(cause)));
  };
  auto from = sources_.begin() + static_cast<std::ptrdiff_t>(source_);
  std::vector<std::string> urls(from, sources_.end());
  if (alone_) urls.resize(1);
  if (urls.size() > 1) mixed_ = true;
  shown_.total = part_.version().total;
  pieces_wanted rest{session_,         settings_,       part_,
                     shown_,           std::move(urls), !file_.sha256.empty(),
                     result_.attempts, left_out};
  verdict failed = co_await get_pieces(std::move(rest), std::move(first), first_end);
  all_failed_ = failed && failed->then == trouble::remedy::none && !alone_;
  if (!failed && hashing_) {
    shown_.note = "checking";
    digest_.clear();
    co_await update_from_file(digest_, part_.part_path());
    shown_.note.clear();
  }
  co_return failed;
}

/// A part is never continued with bytes from another place or another version.
verdict downloader::check_range(const http::transfer& t, std::uint64_t from) {
  auto refuse = [](std::string cause) {
    return trouble(std::move(cause), trouble::remedy::start_over);
  };
  std::string text(t.headers().get("content-range"));
  if (from == 0) return refuse("status 206 to a request for the whole file");
  auto range = parse_content_range(text);
  if (!range) return refuse("status 206 with a bad Content-Range: '" + text + "'");
  const remote_version& known = part_.version();
  if (range->first != from)
    return refuse(fmt::format("asked for bytes from {}, got Content-Range '{}'", from, text));
  if (range->total && known.total && *range->total != *known.total)
    return refuse("the remote file has changed its length");
  if (known.total && range->last >= *known.total)
    return refuse(fmt::format("the file has {} bytes, got Content-Range '{}'", *known.total, text));
  std::uint64_t length = range->last - range->first + 1;
  if (t.content_length().value_or(length) != length)
    return refuse(fmt::format("{} bytes with Content-Range '{}'", *t.content_length(), text));
  if (verdict changed = check_version(t.headers())) return changed;
  if (verdict other = check_source(t.headers(), range->total)) return other;
  if (range->total) part_.set_total(*range->total);
  shown_.total = part_.version().total;
  part_end_ = range->last + 1;
  return std::nullopt;
}

/// What of a response says that it is of another version than the part.
verdict downloader::check_version(const http::headers& fields) const {
  const std::string& known = part_.version().validator;
  const std::string* now = fields.find(known.starts_with('"') ? "etag" : "last-modified");
  if (!now || *now == known) return std::nullopt;
  return trouble("the remote file has changed", trouble::remedy::start_over);
}

rondo::task<verdict> downloader::receive(http::transfer& t) {
  verdict failed;
  std::uint64_t end = part_end_.value_or(part_.version().total.value_or(UINT64_MAX));
  while (!failed) {
    std::string piece = co_await t.read();
    if (piece.empty()) break;
    if (piece.size() > end - part_.size()) {
      failed = trouble("the body is longer than announced", trouble::remedy::start_over);
      break;
    }
    co_await part_.append(piece);
    if (hashing_) digest_.update(piece);
    shown_.received = part_.size();
    if (settings_.rate) co_await settings_.rate->take(piece.size());
  }
  co_return failed;
}

/// Whether a body that has ended is what its header promised. A whole file whose length
/// nobody has said ends where the server ends it.
verdict downloader::check_end() {
  bool is_part = part_end_.has_value();
  std::optional<std::uint64_t> end = is_part ? part_end_ : part_.version().total;
  if (end && part_.size() != *end)
    return trouble(fmt::format("the body ended after {} of {} bytes", part_.size(), *end),
                   trouble::remedy::try_again);
  ended_well_ = !is_part;
  return std::nullopt;
}

/// Whether all of the file is there: its length is known and has come, or a response with
/// all of it, whose length was not said, has ended as it should. A part whose file's
/// length is not known is followed by more, or by a 416 that tells it.
bool downloader::is_whole() const noexcept {
  auto total = part_.version().total;
  return total ? part_.size() == *total : ended_well_;
}

verdict downloader::check_digest() {
  if (file_.sha256.empty()) return std::nullopt;
  std::string is = digest_.hex();
  if (is == file_.sha256) return std::nullopt;
  part_.discard();
  if (mixed_) {  // one of them may have another file
    mixed_ = false;
    alone_ = true;
    started_over_ = false;
    return trouble("its SHA-256 is " + is + ", not " + file_.sha256, trouble::remedy::start_over);
  }
  // Of an earlier run's bytes one cannot be sure.
  return trouble("its SHA-256 is " + is + ", not " + file_.sha256,
                 inherited_ ? trouble::remedy::start_over : trouble::remedy::none);
}

rondo::delay downloader::pause_after(const trouble& t, int failures) const {
  return pause_before_retry(settings_.retry_delay, failures, t.retry_after);
}

}  // namespace

rondo::task<download_result> download(http::session& session, const wanted_file& file,
                                      const download_settings& settings, progress& shown) {
  download_result result;
  rondo::time_point begin = rondo::now();
  try {
    downloader d(session, file, settings, result, shown);
    co_await d.run();
  } catch (const rondo::timeout_error&) {
    result.error =
        "not complete within " + rondo::detail::duration_text(settings.timeout->nanoseconds());
  } catch (const std::exception& e) {
    result.error = e.what();
  }
  result.seconds = std::chrono::duration<double>(rondo::now() - begin).count();
  co_return result;
}

}  // namespace tool
