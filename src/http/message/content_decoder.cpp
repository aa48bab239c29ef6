// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/message/content_decoder.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

#include "http/message/field_list.hpp"

#if RONDO_HAS_ZLIB
#include <zlib.h>
#endif
#if RONDO_HAS_BROTLI
#include <brotli/decode.h>
#endif
#if RONDO_HAS_ZSTD
#include <zstd.h>
#endif

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

constexpr std::size_t at_once = 64 * 1024;       // in and out, of one step
constexpr std::size_t longest_rest = 64 * 1024;  // of what follows a stream and is dropped
constexpr std::size_t most_codings = 4;

}  // namespace

class content_decoder::stage {
 public:
  explicit stage(std::string_view name) noexcept : name_(name) {}
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;
  virtual ~stage() = default;

  /// Takes the beginning of input and fills the beginning of room.
  struct progress {
    std::size_t taken = 0;
    std::size_t made = 0;
  };
  progress run(std::string_view input, char* room, std::size_t size) {
    progress p;
    if (!input.empty()) begun_ = true;
    if (ended_ && !input.empty()) {
      if (dropped_ == 0 && begins_again(input)) {
        ended_ = false;
      } else {
        dropped_ += input.size();
        if (dropped_ > longest_rest)
          throw coding_error("bytes follow its " + std::string(name_) + " stream");
        p.taken = input.size();
        return p;
      }
    }
    if (ended_) return p;
    p = decode(input, room, size);
    may_have_more_ = !ended_ && p.made == size;
    return p;
  }

  std::string_view name() const noexcept { return name_; }
  /// Its room was full: more may come out without more input.
  bool has_more() const noexcept { return may_have_more_; }
  bool at_end() const noexcept { return ended_ || !begun_; }

 protected:
  /// Throws coding_error. Calls end() when the stream has ended.
  virtual progress decode(std::string_view input, char* room, std::size_t size) = 0;
  /// Whether input, after the end of a stream, is the beginning of a next one.
  virtual bool begins_again(std::string_view) { return false; }

  void end() noexcept { ended_ = true; }
  [[noreturn]] void fail(const char* why) const {
    throw coding_error("its " + std::string(name_) +
                       " stream is malformed: " + (why ? why : "no such data"));
  }

 private:
  std::string_view name_;
  std::size_t dropped_ = 0;
  bool begun_ = false;
  bool ended_ = false;
  bool may_have_more_ = false;
};

namespace {

using stage = content_decoder::stage;

#if RONDO_HAS_ZLIB
class zlib_stage : public stage {
 public:
  ~zlib_stage() override {
    if (open_) ::inflateEnd(&stream_);
  }

 protected:
  explicit zlib_stage(std::string_view name) noexcept : stage(name) {}

  static constexpr int window = 15;
  void open(int bits) {
    if (::inflateInit2(&stream_, bits) != Z_OK) throw std::bad_alloc();
    open_ = true;
  }
  void restart() noexcept { ::inflateReset(&stream_); }

  progress decode(std::string_view input, char* room, std::size_t size) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(room);
    stream_.avail_out = static_cast<uInt>(size);
    int result = ::inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
      end();
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result == Z_NEED_DICT) {
      fail("it needs a dictionary");
    } else if (result != Z_OK && result != Z_BUF_ERROR) {  // that is: no input, or no room
      fail(stream_.msg);
    }
    return {input.size() - stream_.avail_in, size - stream_.avail_out};
  }

 private:
  z_stream stream_{};
  bool open_ = false;
};

class gzip_stage final : public zlib_stage {
 public:
  gzip_stage() : zlib_stage("gzip") {
    constexpr int as_gzip = 16;
    open(window + as_gzip);
  }

 private:
  // A file of several members is that of their contents in a row (RFC 1952, 2.2). The
  // magic number may come in two parts; what else comes is no member.
  bool begins_again(std::string_view input) override {
    if (input[0] != '\x1f') return false;
    restart();
    return true;
  }
};

/// deflate is zlib's format (RFC 9110, 8.4.1.2); some servers leave out its header and its
/// sum. Whether they do, the first two bytes tell.
class deflate_stage final : public zlib_stage {
 public:
  deflate_stage() : zlib_stage("deflate") {}

