// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/transfer_state.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>

#include <rondo/compose/race.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/loop/sleep.hpp>

#include "detail/duration_text.hpp"
#include "http/client/session_state.hpp"
#include "http/client/target.hpp"
#include "http/client/tls_session.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {

constexpr std::size_t read_ahead = 512 * 1024;       // a transfer pauses with so much unread
constexpr std::size_t max_header_size = 256 * 1024;  // with all that come before it: 1xx, 401
constexpr std::size_t most_dropped = 64 * 1024;      // of a redirect's body, to keep the connection
constexpr std::size_t most_overhead = 64 * 1024;     // of a packed body that is no longer unpacked
constexpr std::size_t piece_size = 1024 * 1024;      // of a body that is collected
constexpr std::size_t work_in_a_turn = 64 * 1024;    // of unpacking; then others run

failure kind_of(CURLcode code) {
  constexpr int curle_too_large = 100;  // from libcurl 8.6 on
  if (static_cast<int>(code) == curle_too_large) return failure::too_large;
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return failure::bad_url;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return failure::unknown_host;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
      return failure::connect;
    case CURLE_OPERATION_TIMEDOUT:
      return failure::timeout;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return failure::cut;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return failure::malformed;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return failure::tls;
    case CURLE_SEND_FAIL_REWIND:
      return failure::not_replayable;
    default:
      return failure::other;
  }
}

std::string seconds(delay d) { return rondo::detail::duration_text(d.nanoseconds()); }

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_idempotent(const std::string& method) {  // RFC 9110, 9.2.2
  for (const char* name : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
    if (method == name) return true;
  return false;
}

}  // namespace

transfer_state::transfer_state(session_state& s, client_request&& asked, bool whole)
    : request(std::move(asked)), session(&s), easy(s.take_easy()), upload_(*this), whole_(whole) {
  s.remember(*this);
  try {
    prepare();
  } catch (...) {
    s.forget(*this);
    s.give_easy(easy, true);
    throw;
  }
}

transfer_state::~transfer_state() {
  if (!session) {
    curl_easy_cleanup(easy);
    return;
  }
  session->event_loop.timers().disarm(*this);
  session->forget(*this);
  session->give_easy(easy, easy_changed_);
}

void transfer_state::set_callbacks(CURL* easy) {
  set(easy, CURLOPT_HEADERFUNCTION, &on_header);
  set(easy, CURLOPT_WRITEFUNCTION, &on_body);
  set(easy, CURLOPT_READFUNCTION, &on_read);
  set(easy, CURLOPT_SEEKFUNCTION, &on_seek);
  set(easy, CURLOPT_RESOLVER_START_FUNCTION, &on_resolve);
  set(easy, CURLOPT_SOCKOPTFUNCTION, &on_socket);
  set(easy, CURLOPT_PREREQFUNCTION, &on_connected);
  set(easy, CURLOPT_XFERINFOFUNCTION, &on_progress);
}

transfer_state* transfer_state::find(CURL* easy) noexcept {
  transfer_state* t = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
  return t;
}

transfer_state& transfer_state::of(CURL* easy) noexcept { return *find(easy); }

void transfer_state::start() {
  queued_ = begun_ = session->event_loop.now_ns();
  started_ = !session->options.connections && !session->options.connections_per_host;
  session->start(*this);
  watch_time();
}

void transfer_state::session_gone() noexcept {
  session->event_loop.timers().disarm(*this);
  session = nullptr;
  if (!done) end(CURLE_ABORTED_BY_CALLBACK);
}

void transfer_state::drop_paused() noexcept {
  if (!paused_) return;
  dropping_ = true;
  curl_easy_pause(easy, CURLPAUSE_CONT);
}

// --- what libcurl calls ---

void transfer_state::failed_in_callback() noexcept {
  if (!error_) error_ = std::current_exception();
  session->note(*this);
}

void transfer_state::refuse(failure kind, std::string why) {
  abort_cause_ = abort_cause::refused;
  refusal_kind_ = kind;
  refusal_ = std::move(why);
}

