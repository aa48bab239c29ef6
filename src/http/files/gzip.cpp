// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/files/gzip.hpp>

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <zlib.h>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/exec/to_thread.hpp>
#include <rondo/http/message/media_type.hpp>
#include "http/files/accepted_coding.hpp"
#include "http/files/conditions.hpp"
#include "http/message/field_list.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace {

/// What is compressed on the loop at most: about a millisecond of work.
constexpr std::size_t at_once = 64 * 1024;
/// What a thread is given: a cancellation waits for no more than that.
constexpr std::size_t for_a_thread = 256 * 1024;
/// Compressors that are kept for the next reply: 256 KiB each, which the kernel would have
/// to clear every time.
constexpr std::size_t most_spare = 4;

/// Makes one gzip stream, then the next.
class compressor {
 public:
  explicit compressor(int level) {
    constexpr int window = 15, as_gzip = 16, memory = 8;
    if (::deflateInit2(&stream_, level, Z_DEFLATED, window + as_gzip, memory, Z_DEFAULT_STRATEGY) !=
        Z_OK)
      throw std::bad_alloc();
  }
  compressor(const compressor&) = delete;
  compressor& operator=(const compressor&) = delete;
  ~compressor() { ::deflateEnd(&stream_); }

  void restart() { ::deflateReset(&stream_); }
  /// Adds what input becomes to out. mode: Z_NO_FLUSH, Z_SYNC_FLUSH, Z_FINISH.
  void add(std::string_view input, int mode, std::string& out) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    do {
      std::size_t filled = out.size();
      std::size_t room =
          std::max<std::size_t>(256, std::min<std::size_t>(input.size() / 2, at_once));
      out.resize(filled + room);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
      stream_.avail_out = static_cast<uInt>(room);
      ::deflate(&stream_, mode);  // cannot fail: there is room, and the state is ours
      out.resize(out.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  z_stream stream_{};
};

}  // namespace

namespace detail {

struct gzip_state {
  explicit gzip_state(const gzip_options& o) : options(o) { spare.reserve(most_spare); }

  const gzip_options options;
  unsigned streams = 0;  // that are being compressed
  std::vector<std::unique_ptr<compressor>> spare;
};

}  // namespace detail

namespace {

using detail::gzip_state;

/// A compressor for one reply.
class lease {
 public:
  explicit lease(std::shared_ptr<gzip_state> state) : state_(std::move(state)) {
    if (state_->spare.empty()) {
      compressor_ = std::make_unique<compressor>(state_->options.level);
    } else {
      compressor_ = std::move(state_->spare.back());
      state_->spare.pop_back();
      compressor_->restart();
    }
  }
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;
  ~lease() {
    if (state_->spare.size() < most_spare) state_->spare.push_back(std::move(compressor_));
  }
  compressor& operator*() const { return *compressor_; }

 private:
  std::shared_ptr<gzip_state> state_;
  std::unique_ptr<compressor> compressor_;
};

/// A stream's place among those that are allowed.
class stream_slot {
 public:
  explicit stream_slot(std::shared_ptr<gzip_state> s) : state_(std::move(s)) { ++state_->streams; }
  stream_slot(stream_slot&& other) noexcept : state_(std::move(other.state_)) {}
  stream_slot& operator=(stream_slot&&) = delete;
  ~stream_slot() {
    if (state_) --state_->streams;
  }
  const std::shared_ptr<gzip_state>& state() const { return state_; }

