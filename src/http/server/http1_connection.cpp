// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/server/http1_connection.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>

#include <rondo/compose/race.hpp>
#include <rondo/compose/shield.hpp>
#include <rondo/compose/wait_for.hpp>
#include <rondo/io/send_file.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/loop/sleep.hpp>
#include "coro/report_lost.hpp"

#include "http/server/least_rate.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

/// Replies to pipelined requests go together up to here; a longer one is sent at once.
constexpr std::size_t coalesced = 64 * 1024;
/// What is read of a request's body that nobody wants, to keep the connection.
constexpr std::size_t skipped_body = 64 * 1024;

/// Waits until the stream has bytes in its buffer, or has ended. Holds no memory for
/// them while the client is silent.
class input_operation final : public rondo::detail::read_operation {
 public:
  explicit input_operation(rondo::detail::stream_core& core) noexcept
      : read_operation(&core, goal::peek, 1) {}
  input_operation(input_operation&&) noexcept = default;
  void result() {
    end at_end(*this);
    check("read from");
  }
};

/// The bytes that the peer has acknowledged. Writes alone do not show progress: the
/// kernel takes megabytes, then nothing until a slow peer has read a third of them. Of a Unix
/// socket nobody knows.
std::optional<std::uint64_t> acknowledged_bytes(int fd) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info.tcpi_bytes_acked;
}

/// Whether it is the connection that has failed, and not what a reply is made of.
bool client_is_gone(const std::system_error& e) noexcept {
  return e.code() == std::errc::broken_pipe || e.code() == std::errc::connection_reset ||
         e.code() == std::errc::connection_aborted || e.code() == std::errc::timed_out;
}

}  // namespace

/// A request that is being answered, for the server to count.
class http1_connection::running_request {
 public:
  explicit running_request(server_state& s) noexcept : server_(s) { ++server_.running; }
  running_request(const running_request&) = delete;
  running_request& operator=(const running_request&) = delete;
  ~running_request() { --server_.running; }

 private:
  server_state& server_;
};

http1_connection::http1_connection(server_state& s, rondo::stream client)
    : server_(&s), client_(std::move(client)), core_(client_.internal()) {
  server_->clock.add(*this);
}

http1_connection::~http1_connection() {
  log_request();
  end_work();
  end_request();
  client_.close();
  core_.reset();
  server_->clock.remove(*this);
}

void http1_connection::expired() noexcept {
  switch (current_phase()) {
    case phase::header:
    case phase::body:
      timed_out_ = true;
      [[fallthrough]];
    case phase::idle:
      ::shutdown(core().fd, SHUT_RD);  // the read ends
      enter(current_phase());
      break;
    case phase::write:
      if (auto taken = acknowledged_bytes(core().fd);
          taken && progress_.has_stalled(
                       *taken, server_->clock.now_ns(),
                       least_rate(server_->options.min_rate, server_->options.write_timeout)))
        core().shut_down();  // the write fails
      enter(phase::write);
      break;
    case phase::work:
      enter(phase::long_work);
      if (!watch_) watch_ = client_watch::begin(*task_, core(), out_, !message().keep_alive());
      break;
    default:
      enter(current_phase());
      break;
  }
}

void http1_connection::close_if_idle() noexcept {
  if (current_phase() == phase::idle) ::shutdown(core().fd, SHUT_RD);
}

void http1_connection::end_work() noexcept {
  if (!watch_) return;
  watch_->end();
  watch_.reset();
}

// False at the end of the stream.
task<bool> http1_connection::receive() {
  try {
    input_operation input(core());
    co_await input;
  } catch (const std::system_error&) {
    if (!timed_out_) throw;
  }
  if (timed_out_) throw status_error(408, "the request is too slow");
  co_return !core().buffered().empty();
}

// Takes what has come of the header. False: more is needed.
bool http1_connection::parse_header() {
  core().consume(message().parse(core().buffered()));
  return message().header_done();
}

