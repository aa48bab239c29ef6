// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "get/pieces.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

#include <rondo/compose/finally.hpp>
#include <rondo/compose/gather.hpp>
#include <rondo/compose/race.hpp>
#include <rondo/loop/sleep.hpp>

#include "get/mirror.hpp"
#include "get/range_set.hpp"
#include "retry.hpp"
#include "terminal/text.hpp"

namespace tool {

namespace {

using namespace std::chrono_literals;
namespace http = rondo::http;

constexpr std::uint64_t largest_piece = 16u << 20;
/// What a killed process has got since the last time is lost.
constexpr auto save_interval = 500ms;

/// Ends the work on all pieces.
class all_is_off : public rondo::error {
 public:
  explicit all_is_off(trouble t) : error(t.cause), why(std::move(t)) {}
  trouble why;
};

class piecewise {
 public:
  explicit piecewise(pieces_wanted what)
      : want_(std::move(what)), total_(*want_.part.version().total) {
    for (const std::string& url : want_.urls) sources_.emplace_back(url);
    sources_[0].validator = want_.part.version().validator;
    for (std::size_t i = 1; i < sources_.size() && !want_.has_sha256; ++i)
      sources_[i].validator = sources_[0].validator;
  }

  rondo::task<verdict> run(std::optional<http::transfer> first, std::uint64_t first_end);

 private:
  struct source {
    explicit source(std::string address) : url(std::move(address)) {}
    std::string url;
    std::string validator;  // empty: nothing is known yet
    bool refused = false;
  };
  /// A connection's.
  struct worker {
    std::size_t source = 0;
    std::size_t sources_left = 0;
    int failures = 0;  // one after the other
  };

  rondo::task<> work_in_rounds();
  rondo::task<> work_or_stop_all(worker& w);
  rondo::task<> work(worker& w);
  rondo::task<> keep_saving();
  rondo::task<> save();
  byte_range claim();
  rondo::task<verdict> get(source& from, rondo::file& to, byte_range& piece);
  verdict check(const http::transfer& t, source& from, const byte_range& piece, std::uint64_t& end);
  verdict check_version(const http::headers& fields, std::optional<std::uint64_t> total,
                        source& from);
  rondo::task<verdict> receive(http::transfer& t, rondo::file& to, byte_range& piece,
                               std::uint64_t end);
  trouble useless(const source& from, std::string cause, trouble::remedy then) const;
  bool settle(worker& w, const trouble& failed);

  bool is_mirror(const source& s) const noexcept { return &s != &sources_[0]; }