/// A line of a header or trailer, with its end. False: the transfer is to end.
bool transfer_state::take_header(std::string_view line) {
  answered_ = true;
  header_size_ += line.size();
  if (header_size_ > max_header_size) {
    refuse(failure::too_large,
           "the header is larger than " + std::to_string(max_header_size) + " bytes");
    return false;
  }
  bool begins_response = header_whole_ && line.starts_with("HTTP/");
  // A trailer: none of the header's fields (RFC 9110, 6.5.1), which the user may hold by now.
  if (header_done_ || (header_whole_ && !begins_response)) return true;
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (begins_response) {  // a new response: after a 100, a 401
    headers.clear();
    framing_ = {};
    header_whole_ = false;
    auto parsed = parse_status_line(line);
    if (!parsed) {
      refuse(failure::malformed, "the response begins with a malformed line");
      return false;
    }
    status_line_ = *parsed;
    bool is_interim = status_line_.status < 200;
    if (!is_interim && !std::exchange(responding_, true) && limits_.first_byte) {
      begin_window(session->event_loop.now_ns());  // idle and slowest begin now
      moved_before_ = moved();
      watch_time();
    }
    return true;
  }
  return line.empty() ? end_header() : take_field(line);
}

bool transfer_state::take_field(std::string_view line) {
  auto refuse_line = [&](const std::string& why) {
    refuse(failure::malformed, "the header is malformed: " + why);
    return false;
  };
  if (!is_field_value(line)) return refuse_line("it holds a control character");
  bool goes_on = line.front() == ' ' || line.front() == '\t';
  std::size_t colon = goes_on ? line.npos : line.find(':');
  std::string_view value = goes_on ? line : line.substr(std::min(colon, line.size() - 1) + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  if (goes_on) {
    if (headers.empty()) return refuse_line("it begins with a blank");
    // libcurl has read the first line of these by itself.
    const std::string& name = headers.last_name();
    for (const char* own : {"Content-Length", "Transfer-Encoding", "Set-Cookie"})
      if (equal_ignoring_case(name, own)) return refuse_line(name + " goes on in a second line");
    headers.append_parsed(value);
    return true;
  }
  if (colon == line.npos) return refuse_line("a line has no colon");
  std::string_view name = line.substr(0, colon);
  if (!is_token(name)) return refuse_line("a field has no proper name");
  headers.add_parsed(std::string(name), std::string(value));
  return true;
}

bool transfer_state::end_header() {
  header_whole_ = true;
  try {
    framing_ = framing_of(request.now.method, status_line_, headers);
  } catch (const framing_error& e) {
    refuse(failure::malformed, e.what());
    return false;
  }
  if (!header_is_final()) return true;
  note_header_end();
  changed.set();
  return abort_cause_ == abort_cause::none;
}

std::size_t transfer_state::on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto& t = *static_cast<transfer_state*>(self);
  return t.guarded(std::size_t{0},
                   [&] { return t.take_header(std::string_view(data, size)) ? size : 0; });
}

std::size_t transfer_state::max_body() const noexcept {
  return request.options.max_body.value_or(session ? session->options.max_body : 0);
}

/// Bytes of the body as they come over the connection: takes the data out of chunks.
bool transfer_state::take_wire(std::string_view bytes, std::string& to) {
  wire_size_ += bytes.size();
  if (framing_.by != body_framing::end::chunked) {
    to += bytes;
    return true;
  }
  try {
    chunks_.take(bytes, to);
    return true;
  } catch (const framing_error& e) {
    refuse(failure::malformed, e.what());
  } catch (const framing_too_large& e) {
    refuse(failure::too_large, e.what());
  }
  return false;
}

std::size_t transfer_state::take_body(const char* data, std::size_t size) {
  if (dropping_) return size;
  if (!header_done_) {
    note_header_end();
    changed.set();
    if (abort_cause_ != abort_cause::none) return 0;
  }
  if (redirecting_) {
    wire_size_ += size;
    enough_ = wire_size_ > most_dropped;
    return enough_ ? 0 : size;
  }
  bool must_take = request.content.streamed() && request.now.with_body && !upload_.sent();
  std::string& to = unpacker_ ? packed_ : body;
  if (!must_take && (unpacker_ || !whole_) &&
      to.size() - (unpacker_ ? packed_taken_ : 0) >= read_ahead) {
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  if (unpacker_ && packed_taken_ > to.size() / 2) to.erase(0, std::exchange(packed_taken_, 0));
  if (!take_wire(std::string_view(data, size), to)) return 0;
  if (must_take || whole_) {
    std::size_t limit = max_body();
    bool too_much = unpacker_ ? wire_size_ > most_overhead && wire_size_ - most_overhead > limit
                              : pieces_size_ + body.size() > limit;
    if (too_much) {
      refuse(failure::too_large, "the body is larger than " + std::to_string(limit) + " bytes");
      return 0;
    }
  }
  if (!unpacker_) put_aside();
  last_moved_ = session->event_loop.now_ns();
  if (!whole_ || unpacker_) changed.set();
  return size;
}

std::size_t transfer_state::on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& t = *static_cast<transfer_state*>(self);
  return t.guarded(std::size_t{0}, [&] { return t.take_body(data, size); });
}