task<> http1_connection::read_rest_of_header() {
  do {
    if (core().buffered().empty()) {
      co_await flush();
      if (current_phase() != phase::header) enter(phase::header);
      bool more = co_await receive();
      if (!more) throw status_error(400, "the request ended in its header");
    }
  } while (!parse_header());
}

void http1_connection::begin_request() noexcept {
  req().peer = core().peer();
  req().encrypted = client_.is_encrypted();
  req().set_body_source(this);
  keep_alive_ = message().keep_alive() && ++requests_ < server_->options.max_requests;
  continue_expected_ = message().expects_continue() && !message().done();
}

task<std::string> http1_connection::read_body() {
  // The time that a body may take must not go on for a handler that gave its read up.
  struct back_to_work {
    http1_connection& connection;
    ~back_to_work() { connection.enter(phase::work); }
  } at_end{*this};
  while (message().body.empty() && !message().done()) {
    if (core().buffered().empty()) {
      if (std::exchange(continue_expected_, false)) out_ += continue_head;
      // Replies of before as well: the client may wait for them before it sends more.
      // All of it goes, whoever cancels: the next would follow a part.
      if (!out_.empty()) co_await shield(flush());
      enter(phase::body);
      std::int64_t begun = server_->clock.now_ns();
      bool more = false;
      try {
        more = co_await receive();
      } catch (const std::system_error&) {  // nobody is there to be told
        keep_alive_ = false;
        throw status_error(400, "the client went away while it sent its request");
      } catch (const status_error&) {
        keep_alive_ = false;
        throw;
      }
      if (!more) {
        keep_alive_ = false;
        throw status_error(400, "the request ended in its body");
      }
      body_wait_ += server_->clock.now_ns() - begun;
      least_rate least(server_->options.min_rate, server_->options.body_timeout);
      if (least.too_slow(body_bytes_ + core().buffered().size(), body_wait_)) {
        keep_alive_ = false;
        throw status_error(408, "the request is too slow");
      }
    }
    try {
      std::size_t taken = message().parse(core().buffered());
      body_bytes_ += taken;
      core().consume(taken);
    } catch (const status_error&) {
      keep_alive_ = false;
      throw;
    }
  }
  co_return std::exchange(message().body, {});
}

// After a reply: false when the rest of the body is not worth reading.
task<bool> http1_connection::skip_body() {
  if (continue_expected_) co_return false;  // the client may or may not send it
  std::size_t skipped = 0;
  while (!message().done()) {
    std::string piece = co_await read_body();
    skipped += piece.size();
    if (skipped > skipped_body) co_return false;
  }
  co_return true;
}

// The client must take what is written from now on.
task<> http1_connection::begin_write() {
  progress_.begin();
  enter(phase::write);
  if (watch_) co_await watch_->early_sent().wait();
}

task<> http1_connection::flush() {
  if (out_.empty() && !watch_) co_return;
  co_await begin_write();
  co_await client_.write(out_);
  out_.clear();
  if (out_.capacity() > 2 * coalesced) std::string().swap(out_);
}

// Writes the head, and the body if it is short. False: send_rest must follow.
bool http1_connection::begin_answer(const reply& r) {
  body_framing framing = framing_of(r, req().http_1_0);
  if (server_->draining || (continue_expected_ && !message().done()) ||
      framing.by == body_framing::end::connection)
    keep_alive_ = false;
  constexpr std::size_t usual_head = 512;
  if (out_.empty()) out_.reserve(usual_head);
  append_head(out_, r, framing,
              {.http_1_0 = req().http_1_0,
               .keep_alive = keep_alive_,
               .date_line = server_->date_line(),
               .request_id = req().known_id()});
  status_ = r.status;
  replied_ = true;
  if (framing.by == body_framing::end::none || req().method == "HEAD") return true;
  if (!framing.content_length || r.file || *framing.content_length > coalesced) return false;
  out_ += r.body;
  body_sent_ = r.body.size();
  return true;
}