 private:
  std::shared_ptr<gzip_state> state_;
};

/// Compresses on the loop or, if it is much, on a thread.
task<> add(compressor& to, std::string_view input, int mode, std::string& out) {
  if (input.size() <= at_once) {
    to.add(input, mode, out);
    co_return;
  }
  while (!input.empty()) {
    std::string_view part = input.substr(0, for_a_thread);
    input.remove_prefix(part.size());
    auto work = [&] { to.add(part, input.empty() ? mode : Z_NO_FLUSH, out); };
    co_await to_thread(work);
  }
}

async_generator<std::string> compressed_stream(async_generator<std::string> pieces,
                                               stream_slot slot) {
  lease to(slot.state());
  for (;;) {
    std::optional<std::string> piece = co_await pieces.next();
    if (!piece) break;
    if (piece->empty()) continue;
    std::string out;
    co_await add(*to, *piece, Z_SYNC_FLUSH, out);
    co_yield std::move(out);
  }
  std::string out;
  (*to).add({}, Z_FINISH, out);
  co_yield std::move(out);
}

async_generator<std::string> compressed_file(file_body body, stream_slot slot) {
  lease to(slot.state());
  std::string input;
  std::uint64_t done = 0;
  while (done < body.length) {
    input.resize(
        static_cast<std::size_t>(std::min<std::uint64_t>(body.length - done, for_a_thread)));
    std::size_t n = co_await body.file.pread(input, body.offset + done);
    if (n < input.size())
      throw error("read " + body.file.path() + ": it has become shorter while it was sent");
    done += n;
    std::string out;
    co_await add(*to, input, done == body.length ? Z_FINISH : Z_NO_FLUSH, out);
    if (!out.empty()) co_yield std::move(out);
  }
}

/// Whether it is compressed for clients that take it.
bool is_worth_it(const reply& answer, const gzip_options& options) {
  if (answer.upgrade || answer.status < 200 || answer.status == 204 || answer.status == 206 ||
      answer.status == 304)
    return false;
  if (answer.headers.contains("Content-Encoding") || answer.headers.contains("Content-Range"))
    return false;
  if (detail::has_token(answer.headers, "Cache-Control", "no-transform")) return false;
  if (!is_compressible(answer.headers.get("Content-Type", answer.content_type))) return false;
  if (answer.stream) return answer.idle_piece.empty();  // that is sent as it stands
  if (answer.file)
    return answer.file->length >= options.min_size && answer.file->length <= options.max_file;
  return answer.body.size() >= options.min_size;
}

void add_vary(reply& answer) {
  if (!detail::has_token(answer.headers, "Vary", "Accept-Encoding"))
    answer.headers.add("Vary", "Accept-Encoding");
}

void mark(reply& answer) {
  answer.headers.add("Content-Encoding", "gzip");
  answer.headers.remove("Accept-Ranges");  // they would be ranges of something else
  if (const std::string* tag = answer.headers.find("ETag"); tag && !tag->starts_with("W/"))
    answer.headers.set("ETag", "W/" + *tag);
}

}  // namespace

gzip::gzip(gzip_options options) : state_(std::make_shared<detail::gzip_state>(options)) {
  if (options.level < 1 || options.level > 9) throw usage_error("http::gzip: the level is 1 to 9");
}

task<reply> gzip::operator()(request& r, next rest) const {
  reply answer = co_await rest(r);
  if (answer.status == 304) add_vary(answer);  // as the 200 would have it (RFC 9110, 15.4.5)
  if (!is_worth_it(answer, state_->options)) co_return answer;
  add_vary(answer);
  if (!detail::accepts_gzip(detail::joined(r.headers, "Accept-Encoding"))) co_return answer;
  if (answer.stream || answer.file) {
    if (state_->streams >= state_->options.max_streams) co_return answer;
    stream_slot slot(state_);
    if (answer.stream) {
      answer.stream = compressed_stream(std::move(answer.stream), std::move(slot));
    } else {
      answer.stream = compressed_file(std::move(*answer.file), std::move(slot));
      answer.file = nullptr;
    }
    mark(answer);
    co_return answer;
  }
  std::string out;
  {
    lease to(state_);
    co_await add(*to, answer.body, Z_FINISH, out);
  }
  if (out.size() >= answer.body.size()) co_return answer;
  answer.body = std::move(out);
  mark(answer);
  co_return answer;
}

}}}  // namespace rondo::v0::http