  pieces_wanted want_;
  std::uint64_t total_;
  std::vector<source> sources_;
  std::vector<worker> workers_;
  range_set taken_;  // there, or a worker's
  verdict last_failure_;
  bool stopped_ = false;
  std::optional<http::transfer> first_;
  std::uint64_t first_end_ = 0;
};

rondo::task<verdict> piecewise::run(std::optional<http::transfer> first, std::uint64_t first_end) {
  first_ = std::move(first);
  first_end_ = first_end;
  std::size_t connections = static_cast<std::size_t>(want_.settings.connections);
  for (std::size_t i = 0; i < connections; ++i) {
    worker w;
    w.source = i % sources_.size();
    w.sources_left = sources_.size();
    workers_.push_back(w);
  }
  co_await want_.part.begin_pieces();
  verdict failed;
  try {
    co_await rondo::finally(rondo::race(work_in_rounds(), keep_saving()),
                            [this] { return save(); });
  } catch (const all_is_off& e) {
    failed = e.why;
  }
  co_return failed;
}

/// Workers end when nothing is left to take. If then one has failed and left something,
/// those that have not failed take it.
rondo::task<> piecewise::work_in_rounds() {
  for (;;) {
    taken_ = want_.part.have();
    std::vector<rondo::task<>> round;
    for (worker& w : workers_) {
      if (w.sources_left > 0) round.push_back(work_or_stop_all(w));
    }
    if (round.empty()) throw all_is_off(trouble(last_failure_->cause, trouble::remedy::none));
    co_await rondo::gather(round);
    if (want_.part.size() == total_) co_return;
  }
}

/// The first failure ends the others. What ends them at the same time, such as a full
/// disk, is the same failure once more.
rondo::task<> piecewise::work_or_stop_all(worker& w) {
  try {
    co_await work(w);
  } catch (const std::exception&) {
    if (std::exchange(stopped_, true)) co_return;
    throw;
  }
}

rondo::task<> piecewise::work(worker& w) {
  rondo::file to = co_await want_.part.open_again();
  for (;;) {
    source& from = sources_[w.source];
    byte_range piece;
    verdict failed;
    if (first_) {
      piece.end = first_end_;
      taken_.add(piece);
      http::transfer t = std::move(*first_);
      first_.reset();
      try {
        failed = co_await receive(t, to, piece, first_end_);
      } catch (const http::http_error& e) {
        failed = trouble_of(e);
      }
    } else {
      if (from.refused) {
        failed = trouble("not used", trouble::remedy::none);
      } else {
        piece = claim();
        if (piece.empty()) co_return;
        failed = co_await get(from, to, piece);
      }
    }
    taken_.remove(piece);  // what has not come of it
    if (!failed) {
      w.failures = 0;
      continue;
    }
    if (failed->then != trouble::remedy::none && failed->then != trouble::remedy::try_again)
      throw all_is_off(*failed);
    if (!from.refused) last_failure_ = failed;
    if (!settle(w, *failed)) {
      if (w.sources_left == 0) co_return;
      continue;
    }
    co_await rondo::sleep(
        pause_before_retry(want_.settings.retry_delay, w.failures - 1, failed->retry_after));
  }
}

/// Whether to wait and try there again. Else the next source is tried, if there is one.
bool piecewise::settle(worker& w, const trouble& failed) {
  bool again = failed.then == trouble::remedy::try_again && w.failures < want_.settings.retries;
  if (again) {
    ++w.failures;
    ++want_.attempts;
    return true;
  }
  w.failures = 0;
  --w.sources_left;
  w.source = (w.source + 1) % sources_.size();
  return false;
}

/// Saves what is there from time to time, for a run after one that was killed.
rondo::task<> piecewise::keep_saving() {
  for (;;) {
    co_await rondo::sleep(save_interval);
    co_await want_.part.save_pieces();
  }
}

rondo::task<> piecewise::save() {
  try {
    co_await want_.part.save_pieces();
  } catch (const std::system_error&) {  // the older one says less, and is right
  }
}

/// The next piece that is nobody's. They get smaller towards the end, so that all
/// connections are done at about the same time.
byte_range piecewise::claim() {
  byte_range gap = taken_.first_gap(total_);
  std::uint64_t share = (total_ - taken_.bytes()) / (2 * workers_.size());
  std::uint64_t size = std::clamp(share, smallest_piece, largest_piece);
  if (gap.size() >= size + smallest_piece) gap.end = gap.first + size;
  taken_.add(gap);
  return gap;
}

/// Takes what has come off the piece's beginning.
rondo::task<verdict> piecewise::get(source& from, rondo::file& to, byte_range& piece) {
  http::request_options options = base_request(want_.settings);
  options.headers.add("Range", fmt::format("bytes={}-{}", piece.first, piece.end - 1));
  if (!from.validator.empty()) options.headers.add("If-Range", from.validator);
  verdict failed;
  try {
    http::transfer t = co_await want_.session.stream(from.url, options);
    std::uint64_t end = 0;
    failed = check(t, from, piece, end);
    if (!failed) failed = co_await receive(t, to, piece, end);
  } catch (const http::http_error& e) {
    failed = trouble_of(e);
  }
  if (failed && is_mirror(from) && failed->then != trouble::remedy::try_again && !from.refused) {
    from.refused = true;
    want_.left_out(from.url, failed->cause);
  }
  co_return failed;
}

/// A mirror that does not fit is left; the server that told the version is believed.
trouble piecewise::useless(const source& from, std::string cause, trouble::remedy then) const {
  return trouble(std::move(cause), is_mirror(from) ? trouble::remedy::none : then);
}

/// Looks at the header of a response, and says where its part ends.
verdict piecewise::check(const http::transfer& t, source& from, const byte_range& piece,
                         std::uint64_t& end) {
  using remedy = trouble::remedy;
  int status = t.status();
  if (status == 200 || status == 203) {
    if (verdict other = check_version(t.headers(), t.content_length(), from)) return other;
    return useless(from, "the server does not send ranges of the file", remedy::start_over_in_one);
  }
  if (status == 416)
    return useless(from, "the remote file has changed its length", remedy::start_over);
  if (status != 206) {
    trouble failed(fmt::format("status {}", status),
                   http::is_transient(status) ? remedy::try_again : remedy::none);
    failed.retry_after = http::retry_after(t.headers());
    return failed;
  }
  std::string text(t.headers().get("content-range"));
  auto range = parse_content_range(text);
  bool fits =
      range && range->first == piece.first && range->last < piece.end &&
      t.content_length().value_or(range->last - range->first + 1) == range->last - range->first + 1;
  if (range) {
    if (verdict other = check_version(t.headers(), range->total, from)) return other;
  }
  if (!fits)
    return useless(from,
                   fmt::format("asked for bytes {} to {}, got Content-Range '{}'", piece.first,
                               piece.end - 1, text),
                   remedy::start_over_in_one);
  end = range->last + 1;
  return std::nullopt;
}

/// Whether a response is of the version that the part is of.
verdict piecewise::check_version(const http::headers& fields, std::optional<std::uint64_t> total,
                                 source& from) {
  const remote_version& known = want_.part.version();
  if (is_mirror(from)) {
    if (verdict other = check_mirror(known, fields, total, want_.has_sha256)) return other;
    if (from.validator.empty()) from.validator = validator_of(fields);
    if (!want_.has_sha256) return std::nullopt;
  } else if (total && *total != total_) {
    return trouble("the remote file has changed its length", trouble::remedy::start_over);
  }
  const char* name = from.validator.starts_with('"') ? "etag" : "last-modified";
  const std::string* now = fields.find(name);
  if (from.validator.empty() || !now || *now == from.validator) return std::nullopt;
  return useless(from, "the remote file has changed", trouble::remedy::start_over);
}

rondo::task<verdict> piecewise::receive(http::transfer& t, rondo::file& to, byte_range& piece,
                                        std::uint64_t end) {
  verdict failed;
  while (!failed) {
    std::string data = co_await t.read();
    if (data.empty()) break;
    if (data.size() > end - piece.first) {
      failed = trouble("the body is longer than announced", trouble::remedy::try_again);
      break;
    }
    co_await want_.part.write_at(to, data, piece.first);
    taken_.add(byte_range{piece.first, piece.first + data.size()});
    piece.first += data.size();
    want_.shown.received = want_.part.received();
    if (want_.settings.rate) co_await want_.settings.rate->take(data.size());
  }
  if (!failed && piece.first != end)
    failed = trouble(fmt::format("the body ended {} bytes early", end - piece.first),
                     trouble::remedy::try_again);
  co_return failed;
}

}  // namespace

rondo::task<verdict> get_pieces(pieces_wanted what, std::optional<http::transfer> first,
                                std::uint64_t first_end) {
  piecewise p(std::move(what));
  verdict failed = co_await p.run(std::move(first), first_end);
  co_return failed;
}

}  // namespace tool