// What the reply is made of may fail when its head is gone already: nothing is left but
// to break off, so that the client does not take it for whole.
task<> http1_connection::send_rest(reply r) {
  try {
    if (r.stream) {
      co_await send_pieces(r, framing_of(r, req().http_1_0).by);
    } else if (r.file) {
      co_await flush();
      co_await begin_write();
      co_await send_file(client_, r.file->file, r.file->offset, r.file->length);
      body_sent_ = r.file->length;
    } else {
      // Without a copy, and the head goes with it.
      std::string_view parts[] = {out_, r.body};
      co_await begin_write();
      co_await client_.writelines(parts);
      out_.clear();
      body_sent_ = r.body.size();
    }
    co_return;
  } catch (const std::system_error& e) {
    if (client_is_gone(e)) throw;
    report_broken_reply();
  } catch (...) {
    report_broken_reply();
  }
  throw status_error(500, "the reply broke off");
}

task<> http1_connection::send_pieces(reply& r, body_framing::end by) {
  for (;;) {
    co_await flush();
    enter(phase::work);
    std::optional<std::string> piece = co_await next_piece(r, by);
    if (!piece) break;
    write_piece(*piece, by);
  }
  append_end(out_, by);
}

// Sends the idle piece as often as it is due meanwhile.
task<std::optional<std::string>> http1_connection::next_piece(reply& r, body_framing::end by) {
  if (r.idle_piece.empty() || r.idle_after.endless()) co_return co_await r.stream.next();
  std::exception_ptr gone;  // the client, also when a piece comes at the same time
  auto keep_open = [&]() -> task<> {
    try {
      for (;;) {
        co_await sleep(r.idle_after);
        write_piece(r.idle_piece, by);
        co_await shield(flush());  // all of it, or the next piece would follow a part
        enter(phase::work);
      }
    } catch (const std::system_error&) {
      gone = std::current_exception();
    }
  };
  auto [piece, never] = co_await race(r.stream.next(), keep_open());
  if (gone) std::rethrow_exception(gone);
  co_return std::move(*piece);
}

void http1_connection::write_piece(std::string_view piece, body_framing::end by) {
  body_sent_ += piece.size();
  append_piece(out_, piece, by);
}

void http1_connection::report_broken_reply() noexcept {
  rondo::detail::report_lost(std::current_exception(), [this] {
    return "the reply to " + req().method + " " + req().target + " broke off";
  });
}

task<> http1_connection::upgrade(upgrade_handler handler) {
  enter(phase::upgraded);
  log_request();
  end_request();
  rondo::stream taken = std::move(client_);
  core_.reset();  // closing it is the handler's business now
  try {
    co_await handler(std::move(taken));
  } catch (const std::exception&) {
    rondo::detail::report_lost(std::current_exception(), "an upgraded connection failed");
  }
}

void http1_connection::log_request() noexcept {
  if (begun_ == 0 || !message_ || server_->abandoned) return;
  try {
    access_record record;
    record.method = req().method;
    record.target = req().target;
    record.id = req().id();
    record.referer = req().headers.get("Referer");
    record.user_agent = req().headers.get("User-Agent");
    record.peer = req().peer;
    record.status = status_;
    record.bytes = body_sent_;
    record.http_1_0 = req().http_1_0;
    record.duration = std::chrono::nanoseconds(server_->clock.now_ns() - begun_);
    record.begun = std::chrono::system_clock::now() -
                   std::chrono::duration_cast<std::chrono::system_clock::duration>(record.duration);
    begun_ = 0;
    server_->log(record);
  } catch (const std::bad_alloc&) {  // the request was served; its line is lost
  }
}

void http1_connection::end_request() noexcept {
  if (message_) server_->give_back(std::move(message_));
}

