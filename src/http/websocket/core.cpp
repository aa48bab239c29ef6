// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/websocket/core.hpp"

#include <chrono>
#include <cstring>
#include <exception>
#include <new>

#include <rondo/compose/wait_for.hpp>
#include <rondo/coro/create_task.hpp>
#include <rondo/coro/errors.hpp>
#include "compose/background.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

/// For the last words to a peer that has done wrong, or that nobody listens to.
constexpr auto last_words_limit = std::chrono::seconds(1);

/// Wakes who waits now.
void wake(event& e) noexcept {
  e.set();
  e.clear();
}

bool is_good_end(std::uint16_t code) noexcept {
  return code == close_codes::normal || code == close_codes::going_away ||
         code == close_codes::no_status;
}

}  // namespace

class websocket_core::reading {
 public:
  explicit reading(websocket_core& c) noexcept : core(&c) {}
  reading(reading&&) noexcept = default;
  ~reading() {
    if (core) core->reader_has_ended();
  }
  websocket_ref core;
};

class websocket_core::writing {
 public:
  explicit writing(websocket_core& c) noexcept : core(&c) {}
  writing(writing&& other) noexcept = default;
  ~writing() {
    if (!core) return;
    core->writing_ = false;
    core->in_flight_ = 0;
    if (in_write) core->output_cut_ = true;
    wake(core->written_);
  }
  websocket_ref core;
  bool in_write = false;
};

class websocket_core::ending {
 public:
  explicit ending(websocket_core& c) noexcept : core(&c) {}
  ending(ending&&) noexcept = default;
  ~ending() {
    if (core) core->close_connection();
  }
  websocket_ref core;
};

/// A message in several frames, which must become whole.
class websocket_core::whole_message {
 public:
  explicit whole_message(websocket_core& c) noexcept : core_(c) {}
  whole_message(const whole_message&) = delete;
  whole_message& operator=(const whole_message&) = delete;
  ~whole_message() {
    if (begun && core_.can_send()) core_.fail(close_codes::internal_error, "a message broke off");
  }
  bool begun = false;

 private:
  websocket_core& core_;
};

void check_options(const websocket_options& options) {
  if (options.ping_interval && options.ping_interval->count() <= 0)
    throw usage_error("http::websocket: a ping_interval of 0 would send pings without end");
}

websocket_core::websocket_core(stream s, side self, const websocket_options& options,
                               std::string subprotocol, std::string name)
    : stream_(std::move(s)),
      frames_(self, options.max_message),
      name_(std::move(name)),
      subprotocol_(std::move(subprotocol)),
      ping_interval_(options.ping_interval),
      ping_timeout_(options.ping_timeout),
      close_timeout_(options.close_timeout),
      self_(self) {}

void websocket_core::start() {
  if (ping_interval_) arm(*ping_interval_);
  reader_ = create_task(read(reading(*this)));
}

// Reading

task<> websocket_core::read(reading its) {
  websocket_core& c = *its.core;
  try {
    co_await c.read_messages();
    c.finished_ = true;
  } catch (const std::bad_alloc&) {
    c.over(close_codes::internal_error, "", "out of memory");
  } catch (const std::exception& e) {
    c.over(close_codes::abnormal, "", e.what());
    c.finished_ = true;
  }
}

// Waits in this one frame: thousands of connections lie here idle.
task<> websocket_core::read_messages() {
  using found = frame_reader::found;
  for (;;) {
    rondo::detail::stream_core& input = *stream_.internal();
    std::string_view bytes = input.buffered();
    std::size_t before = bytes.size();
    found what = frames_.next(bytes);
    input.consume(before - bytes.size());
    if (what == found::nothing) {
      std::string more = co_await stream_.peek(1);
      if (!more.empty()) continue;
      over(close_codes::abnormal, "",
           close_sent_ ? "the connection ended before the close was answered"
                       : "the connection ended without a close");
      co_return;
    }
    if (what == found::text || what == found::binary) {
      deliver(what == found::text);
      while (waiting_ >= buffer_limit && !close_sent_) {
        reading_paused_ = was_paused_ = true;
        co_await taken_.wait();
        reading_paused_ = false;
      }
    } else if (what == found::ping) {
      while (can_send() && !has_room()) co_await written_.wait();
      answer_ping();
    } else if (what == found::pong) {
      take_pong();
    } else {
      bool well = what == found::close;
      take_end(well);
      task<> rest = linger(well);  // has a frame of its own, which is not there until now
      co_await std::move(rest);
      co_return;
    }
  }
}

void websocket_core::deliver(bool is_text) {
  std::string data = frames_.take_payload();
  if (close_sent_) return;
  waiting_ += data.size() + message_overhead;
  messages_.push_back({std::move(data), is_text});
  arrived_.set();
}