std::size_t transfer_state::on_read(char* to, std::size_t, std::size_t room, void* self) {
  auto& t = *static_cast<transfer_state*>(self);
  t.last_moved_ = t.session->event_loop.now_ns();
  return t.upload_.take(to, room);
}

int transfer_state::on_seek(void* self, curl_off_t offset, int origin) {
  auto& t = *static_cast<transfer_state*>(self);
  if (offset != 0 || origin != SEEK_SET || !t.upload_.rewind()) return CURL_SEEKFUNC_FAIL;
  return CURL_SEEKFUNC_OK;
}

// The first of these three that is called tells that the transfer waits for no other's
// connection any more.

int transfer_state::on_resolve(void*, void*, void* self) {
  static_cast<transfer_state*>(self)->note_start();
  return 0;
}

int transfer_state::on_socket(void* self, curl_socket_t fd, curlsocktype) {
  auto& t = *static_cast<transfer_state*>(self);
  return t.guarded(CURL_SOCKOPT_ERROR, [&] {
    t.note_start();
    t.session->add_socket(fd);
    return CURL_SOCKOPT_OK;
  });
}

/// Before the request is sent; by libcurl's own decision also a second time, when its
/// connection has ended without an answer, or when an answer (401) asks for it.
int transfer_state::on_connected(void* self, char*, char*, int, int local_port) {
  auto& t = *static_cast<transfer_state*>(self);
  return t.guarded(CURL_PREREQFUNC_ABORT, [&] {
    bool again_without_answer = t.connected_ && !t.answered_;
    if (again_without_answer && !t.may_be_sent_again()) {
      t.refuse(failure::cut,
               "the connection ended without an answer; the request may have been carried out");
      return CURL_PREREQFUNC_ABORT;
    }
    // What came before the request is no answer to it.
    if (t.has_stale_input(local_port)) {
      t.stale_ = true;
      return CURL_PREREQFUNC_ABORT;
    }
    t.note_start();
    t.connected_ = true;
    t.answered_ = t.responding_ = false;
    t.tls_ = tls_of(t.easy);
    t.tls_ended_ = false;
    t.begin_window(t.session->event_loop.now_ns());
    t.sending_ = true;
    t.session->note(t);
    t.watch_time();
    return CURL_PREREQFUNC_OK;
  });
}

/// Whether it does no harm, and is possible (RFC 9110, 9.2.2).
bool transfer_state::may_be_sent_again() const noexcept {
  return is_idempotent(request.now.method) &&
         (!request.now.with_body || request.content.replayable());
}

bool transfer_state::has_stale_input(int local_port) const noexcept {
  long fresh = 0;
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &fresh);
  if (fresh > 0 || speaks_http2(easy, session->options.version)) return false;
  return session->has_input(local_port) || has_tls_input(easy);
}

void transfer_state::note_start() noexcept {
  if (std::exchange(started_, true)) return;
  begun_ = session->event_loop.now_ns();
  watch_time();
}

int transfer_state::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& t = *static_cast<transfer_state*>(self);
  t.session->note(t);
  return 0;
}

// --- after libcurl has returned ---

void transfer_state::attend() noexcept {
  // What went out with the request's header, a small body, is no sign of life.
  if (std::exchange(sending_, false)) moved_before_ = moved();
  if (!error_ && request.options.progress) {
    guarded(false, [&] {
      transfer_progress p;
      curl_off_t sent = 0;
      curl_off_t received = 0;
      curl_off_t to_receive = -1;
      curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
      curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
      curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &to_receive);
      p.sent = static_cast<std::uint64_t>(sent);
      p.received = static_cast<std::uint64_t>(received);
      if (request.now.with_body && request.content.present()) p.to_send = request.content.length();
      if (to_receive >= 0) p.to_receive = static_cast<std::uint64_t>(to_receive);
      if (p.sent == told_.sent && p.received == told_.received) return true;
      told_ = p;
      request.options.progress(p);
      return true;
    });
  }
  if (error_ && !done) end(CURLE_ABORTED_BY_CALLBACK);
}