// False: it was the last. What few requests need has a frame of its own.
task<bool> http1_connection::serve_request() {
  // A flood of requests that have come already must not keep the other connections waiting.
  constexpr std::size_t in_a_row = 64;
  if (requests_ % in_a_row == in_a_row - 1) co_await sleep(std::chrono::seconds(0));
  replied_ = false;
  status_ = 0;
  body_sent_ = 0;
  body_bytes_ = 0;
  body_wait_ = 0;
  begun_ = server_->log ? server_->clock.now_ns() : 0;
  if (!message_) message_ = server_->take_message();
  message().restart();
  if (!parse_header()) {
    task<> header = read_rest_of_header();
    co_await std::move(header);
  }
  begin_request();
  running_request running(*server_);
  enter(phase::work);
  reply r = co_await server_->respond(req());
  upgrade_handler handler = std::move(r.upgrade);
  if (!begin_answer(r)) {
    task<> rest = send_rest(std::move(r));
    co_await std::move(rest);
  }
  // Replies to requests that wait already go together.
  bool more_waits = !core().buffered().empty() && message().done() && keep_alive_;
  if (!more_waits || out_.size() > coalesced || watch_ || handler) co_await flush();
  end_work();
  log_request();
  if (handler) {
    task<> upgraded = upgrade(std::move(handler));
    co_await std::move(upgraded);
    co_return false;
  }
  if (!keep_alive_) co_return false;
  if (message().done()) co_return true;
  task<bool> skipping = skip_body();
  co_return co_await std::move(skipping);
}

void http1_connection::become_idle() noexcept {
  end_request();
  std::string().swap(out_);
  core().free_idle_memory();
  enter(phase::idle);
}

// What waits for the next request has this frame only: many connections are idle, and
// each should be small. A task with a name has its own frame, which no compiler makes
// a part of this one.
task<> http1_connection::serve(server_state& s, rondo::stream client) {
  http1_connection c(s, std::move(client));
  c.task_ = rondo::detail::this_thread_scheduler->current;
  try {
    for (bool more = true; more;) {
      if (c.core().buffered().empty()) {
        if (s.draining) co_return;
        c.become_idle();
        input_operation input(c.core());
        co_await input;
        if (c.core().buffered().empty()) co_return;
      }
      task<bool> one = c.serve_request();
      more = co_await std::move(one);
    }
    if (!c.has_unread()) co_return;
  } catch (const status_error& e) {
    c.refusal_ = std::make_unique<status_error>(e);
  } catch (const std::system_error&) {
    co_return;  // the client has gone: nobody to tell
  }
  task<> end = c.end_badly();
  co_await std::move(end);
}

bool http1_connection::has_unread() const noexcept {
  return client_ && (!core().buffered().empty() || (message_ && !message().done()));
}

task<> http1_connection::end_badly() {
  try {
    // A second answer could be taken for the next request's.
    if (refusal_ && !replied_) co_await refuse(*refusal_);
    co_await linger();
  } catch (const std::exception&) {
    co_return;  // the client has gone
  }
}

// Closing with unread data would reset the connection, and the client might never see
// the answer: our side ends, and what the client still sends is read for a while.
task<> http1_connection::linger() {
  constexpr std::chrono::nanoseconds at_most = std::chrono::seconds(5);
  constexpr std::chrono::milliseconds silence(500);
  constexpr std::size_t most_of_header = 1 << 20;
  bool in_body = message_ && message().header_done();
  std::size_t passed_over = 0;
  end_work();
  client_.shutdown_write();
  timed_out_ = false;
  for (time_point until = now() + at_most; now() < until;) {
    passed_over += core().buffered().size();
    if (!in_body && passed_over > most_of_header) co_return;
    core().consume(core().buffered().size());
    enter(phase::long_work);
    auto more = co_await move_on_after(receive(), silence);
    if (!more || !*more) co_return;
  }
}

task<> http1_connection::refuse(const status_error& why) {
  keep_alive_ = false;
  // It has a body even where the request was not understood.
  if (!message().header_done()) req().method.clear();
  reply r(why.status(), std::string(why.what()) + "\n");
  req().peer = core().peer();
  begin_answer(r);
  co_await flush();
  log_request();
}

// Here the protocol is chosen: by ALPN once there is another one.
task<> serve_connection(server_state& s, rondo::stream client) {
  return http1_connection::serve(s, std::move(client));
}

}}}  // namespace rondo::v0::http::detail