void websocket_core::answer_ping() {
  std::string payload = frames_.take_payload();
  if (!can_send()) return;
  start_writing();
  append_frame(out_, self_, opcode::pong, true, payload);
}

void websocket_core::take_pong() {
  std::string payload = frames_.take_payload();
  if (!pong_missing_ || payload != ping_payload()) return;  // of another ping, or of none
  pong_missing_ = false;
  if (ping_interval_) arm(*ping_interval_);
}

// The peer's close, or what must be failed.
void websocket_core::take_end(bool well) {
  std::uint16_t code = frames_.code();
  std::string_view reason = frames_.reason();
  over(well && code == 0 ? close_codes::no_status : code, reason, "");
  if (!close_sent_) queue_close(code, well ? std::string_view() : reason);
}

task<> websocket_core::linger(bool well) {
  task<> steps = write_rest(well);
  co_await move_on_after(std::move(steps), well ? close_timeout_ : delay(last_words_limit));
}

task<> websocket_core::write_rest(bool well) {
  while (writing_) co_await written_.wait();
  if (well && self_ == side::server) co_return;  // a server closes first (RFC 6455, 7.1.1)
  // Closing with unread data would reset the connection, and the peer might never
  // see the close frame.
  if (!well && !output_cut_) stream_.shutdown_write();
  co_await discard_input();
}

task<> websocket_core::discard_input() {
  for (;;) {
    std::string more = co_await stream_.peek(1);
    if (more.empty()) co_return;
    rondo::detail::stream_core& input = *stream_.internal();
    input.consume(input.buffered().size());
  }
}

// The reader's frames may be gone, because it was cancelled: then the peer has not
// been told yet.
void websocket_core::reader_has_ended() noexcept {
  timer_.cancel();
  if (finished_ || output_cut_) {
    close_connection();
    return;
  }
  try {
    rondo::detail::finish_in_background(say_last_words(ending(*this)), last_words_limit);
  } catch (...) {  // without memory, or without a loop, the connection just ends
  }
  over(close_codes::going_away, "", "it was dropped");
}

task<> websocket_core::say_last_words(ending its) {
  websocket_core& c = *its.core;
  try {
    if (!c.close_sent_)
      c.queue_close(can_be_sent(c.code_) ? c.code_ : close_codes::going_away, c.reason_);
    while (c.writing_) co_await c.written_.wait();
    if (c.output_cut_) co_return;
    co_await c.stream_.write(c.out_);  // what a writer left that was cancelled before it began
    c.stream_.shutdown_write();
    co_await c.discard_input();
  } catch (const std::exception&) {
    co_return;  // the peer has gone, nobody is left to tell
  }
}

void websocket_core::close_connection() noexcept {
  timer_.cancel();
  stream_.close();
  over(close_codes::abnormal, "", "the connection was cut");
  closed_.set();
}

// Writing

void websocket_core::start_writing() {
  if (writing_) return;
  writing_ = true;
  writing its(*this);
  create_task(write(std::move(its)));
}

task<> websocket_core::write(writing its) {
  websocket_core& c = *its.core;
  try {
    while (!c.out_.empty()) {
      std::string chunk = std::exchange(c.out_, {});
      c.in_flight_ = chunk.size();
      its.in_write = true;
      co_await c.stream_.write(chunk);
      its.in_write = false;
      c.in_flight_ = 0;
      wake(c.written_);
    }
  } catch (const std::exception& e) {
    c.output_failure_ = e.what();
  }
}

task<bool> websocket_core::append(opcode code, bool final, std::string_view payload) {
  while (can_send() && !has_room()) co_await written_.wait();
  if (!can_send()) co_return false;
  start_writing();
  append_frame(out_, self_, code, final, payload);
  co_return true;
}

// May be the last thing that is appended.
void websocket_core::queue_close(std::uint16_t code, std::string_view reason) {
  start_writing();
  append_close(out_, self_, code, reason);
  close_sent_ = true;
  wake(taken_);  // what comes now is not delivered
  wake(written_);
}

void websocket_core::check_text(opcode kind, std::string_view data) const {
  if (kind == opcode::text && !is_utf8(data))
    throw usage_error("http::websocket::send of " + name_ + ": the text is not UTF-8");
}

bool websocket_core::try_send(opcode kind, std::string_view data) {
  check_text(kind, data);
  if (!can_send() || sending_.locked() || !has_room()) return false;
  start_writing();
  append_frame(out_, self_, kind, true, data);
  return true;
}

task<> websocket_core::send(websocket_ref core, opcode kind, std::string_view data) {
  websocket_core& c = *core;
  c.check_text(kind, data);
  lock::guard turn = co_await c.sending_.acquire();
  bool sent = co_await c.append(kind, true, data);
  if (!sent) c.throw_ended();
}