void transfer_state::end(CURLcode result) noexcept {
  if (session) {
    session->event_loop.timers().disarm(*this);
    session->stop(*this);
  }
  code = result;
  done = true;
  changed.set();
  upload_.stop();
}

void transfer_state::give_up(abort_cause why) noexcept {
  abort_cause_ = why;
  end(CURLE_OPERATION_TIMEDOUT);
}

void transfer_state::ended(CURLcode result) noexcept {
  if (std::exchange(stale_, false)) {  // nothing was sent on that connection
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    easy_changed_ = true;
    *message_ = '\0';
    bool started = guarded(false, [&] {
      session->start(*this);
      return true;
    });
    if (started) return;
    result = CURLE_OUT_OF_MEMORY;
  }
  if (enough_) result = CURLE_OK;
  // libcurl takes the end of the connection for the end of the header too. (After a 101
  // that nobody has asked for something else follows, see note_header_end.)
  bool has_response = header_whole_ && (status_line_.status >= 200 || status_line_.status == 101);
  if (result == CURLE_OK && !has_response) result = CURLE_GOT_NOTHING;
  if (result == CURLE_OK) {
    bool checked = guarded(false, [&] {
      if (!header_done_) note_header_end();
      check_end();
      return true;
    });
    if (!checked) result = CURLE_OUT_OF_MEMORY;
  }
  end(result);
}

/// Whether the body has ended as its header said: libcurl reads some things otherwise.
void transfer_state::check_end() {
  if (abort_cause_ != abort_cause::none || redirecting_) return;
  bool is_short = framing_.by == body_framing::end::length && wire_size_ < *framing_.content_length;
  bool lacks_chunks = framing_.by == body_framing::end::chunked && !chunks_.done();
  if (is_short || lacks_chunks) refuse(failure::cut, "the connection ended within the body");
  // Anybody on the way can end a connection, but not say so in the server's name.
  if (framing_.by == body_framing::end::connection && tls_ && !tls_ended_)
    refuse(failure::cut,
           "the connection ended without TLS's close_notify: what came may not be all");
}

// --- the header ---

void transfer_state::note_header_end() {
  status = status_line_.status;
  header_done_ = true;
  if (status < 200) {
    refuse(failure::malformed, "status " + std::to_string(status) + ", which nobody has asked for");
    return;
  }
  redirecting_ = max_redirects_ > 0 && is_redirect(status) && location();
  if (redirecting_ || !unpacks_ || framing_.by == body_framing::end::none) return;
  std::string codings;
  for (const auto& [name, value] : headers)
    if (equal_ignoring_case(name, "Content-Encoding"))
      codings += (codings.empty() ? "" : ", ") + value;
  if (codings.empty()) return;
  try {
    unpacker_.emplace(codings);
    if (unpacker_->is_identity()) unpacker_.reset();
  } catch (const coding_error& e) {
    refuse(failure::malformed, std::string("the body cannot be unpacked: ") + e.what());
  }
}

/// Not that of a 1xx, nor of a 401 that is answered. Whether it is, note_header_end is
/// called with the body or the end.
bool transfer_state::header_is_final() const noexcept {
  return status_line_.status >= 200 && status_line_.status != 401 && status_line_.status != 407;
}

/// Where it leads: the first that is not empty.
const std::string* transfer_state::location() const noexcept {
  for (const auto& [name, value] : headers)
    if (!value.empty() && equal_ignoring_case(name, "Location")) return &value;
  return nullptr;
}

