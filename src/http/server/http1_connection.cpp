// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/server/http1_connection.hpp"

#include <charconv>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>

#include <rondo/compose/race.hpp>
#include <rondo/compose/shield.hpp>
#include <rondo/compose/wait.hpp>
#include <rondo/compose/wait_for.hpp>
#include <rondo/coro/create_task.hpp>
#include <rondo/coro/diagnostic.hpp>
#include <rondo/io/detail/socket.hpp>
#include <rondo/io/send_file.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/loop/sleep.hpp>
#include <rondo/sync/event.hpp>

namespace rondo::inline v0::http::detail {

namespace {

/// Replies to pipelined requests go together up to here; a longer one is sent at once.
constexpr std::size_t coalesced = 64 * 1024;
/// A file up to here is sent as if it were text.
constexpr std::uint64_t small_file = 32 * 1024;
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
/// kernel takes megabytes, then nothing until a slow peer has read a third of them.
std::uint64_t acknowledged_bytes(int fd) noexcept {
  tcp_info info{};
  socklen_t size = sizeof info;
  ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
  return info.tcpi_bytes_acked;
}

void append_number(std::string& to, std::uint64_t n, int base = 10) {
  char digits[24];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, n, base);
  to.append(digits, end);
}

bool has_no_body(int status) noexcept { return status < 200 || status == 204 || status == 304; }

}  // namespace

/// What a connection and the task that watches its client share.
struct http1_connection::attendance {
  http1_connection* connection;  // null: it needs no watching any more
  rondo::detail::stream_core& core;
  std::string early;  // replies of before, which need not wait for this one
  event early_sent;
  task_handle<> task;

  attendance(http1_connection* c, rondo::detail::stream_core& s) : connection(c), core(s) {
    core.retain();
  }
  attendance(const attendance&) = delete;
  attendance& operator=(const attendance&) = delete;
  ~attendance() { core.release(); }
};

http1_connection::http1_connection(server_state& s, rondo::stream client)
    : timed_connection(s), client_(std::move(client)), core_(client_.internal()) {
  core_->retain();
}

http1_connection::~http1_connection() {
  log_request();
  end_work();
  if (message_) server_.give_back(std::move(message_));
  client_.close();
  core_->release();
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
    case phase::write: {
      std::uint64_t acknowledged = acknowledged_bytes(core().fd);
      bool silent = acknowledged == std::exchange(acknowledged_, acknowledged);
      if (silent && was_silent_) {
        core().shut_down();  // the write fails
      } else {
        was_silent_ = silent;
      }
      enter(phase::write);
      break;
    }
    case phase::work:
      enter(phase::long_work);
      if (attended_) break;
      try {
        attended_ = std::make_shared<attendance>(this, core());
        attended_->early.swap(out_);
        attended_->task = create_task(attend(attended_), "client of an HTTP request");
      } catch (const std::bad_alloc&) {  // unwatched, then
        if (attended_) out_.swap(attended_->early);
        attended_.reset();
      }
      break;
    default:
      enter(current_phase());
      break;
  }
}

void http1_connection::close_if_idle() noexcept {
  if (current_phase() == phase::idle) ::shutdown(core().fd, SHUT_RD);
}

// Sends what waits, then waits for the client to close its end: whoever does that is
// not interested any more.
task<> http1_connection::attend(std::shared_ptr<attendance> where) {
  try {
    rondo::detail::write_operation send(&where->core, where->early);
    co_await send;
    where->early_sent.set();
    rondo::detail::plain_io_operation gone(rondo::detail::opcode::poll, where->core.fd, "client");
    gone.flags = POLLRDHUP;
    co_await gone;
  } catch (const std::system_error&) {  // it is gone
  }
  where->early_sent.set();
  if (where->connection && where->connection->task_) where->connection->task_->request_cancel();
}

void http1_connection::begin_work() noexcept { enter(phase::work); }