task<> websocket_core::send_pieces(websocket_ref core, opcode kind,
                                   async_generator<std::string> pieces) {
  websocket_core& c = *core;
  lock::guard turn = co_await c.sending_.acquire();
  utf8_checker text;
  whole_message message(c);
  for (;;) {
    std::optional<std::string> piece = co_await pieces.next();
    if (piece && piece->empty()) continue;
    bool good = kind != opcode::text || (piece ? text.feed(*piece) : text.complete());
    if (!good) throw usage_error("http::websocket::send of " + c.name_ + ": the text is not UTF-8");
    opcode code = message.begun ? opcode::continuation : kind;
    std::string_view payload = piece ? std::string_view(*piece) : std::string_view();
    bool sent = co_await c.append(code, !piece, payload);
    if (!sent) c.throw_ended();
    message.begun = piece.has_value();
    if (!piece) co_return;
  }
}

// Receiving

task<std::optional<websocket::message>> websocket_core::receive(websocket_ref core) {
  websocket_core& c = *core;
  if (c.receiving_)
    throw usage_error("http::websocket::receive of " + c.name_ + ": another task receives");
  class claim {
   public:
    explicit claim(bool& flag) noexcept : flag_(flag) { flag_ = true; }
    claim(const claim&) = delete;
    claim& operator=(const claim&) = delete;
    ~claim() { flag_ = false; }

   private:
    bool& flag_;
  };
  claim mine(c.receiving_);
  while (c.messages_.empty() && !c.is_over()) {
    c.arrived_.clear();
    co_await c.arrived_.wait();
  }
  if (!c.messages_.empty()) {
    std::optional<websocket::message> first(std::move(c.messages_.front()));
    c.messages_.pop_front();
    c.waiting_ -= first->data.size() + message_overhead;
    if (c.reading_paused_) wake(c.taken_);
    co_return first;
  }
  if (!is_good_end(c.code_)) c.throw_ended();
  co_return std::nullopt;
}

// The end

task<> websocket_core::close(websocket_ref core, std::uint16_t code, std::string reason) {
  websocket_core& c = *core;
  constexpr std::size_t longest = 123;
  if (!can_be_sent(code))
    throw usage_error("http::websocket::close of " + c.name_ + ": " + std::to_string(code) +
                      " may not be sent");
  if (reason.size() > longest || !is_utf8(reason))
    throw usage_error("http::websocket::close of " + c.name_ +
                      ": the reason must be UTF-8 of at most 123 bytes");
  if (c.can_send()) {
    c.queue_close(code, reason);
    c.arm(c.close_timeout_);
  } else if (!c.is_over() && !c.close_sent_) {
    c.cut(c.output_failure_);  // the peer cannot be told
  }
  co_await c.closed_.wait();
}

void websocket_core::drop() noexcept {
  messages_.clear();
  waiting_ = 0;
  if (reader_ && !reader_.done()) reader_.cancel();
}

void websocket_core::fail(std::uint16_t code, std::string_view reason) noexcept {
  over(code, reason, "");
  reader_.cancel();
}

void websocket_core::cut(std::string_view cause) noexcept {
  over(close_codes::abnormal, "", cause);
  output_cut_ = true;
  reader_.cancel();
}

void websocket_core::over(std::uint16_t code, std::string_view reason,
                          std::string_view cause) noexcept {
  if (is_over()) return;
  code_ = code;
  try {
    reason_ = reason;
    cause_ = cause;
  } catch (const std::bad_alloc&) {  // then the code alone tells
  }
  timer_.cancel();
  arrived_.set();
  wake(written_);
}

void websocket_core::throw_ended() const {
  if (!is_over() && !output_failure_.empty())
    throw websocket_error(name_ + ": " + output_failure_, close_codes::abnormal);
  if (!is_over()) throw websocket_error(name_ + ": it is closing", close_codes::normal);
  std::string what = name_ + ": it has ended: " + std::to_string(code_);
  const std::string& why = cause_.empty() ? reason_ : cause_;
  if (!why.empty()) what += " (" + why + ")";
  throw websocket_error(std::move(what), code_);
}

// Time

void websocket_core::arm(delay wait) {
  timer_.cancel();
  if (wait.endless()) return;
  timer_ = call_later(wait, [this] { time_is_up(); });
}

void websocket_core::time_is_up() noexcept {
  try {
    if (close_sent_) {
      cut("the peer has not answered the close");
    } else if (!pong_missing_) {
      if (!can_send()) return;
      start_writing();
      ++ping_;
      append_frame(out_, self_, opcode::ping, true, ping_payload());
      pong_missing_ = true;
      was_paused_ = reading_paused_;
      arm(ping_timeout_);
    } else if (std::exchange(was_paused_, reading_paused_)) {
      arm(ping_timeout_);  // it may have come, and not have been read yet
    } else {
      fail(close_codes::internal_error, "no pong came");
    }
  } catch (...) {
    fail(close_codes::internal_error, "out of memory");
  }
}

}}}  // namespace rondo::v0::http::detail