client_request transfer_state::follow() {
  if (request.history.size() >= static_cast<std::size_t>(max_redirects_))
    throw http_error(request_text(), "more than " + std::to_string(max_redirects_) + " redirects",
                     failure::redirects, status);
  std::string to = redirect_target(request_text(), url, *location());
  std::string& method = request.now.method;
  // RFC 9110, 15.4: only a POST becomes a GET by a 301 or 302.
  bool becomes_get = status == 303 ? method != "HEAD" : status <= 302 && method == "POST";
  if (becomes_get && method != "GET") {
    method = "GET";
    request.now.with_body = false;
  }
  if (request.now.with_body && !request.content.replayable())
    throw http_error(
        request_text(),
        "the redirect to " + shown_url(to) + " wants the body again, which can be read once",
        failure::not_replayable, status);
  redirect_step step;
  step.status = status;
  step.url = std::exchange(request.now.url, std::move(to));
  step.headers = std::move(headers);
  request.history.push_back(std::move(step));
  request.spent = elapsed();
  return take_request();
}

// --- time ---

bool transfer_state::waits_for_us() const noexcept { return paused_ || upload_.paused(); }

bool transfer_state::waits_for_answer() const noexcept {
  bool uploads = request.now.with_body && request.content.streamed();
  return limits_.first_byte && !responding_ && (!uploads || upload_.sent());
}

/// Bytes in both directions.
std::uint64_t transfer_state::moved() const noexcept {
  curl_off_t sent = 0;
  curl_off_t received = 0;
  curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
  return static_cast<std::uint64_t>(sent + received) + header_size_;
}

/// Arms the timer for what may run out next. It is not moved with every byte: when
/// it fires, check_time looks at what has happened.
void transfer_state::watch_time() noexcept {
  std::int64_t next = INT64_MAX;
  if (!started_) {
    if (limits_.queue && !limits_.queue->endless()) next = limits_.queue->after(queued_);
  } else if (limits_.total && !limits_.total->endless()) {
    next = limits_.total->after(begun_ - request.spent.count());
  }
  if (connected_) {
    delay silence = waits_for_answer() ? *limits_.first_byte : limits_.idle;
    if (!silence.endless()) next = std::min(next, silence.after(window_));
  }
  session->event_loop.timers().disarm(*this);
  if (next == INT64_MAX) return;
  expire = [](timer& t) noexcept { static_cast<transfer_state&>(t).check_time(); };
  session->event_loop.timers().arm(*this, next);
}

void transfer_state::check_time() noexcept {
  std::int64_t now = session->event_loop.now_ns();
  if (!started_ && limits_.queue && now >= limits_.queue->after(queued_))
    return give_up(abort_cause::no_connection);
  if (started_ && limits_.total && now >= limits_.total->after(begun_ - request.spent.count()))
    return give_up(abort_cause::total);
  if (connected_) {
    std::uint64_t bytes = moved();
    bool window_is_over = now >= limits_.idle.after(window_);
    bool judges_speed = limits_.slowest > 0 && answered_;
    if (waits_for_us()) {
      begin_window(now);
      moved_before_ = bytes;
    } else if (judges_speed && window_is_over) {
      double least =
          static_cast<double>(limits_.slowest) * static_cast<double>(now - window_) * 1e-9;
      if (static_cast<double>(bytes - moved_before_) < least) return give_up(abort_cause::too_slow);
      begin_window(now);
      moved_before_ = bytes;
    } else if (!judges_speed && bytes != moved_before_) {
      begin_window(last_moved_ > 0 ? last_moved_ : now);
      moved_before_ = bytes;
    } else if (waits_for_answer()) {
      if (now >= limits_.first_byte->after(window_)) return give_up(abort_cause::no_first_byte);
    } else if (window_is_over) {
      return give_up(abort_cause::idle);
    }
  }
  watch_time();
}

// --- what the user's side waits for ---

/// Unpacks a bounded part of what has come. False: there is nothing to do, or it failed.
bool transfer_state::unpack_some() {
  if (!unpacker_ || unpacked_ || abort_cause_ != abort_cause::none) return false;
  std::string_view input = std::string_view(packed_).substr(packed_taken_);
  auto fails = [&](failure kind, std::string why) {
    refuse(kind, std::move(why));
    unpacked_ = true;
    if (!done) end(CURLE_WRITE_ERROR);
    return false;
  };
  if (input.empty() && !unpacker_->has_more()) {
    if (!done) return false;
    unpacked_ = true;
    if (code == CURLE_OK && !unpacker_->at_end())
      return fails(framing_.by == body_framing::end::connection ? failure::cut : failure::malformed,
                   "the body ends within its " + std::string(unpacker_->unfinished()) + " stream");
    return false;
  }
  std::size_t before = body.size();
  try {
    std::size_t taken = unpacker_->step(input, body);
    packed_taken_ += taken;
    unyielded_ += taken + body.size() - before;
  } catch (const coding_error& e) {
    return fails(failure::malformed, std::string("the body cannot be unpacked: ") + e.what());
  }
  if (whole_ && pieces_size_ + body.size() > max_body())
    return fails(failure::too_large,
                 "the body is larger than " + std::to_string(max_body()) + " bytes");
  put_aside();
  if (packed_taken_ == packed_.size()) {
    packed_.clear();
    packed_taken_ = 0;
  }
  if (paused_ && packed_.size() - packed_taken_ < read_ahead / 2) {
    paused_ = false;
    resume();
  }
  return true;
}