 private:
  progress decode(std::string_view input, char* room, std::size_t size) override {
    if (known_) return zlib_stage::decode(input, room, size);
    std::size_t taken = std::min(input.size(), sizeof first_ - have_);
    std::copy_n(input.data(), taken, first_ + have_);
    have_ += taken;
    if (have_ < sizeof first_) {
      // A bare stream may be as short as that: 03 00 is one of nothing.
      return {taken, 0};
    }
    auto byte = [&](int i) { return static_cast<unsigned>(static_cast<unsigned char>(first_[i])); };
    bool has_header =
        (byte(0) & 0x0f) == 8 && byte(0) >> 4 <= 7 && (byte(0) << 8 | byte(1)) % 31 == 0;
    open(has_header ? window : -window);
    known_ = true;
    progress p = zlib_stage::decode({first_, sizeof first_}, room, size);
    return {taken, p.made};
  }

  char first_[2] = {};
  std::size_t have_ = 0;
  bool known_ = false;
};
#endif

#if RONDO_HAS_BROTLI
class brotli_stage final : public stage {
 public:
  brotli_stage() : stage("br"), state_(::BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (!state_) throw std::bad_alloc();
  }
  ~brotli_stage() override { ::BrotliDecoderDestroyInstance(state_); }

 private:
  progress decode(std::string_view input, char* room, std::size_t size) override {
    const auto* in = reinterpret_cast<const std::uint8_t*>(input.data());
    auto* out = reinterpret_cast<std::uint8_t*>(room);
    std::size_t left = input.size();
    std::size_t free = size;
    auto result = ::BrotliDecoderDecompressStream(state_, &left, &in, &free, &out, nullptr);
    if (result == BROTLI_DECODER_RESULT_SUCCESS) end();
    if (result == BROTLI_DECODER_RESULT_ERROR)
      fail(::BrotliDecoderErrorString(::BrotliDecoderGetErrorCode(state_)));
    return {input.size() - left, size - free};
  }

  BrotliDecoderState* state_;
};
#endif

#if RONDO_HAS_ZSTD
/// Frames in a row (RFC 8878, 3.1); what is no frame is an error.
class zstd_stage final : public stage {
 public:
  zstd_stage() : stage("zstd"), state_(::ZSTD_createDCtx()) {
    if (!state_) throw std::bad_alloc();
    constexpr int largest_window = 23;  // 8 MiB (RFC 9659)
    ::ZSTD_DCtx_setParameter(state_, ZSTD_d_windowLogMax, largest_window);
  }
  ~zstd_stage() override { ::ZSTD_freeDCtx(state_); }

 private:
  progress decode(std::string_view input, char* room, std::size_t size) override {
    // A frame that comes whole goes another way through the library, which finds other
    // errors; its first byte alone keeps it from that.
    if (head_size_ == 0) input = input.substr(0, 1);
    check_magic(input.substr(0, magic_size - std::min(magic_size, head_size_)));
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{room, size, 0};
    // The call with no input and nothing to flush is no progress, which zstd may call an
    // error when it comes too often.
    std::size_t result = ::ZSTD_decompressStream(state_, &out, &in);
    if (::ZSTD_isError(result)) fail(::ZSTD_getErrorName(result));
    std::size_t of_head = std::min(in.pos, sizeof head_ - head_size_);
    std::copy_n(input.data(), of_head, head_ + head_size_);
    head_size_ += of_head;
    made_ += out.pos;
    if (result == 0) {
      check_size();
      end();
      head_size_ = 0;
      made_ = 0;
    }
    return {in.pos, out.pos};
  }
  bool begins_again(std::string_view) override { return true; }

  // Libraries built for that read the formats before RFC 8878 too, whose decoders want
  // whole headers at a time and take no limit of a window.
  void check_magic(std::string_view bytes) const {
    constexpr std::string_view frame = "\x28\xB5\x2F\xFD";
    constexpr std::string_view skippable = "\x50\x2A\x4D\x18";  // to 0x5F in the first byte
    std::size_t begin = std::min(magic_size, head_size_);
    if (bytes == frame.substr(begin, bytes.size())) return;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      auto byte = static_cast<unsigned char>(bytes[i]);
      if (begin + i == 0) byte &= 0xF0;
      if (byte != static_cast<unsigned char>(skippable[begin + i])) fail("unknown frame");
    }
  }

  // The library does so itself, but not where the last block is empty and comes in pieces.
  void check_size() const {
    unsigned long long declared = ::ZSTD_getFrameContentSize(head_, head_size_);
    if (declared < ZSTD_CONTENTSIZE_ERROR && declared != made_)
      fail("a frame of another size than it says");
  }

  static constexpr std::size_t magic_size = 4;
  static constexpr std::size_t longest_head = 18;  // RFC 8878, 3.1.1.1
  char head_[longest_head];                        // of the frame that is being read
  std::size_t head_size_ = 0;
  unsigned long long made_ = 0;  // of that frame
  ZSTD_DCtx* state_;
};
#endif