void http1_connection::end_work() noexcept {
  if (!attended_) return;
  attended_->connection = nullptr;
  attended_->task.cancel();
  attended_.reset();
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

// False when the client has gone between two requests.
task<bool> http1_connection::read_header() {
  if (!message_) message_ = server_.take_message();
  message().restart();
  while (!message().header_done()) {
    if (core().buffered().empty()) {
      if (message().begun() && current_phase() != phase::header) enter(phase::header);
      bool more = co_await receive();
      if (!more && !message().begun()) co_return false;
      if (!more) throw status_error(400, "the request ended in its header");
    }
    core().consume(message().parse(core().buffered()));
  }
  req().peer = core().peer();
  req().encrypted = client_.is_encrypted();
  req().set_exchange(this);
  keep_alive_ = message().keep_alive() && ++requests_ < server_.options.max_requests;
  continue_expected_ = message().expects_continue() && !message().done();
  co_return true;
}

task<std::string> http1_connection::read_body() {
  while (message().body.empty() && !message().done()) {
    if (core().buffered().empty()) {
      if (std::exchange(continue_expected_, false)) {
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        co_await flush();
      }
      enter(phase::body);
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
      enter(phase::work);
      if (!more) {
        keep_alive_ = false;
        throw status_error(400, "the request ended in its body");
      }
    }
    try {
      core().consume(message().parse(core().buffered()));
    } catch (const status_error&) {
      keep_alive_ = false;
      throw;
    }
  }
  co_return std::exchange(message().body, {});
}

// After a reply: false when the rest of the body is not worth reading.
task<bool> http1_connection::skip_body() {
  if (message().done()) co_return true;
  if (continue_expected_) co_return false;  // the client may or may not send it
  std::size_t skipped = 0;
  while (!message().done()) {
    std::string piece = co_await read_body();
    skipped += piece.size();
    if (skipped > skipped_body) co_return false;
  }
  co_return true;
}

task<> http1_connection::flush() {
  if (attended_ && !attended_->early_sent.is_set()) co_await attended_->early_sent.wait();
  if (out_.empty()) co_return;
  was_silent_ = false;
  enter(phase::write);
  co_await client_.write(out_);
  out_.clear();
  if (out_.capacity() > coalesced) out_ = {};
}

void http1_connection::write_head(const reply& r, std::uint64_t length, bool has_length,
                                  bool chunked) {
  std::string& out = out_;
  out += "HTTP/1.1 ";
  append_number(out, static_cast<unsigned>(r.status));
  out += ' ';
  out += reason_phrase(r.status);
  out += "\r\n";
  out += server_.date_line();
  if (!r.content_type.empty() && !has_no_body(r.status) && !r.fields.contains("Content-Type")) {
    out += "Content-Type: ";
    out += r.content_type;
    out += "\r\n";
  }
  for (const auto& [name, value] : r.fields) {
    // A second length beside ours would let a proxy see other requests than we.
    if (equal_ignoring_case(name, "Content-Length") || equal_ignoring_case(name, "Date") ||
        equal_ignoring_case(name, "Transfer-Encoding") || equal_ignoring_case(name, "Connection"))
      continue;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  if (!req().known_id().empty()) {
    out += "X-Request-Id: ";
    out += req().known_id();
    out += "\r\n";
  }
  if (chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (has_length) {
    out += "Content-Length: ";
    append_number(out, length);
    out += "\r\n";
  }
  if (r.status == 101) {
    out += "Connection: Upgrade\r\n";
  } else if (!keep_alive_) {
    out += "Connection: close\r\n";
  } else if (req().http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  status_ = r.status;
  replied_ = true;
}

task<> http1_connection::answer(reply r) {
  bool bodiless = has_no_body(r.status);
  bool head_only = req().method == "HEAD";
  bool streamed = static_cast<bool>(r.stream) && !bodiless;
  bool chunked = streamed && !req().http_1_0;
  if (server_.draining || (continue_expected_ && !message().done()) || (streamed && !chunked))
    keep_alive_ = false;
  std::uint64_t length = r.file ? r.file->length : r.body.size();
  write_head(r, length, !streamed && !bodiless, chunked);
  if (bodiless || head_only) co_return;
  if (streamed) {
    co_await send_pieces(r, chunked);
  } else if (r.file) {
    co_await send_file_body(*r.file);
  } else if (r.body.size() > coalesced) {
    // Without a copy; the head goes with it.
    std::string_view parts[] = {out_, r.body};
    if (attended_ && !attended_->early_sent.is_set()) co_await attended_->early_sent.wait();
    was_silent_ = false;
    enter(phase::write);
    co_await client_.writelines(parts);
    out_.clear();
    body_sent_ = r.body.size();
  } else {
    out_ += r.body;
    body_sent_ = r.body.size();
  }
}

task<> http1_connection::send_pieces(reply& r, bool chunked) {
  for (;;) {
    co_await flush();
    begin_work();
    std::optional<std::string> piece = co_await next_piece(r, chunked);
    if (!piece) break;
    append_piece(*piece, chunked);
  }
  if (chunked) out_ += "0\r\n\r\n";
}

// Sends the idle piece as often as it is due meanwhile.
task<std::optional<std::string>> http1_connection::next_piece(reply& r, bool chunked) {
  if (r.idle_piece.empty() || r.idle_after.endless()) co_return co_await r.stream.next();
  auto keep_open = [&]() -> task<> {
    for (;;) {
      co_await sleep(r.idle_after);
      append_piece(r.idle_piece, chunked);
      co_await shield(flush());  // all of it, or the next piece would follow a part
      begin_work();
    }
  };
  auto [piece, never] = co_await race(r.stream.next(), keep_open());
  co_return std::move(*piece);
}

void http1_connection::append_piece(std::string_view piece, bool chunked) {
  if (piece.empty()) return;  // an empty chunk would be the end
  body_sent_ += piece.size();
  if (chunked) {
    append_number(out_, piece.size(), 16);
    out_ += "\r\n";
  }
  out_ += piece;
  if (chunked) out_ += "\r\n";
}

task<> http1_connection::send_file_body(file_body& f) {
  if (f.length <= small_file) {
    auto length = static_cast<std::size_t>(f.length);
    std::string text(length, '\0');
    std::size_t n = co_await f.file.pread({text.data(), length}, f.offset);
    if (n < length) throw error("the file has become shorter: " + f.file.path());
    out_ += text;
  } else {
    co_await flush();
    was_silent_ = false;
    enter(phase::write);
    co_await send_file(client_, f.file, f.offset, f.length);
  }
  body_sent_ = f.length;
}

task<> http1_connection::upgrade(upgrade_handler handler) {
  enter(phase::upgraded);
  log_request();
  end_request();
  rondo::stream taken = std::move(client_);
  try {
    co_await handler(std::move(taken));
  } catch (const std::exception&) {
    rondo::detail::report({problem::exception_not_retrieved,
                           "an upgraded connection failed: " + rondo::describe(std::current_exception()),
                           std::current_exception()});
  }
}

void http1_connection::log_request() noexcept {
  if (!message_ || !message().header_done() || begun_ == 0) return;
  if (!server_.log) return;
  access_record record;
  record.method = req().method;
  record.target = req().target;
  record.id = req().id();
  record.referer = req().fields.get("Referer");
  record.user_agent = req().fields.get("User-Agent");
  record.peer = req().peer;
  record.status = status_;
  record.bytes = body_sent_;
  record.http_1_0 = req().http_1_0;
  record.duration = std::chrono::nanoseconds(server_.now_ns() - begun_);
  record.begun = std::chrono::system_clock::now() -
                 std::chrono::duration_cast<std::chrono::system_clock::duration>(record.duration);
  begun_ = 0;
  server_.log(record);
}

void http1_connection::end_request() noexcept {
  if (message_) server_.give_back(std::move(message_));
}

task<> http1_connection::serve_requests() {
  for (;;) {
    if (core().buffered().empty()) {
      co_await flush();
      end_request();
      if (server_.draining) co_return;
      out_ = {};
      core().free_idle_memory();
      enter(phase::idle);
      input_operation input(core());
      co_await input;
      if (core().buffered().empty()) co_return;
    }
    replied_ = false;
    status_ = 0;
    body_sent_ = 0;
    bool begun = co_await read_header();
    if (!begun) co_return;
    begun_ = server_.log ? server_.now_ns() : 0;
    begin_work();
    reply r = co_await server_.respond(req());
    upgrade_handler handler = std::move(r.upgrade);
    co_await answer(std::move(r));
    if (handler) {
      end_work();
      co_await flush();
      co_await upgrade(std::move(handler));
      co_return;
    }
    if (out_.size() > coalesced || server_.log || attended_) co_await flush();
    end_work();
    log_request();
    if (!keep_alive_) break;
    bool clean = co_await skip_body();
    if (!clean) break;
  }
  co_await flush();
}

task<> http1_connection::serve() {
  task_ = rondo::detail::this_thread_scheduler->current;
  int status = 0;  // of an answer to what was no request
  std::string text;
  try {
    co_await serve_requests();
    if (!message_ || message().done() || !client_) co_return;
  } catch (const status_error& e) {
    if (!replied_) status = e.status();  // a second answer could be taken for the next request's
    text = e.what();
  } catch (const std::system_error&) {
    co_return;  // the client has gone: nobody to tell
  }
  try {
    if (status != 0) co_await refuse(status, std::move(text));
    // Closing with unread data would reset the connection, and the client might
    // never see the answer: end our side and read a little more first.
    client_.shutdown_write();
    timed_out_ = false;
    for (int i = 0; i < 16; ++i) {
      core().consume(core().buffered().size());
      enter(phase::body);
      auto more = co_await move_on_after(receive(), std::chrono::milliseconds(500));
      if (!more || !*more) break;
    }
  } catch (const std::exception&) {
    co_return;  // likewise
  }
}

task<> http1_connection::refuse(int status, std::string text) {
  keep_alive_ = false;
  reply r(status, std::move(text) + "\n");
  req().method = "GET";  // an error has a body even where the request was not understood
  begun_ = 0;
  co_await answer(std::move(r));
  co_await flush();
}

task<> serve_connection(server_state& s, rondo::stream client) {
  // Here the protocol is chosen: by ALPN once there is another one.
  http1_connection connection(s, std::move(client));
  co_await connection.serve();
}

}  // namespace rondo::inline v0::http::detail