task<> transfer_state::unpack(extent how_much) {
  while (how_much == extent::all || body.empty()) {
    if (unpack_some()) {
      if (unyielded_ < work_in_a_turn) continue;
      unyielded_ = 0;
      co_await sleep(std::chrono::seconds(0));
    } else if (done) {
      co_return;
    } else {
      changed.clear();
      co_await changed.wait();
    }
  }
}

task<> transfer_state::until_done() {
  co_await unpack(extent::all);
  if (!pieces_.empty() && !failed()) co_await join_pieces();
}

void transfer_state::put_aside() {
  if (!whole_ || body.size() < piece_size) return;
  pieces_.push_back(std::move(body));
  pieces_size_ += pieces_.back().size();
  body.clear();
}

/// Cancelling it loses nothing.
task<> transfer_state::join_pieces() {
  if (joined_ == 0) {
    pieces_.push_back(std::move(body));
    pieces_size_ += pieces_.back().size();
    body = std::string();
    body.reserve(pieces_size_);
  }
  while (joined_ < pieces_.size()) {
    body += pieces_[joined_];
    pieces_[joined_++] = std::string();
    co_await sleep(std::chrono::seconds(0));
  }
}

task<> transfer_state::until_header() {
  while (!header_done_ && !done) {
    changed.clear();
    co_await changed.wait();
  }
}

task<> transfer_state::until_header_and_sent() {
  co_await until_header();
  co_await upload_.run_to_end();
}

task<> transfer_state::wait_for_end() {
  if (request.now.with_body && request.content.streamed()) {
    co_await race(upload_.run(), until_done());
  }
  co_await until_done();  // also what is left to do with the body
}

task<> transfer_state::wait_for_header() {
  if (request.now.with_body && request.content.streamed()) {
    co_await race(upload_.run(), until_header_and_sent());
  } else {
    co_await until_header();
  }
}

task<std::string> transfer_state::read() {
  if (body.empty()) co_await unpack(extent::some);
  if (body.empty()) {
    if (failed()) fail();
    co_return std::string();
  }
  std::string piece = std::exchange(body, {});
  if (paused_ && !unpacker_) {
    paused_ = false;
    resume();
  }
  co_return piece;
}

void transfer_state::resume() {
  if (!running) return;
  begin_window(session->event_loop.now_ns());
  int still = (paused_ ? CURLPAUSE_RECV : 0) | (upload_.paused() ? CURLPAUSE_SEND : 0);
  CURLcode result = curl_easy_pause(easy, still);  // may call on_body
  if (result != CURLE_OK && !done) end(result);
  session->attend();
}

std::optional<delay> transfer_state::wait_before_retry(int failures) const {
  retry_policy policy =
      request.options.retry.value_or(session ? session->options.retry : retry_policy());
  if (failures >= policy.retries || !session || error_) return std::nullopt;
  if (!policy.any_method && !is_idempotent(request.method)) return std::nullopt;
  if (!request.content.replayable()) return std::nullopt;
  if (failed()) {
    if (!is_transient(kind())) return std::nullopt;
  } else {
    if (!is_transient(status)) return std::nullopt;
    if (std::optional<delay> asked = retry_after(headers)) {
      if (asked->count() > policy.longest_retry_after.count()) return std::nullopt;
      return asked;
    }
  }
  return policy.wait_after(failures + 1);
}

// --- errors, and what is known of the response ---

std::string transfer_state::request_text() const {
  return request.method + " " + shown_url(request.target.empty() ? request.url : request.target);
}