std::unique_ptr<stage> make_stage(std::string_view name) {
#if RONDO_HAS_ZLIB
  if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip"))
    return std::make_unique<gzip_stage>();
  if (equal_ignoring_case(name, "deflate")) return std::make_unique<deflate_stage>();
#endif
#if RONDO_HAS_BROTLI
  if (equal_ignoring_case(name, "br")) return std::make_unique<brotli_stage>();
#endif
#if RONDO_HAS_ZSTD
  if (equal_ignoring_case(name, "zstd")) return std::make_unique<zstd_stage>();
#endif
  throw coding_error("its coding '" + std::string(name) + "' is unknown");
}

}  // namespace

/// A stage, and what it has made that the next one has not taken.
struct content_decoder::link {
  std::unique_ptr<stage> codec;
  std::string ready;
  std::size_t taken = 0;
};

std::string_view known_codings() noexcept {
  static constexpr std::string_view all =
#if RONDO_HAS_ZLIB
      ", gzip, deflate"
#endif
#if RONDO_HAS_BROTLI
      ", br"
#endif
#if RONDO_HAS_ZSTD
      ", zstd"
#endif
      "";
  return all.empty() ? all : all.substr(2);
}

content_decoder::content_decoder(std::string_view list) {
  for (std::string_view name : field_list(list)) {
    if (equal_ignoring_case(name, "identity")) continue;
    if (stages_.size() == most_codings) throw coding_error("it has more codings than 4");
    link l;
    l.codec = make_stage(name);
    stages_.push_back(std::move(l));
  }
}

content_decoder::content_decoder(content_decoder&&) noexcept = default;
content_decoder& content_decoder::operator=(content_decoder&&) noexcept = default;
content_decoder::~content_decoder() = default;

bool content_decoder::is_identity() const noexcept { return stages_.empty(); }

std::size_t content_decoder::step(std::string_view input, std::string& out) {
  input = input.substr(0, at_once);
  if (stages_.empty()) {
    out += input;
    return input.size();
  }
  // From the first coding of the list, which was applied first and is undone last, to the
  // one of the wire: the first that has something to work on does its work.
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    link& l = stages_[i];
    bool outermost = i + 1 == stages_.size();
    std::string_view from =
        outermost ? input : std::string_view(stages_[i + 1].ready).substr(stages_[i + 1].taken);
    if (from.empty() && !l.codec->has_more()) continue;
    std::string& to = i == 0 ? out : l.ready;
    if (i > 0) {
      to.clear();
      l.taken = 0;
    }
    // Small bodies, of which there may be many, take little.
    constexpr std::size_t least = 1024, usual_ratio = 4;
    std::size_t room =
        from.empty() ? at_once / 4 : std::clamp(usual_ratio * from.size(), least, at_once);
    std::size_t before = to.size();
    to.resize(before + room);
    stage::progress p;
    try {
      p = l.codec->run(from, to.data() + before, room);
    } catch (...) {
      to.resize(before);  // nothing of the room is data
      throw;
    }
    to.resize(before + p.made);
    if (outermost) return p.taken;
    stages_[i + 1].taken += p.taken;
    return 0;
  }
  return 0;
}

bool content_decoder::has_more() const noexcept {
  return std::any_of(stages_.begin(), stages_.end(),
                     [](const link& l) { return l.codec->has_more() || l.taken < l.ready.size(); });
}

bool content_decoder::at_end() const noexcept { return unfinished().empty() && !has_more(); }

std::string_view content_decoder::unfinished() const noexcept {
  for (auto l = stages_.rbegin(); l != stages_.rend(); ++l)
    if (!l->codec->at_end()) return l->codec->name();
  return {};
}

}}}  // namespace rondo::v0::http::detail