std::chrono::nanoseconds transfer_state::elapsed() const noexcept {
  if (!session) return request.spent;
  return request.spent + std::chrono::nanoseconds(session->event_loop.now_ns() - begun_);
}

failure transfer_state::kind() const noexcept {
  switch (abort_cause_) {
    case abort_cause::none:
      // No HTTP (connected, and then something else), and a line of the header beyond
      // libcurl's limit of 100 KB.
      if (code == CURLE_UNSUPPORTED_PROTOCOL && connected_) return failure::malformed;
      if (code == CURLE_OUT_OF_MEMORY && connected_) return failure::too_large;
      // It is to be sent again, since the connection ended without an answer.
      if (code == CURLE_SEND_FAIL_REWIND && !answered_) return failure::cut;
      if (code == CURLE_RECV_ERROR && std::string_view(message_).ends_with("in chunked-encoding"))
        return std::string_view(message_).starts_with("Out of memory") ? failure::too_large
                                                                       : failure::malformed;
      return kind_of(code);
    case abort_cause::refused:
      return refusal_kind_;
    default:
      return failure::timeout;
  }
}

std::string transfer_state::cause() const {
  switch (abort_cause_) {
    case abort_cause::refused:
      return refusal_;
    case abort_cause::no_connection:
      return "timed out: waited " + seconds(*limits_.queue) + " for a connection to " +
             queue_text();
    case abort_cause::no_first_byte:
      return "timed out: no response within " + seconds(*limits_.first_byte);
    case abort_cause::idle:
      return "timed out: nothing came or went for " + seconds(limits_.idle);
    case abort_cause::too_slow:
      return "timed out: slower than " + std::to_string(limits_.slowest) + " bytes/s for " +
             seconds(limits_.idle);
    case abort_cause::total:
      return "timed out: not complete within " + seconds(*limits_.total);
    case abort_cause::none:
      break;
  }
  if (!session && code == CURLE_ABORTED_BY_CALLBACK) return "the session was closed";
  std::string_view told(message_);
  if (code == CURLE_SEND_FAIL_REWIND && !answered_)
    return "the connection ended without an answer, and the body cannot be sent again";
  if (code == CURLE_RECV_ERROR && told.ends_with("in chunked-encoding"))
    return told.starts_with("Out of memory") ? "the trailer is too large"
                                             : "the body is not well chunked";
  if (code == CURLE_RECV_ERROR && told.find("unexpected eof") != told.npos)
    return "the connection ended without TLS's close_notify: what came may not be all";
  if (code == CURLE_PARTIAL_FILE && content_length()) {
    curl_off_t received = 0;
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
    if (std::uint64_t all = *content_length(), got = static_cast<std::uint64_t>(received);
        got < all)
      return "the connection ended with " + std::to_string(all - got) + " of " +
             std::to_string(all) + " bytes missing";
  }
  if (code == CURLE_OUT_OF_MEMORY) return "a line of the header is too long, or memory is short";
  if (code == CURLE_COULDNT_CONNECT) {
    long number = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    if (number) return std::generic_category().message(static_cast<int>(number));
  }
  return *message_ ? message_ : curl_easy_strerror(code);
}

void transfer_state::fail() const {
  if (error_) std::rethrow_exception(error_);
  if (abort_cause_ == abort_cause::none && code == CURLE_OUT_OF_MEMORY && !connected_)
    throw std::bad_alloc();
  throw http_error(request_text(), cause(), kind(), status);
}

std::string_view transfer_state::version() const noexcept {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &number);
  switch (number) {
    case CURL_HTTP_VERSION_1_0:
      return "1.0";
    case CURL_HTTP_VERSION_1_1:
      return "1.1";
    case CURL_HTTP_VERSION_2_0:
      return "2";
    default:
      return "";
  }
}

/// "127.0.0.1:80 (1 of 1 in use)"
std::string transfer_state::queue_text() const {
  std::string where = authority_of(url);
  if (!session) return where;
  std::optional<std::size_t> limit = session->options.connections_per_host;
  // What waits for its host's connections waits for all of them.
  bool of_host = limit && session->started_to(where) >= *limit;
  if (!of_host) limit = session->options.connections;
  if (!limit) return where;
  std::string number = std::to_string(*limit);
  return where + " (" + number + " of " + number + " in use)";
}

}}}  // namespace rondo::v0::http::detail
