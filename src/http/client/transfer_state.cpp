// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/transfer_state.hpp"

#include <algorithm>
#include <system_error>

#include <rondo/compose/race.hpp>
#include <rondo/loop/loop.hpp>

#include "http/client/session_state.hpp"
#include "http/client/url_text.hpp"

namespace rondo::inline v0::http::detail {

namespace {

constexpr std::size_t read_ahead = 512 * 1024;        // a transfer pauses with so much unread
constexpr std::size_t max_header_size = 256 * 1024;   // with all that come before it: 1xx, redirects

failure kind_of(CURLcode code) {
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
    case CURLE_TOO_MANY_REDIRECTS:
      return failure::redirects;
    case CURLE_SEND_FAIL_REWIND:
      return failure::not_replayable;
    default:
      return failure::other;
  }
}

/// "2.5 s"
std::string seconds(delay d) {
  std::string text = std::to_string(static_cast<double>(d.count()) * 1e-9);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

bool is_idempotent(const std::string& method) {  // RFC 9110, 9.2.2
  for (const char* name : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
    if (method == name) return true;
  return false;
}

}  // namespace

transfer_state::transfer_state(session_state& s, order&& asked, bool whole)
    : what(std::move(asked)), session(&s), easy(s.take_easy()), upload_(*this), whole_(whole) {
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
  set(easy, CURLOPT_PREREQFUNCTION, &on_connected);
  set(easy, CURLOPT_XFERINFOFUNCTION, &on_progress);
}

transfer_state& transfer_state::of(CURL* easy) noexcept {
  transfer_state* t = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
  return *t;
}

void transfer_state::start() {
  begun_ = session->event_loop.now_ns();
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

std::size_t transfer_state::take_header(std::string_view line) {
  std::size_t size = line.size();
  answered_ = true;
  header_size_ += size;
  if (header_size_ > max_header_size) {
    trouble_ = trouble::header_too_large;
    return 0;
  }
  bool begins_response = line.starts_with("HTTP/");
  // A trailer: none of the header's fields (RFC 9110, 6.5.1), which the user may hold by now.
  if (header_done_ || (header_whole_ && !begins_response)) return size;
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (begins_response) {  // a new response: after a redirect, a 100
    fields.clear();
    header_whole_ = false;
    // A 304 leads nowhere, even with a Location (RFC 9110, 15.4.5).
    std::size_t space = line.find(' ');
    if (space != line.npos && line.substr(space + 1, 3) == "304") set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    return size;
  }
  if (line.empty()) {
    header_whole_ = true;
    if (header_is_final()) {
      note_header_end();
      changed.set();
    }
    return size;
  }
  std::size_t colon = line.find(':');
  std::string_view name = line.substr(0, colon);
  if (colon == line.npos || !is_token(name)) return size;
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  fields.add_parsed(std::string(name), std::string(value));
  return size;
}

std::size_t transfer_state::on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto& t = *static_cast<transfer_state*>(self);
  return t.guarded(std::size_t{0}, [&] { return t.take_header(std::string_view(data, size)); });
}

std::size_t transfer_state::take_body(const char* data, std::size_t size) {
  if (dropping_) return size;
  if (!header_done_) {
    note_header_end();
    changed.set();
  }
  bool must_take = whole_ || (what.content.streamed() && !upload_.sent());
  if (must_take) {
    if (size > what.options.max_body - std::min(what.options.max_body, body.size())) {
      trouble_ = trouble::body_too_large;
      return 0;
    }
  } else if (body.size() >= read_ahead) {
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  body.append(data, size);
  last_moved_ = session->event_loop.now_ns();
  if (!whole_) changed.set();
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

int transfer_state::on_connected(void* self, char*, char*, int, int) {
  auto& t = *static_cast<transfer_state*>(self);
  t.connected_ = true;
  t.answered_ = false;
  t.window_ = t.last_moved_ = t.session->event_loop.now_ns();
  t.watch_time();
  return CURL_PREREQFUNC_OK;
}

int transfer_state::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& t = *static_cast<transfer_state*>(self);
  t.session->note(t);
  return 0;
}

// --- after libcurl has returned ---

void transfer_state::attend() noexcept {
  if (!error_ && what.options.progress) {
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
      if (what.content.present()) p.to_send = what.content.length();
      if (to_receive >= 0) p.to_receive = static_cast<std::uint64_t>(to_receive);
      if (p.sent == told_.sent && p.received == told_.received) return true;
      told_ = p;
      what.options.progress(p);
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

void transfer_state::give_up(trouble why) noexcept {
  trouble_ = why;
  end(CURLE_OPERATION_TIMEDOUT);
}

void transfer_state::ended(CURLcode result) noexcept {
  // libcurl takes the end of the connection for the end of the header too.
  if (result == CURLE_OK && !header_whole_) result = CURLE_GOT_NOTHING;
  if (result == CURLE_OK && !header_done_) {
    bool noted_it = guarded(false, [&] {
      note_header_end();
      return true;
    });
    if (!noted_it) result = CURLE_OUT_OF_MEMORY;
  }
  end(result);
}

// --- the header ---

void transfer_state::note_header_end() {
  long number = 0;
  const char* effective = nullptr;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &number);
  curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &effective);
  status = static_cast<int>(number);
  if (effective) url = effective;
  header_done_ = true;
}

bool transfer_state::follows() const noexcept { return max_redirects_ > 0; }

/// Not that of a 1xx, nor of a redirect that is followed, nor of a 401 that is
/// answered. Whether it is, note_header_end is called with the body or the end.
bool transfer_state::header_is_final() {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &number);
  if (number < 200 || number == 401 || number == 407) return false;
  bool redirect = number >= 300 && number < 400 && number != 304 && fields.contains("Location");
  if (!redirect || !follows()) return true;
  before_redirect(static_cast<int>(number));
  return false;
}

/// What libcurl would take along to where the redirect leads.
void transfer_state::before_redirect(int number) {
  const std::string& method = what.method;
  bool becomes_get = method == "POST" ? number <= 303 : number == 303 && method != "GET" && method != "HEAD";
  if (becomes_get) {
    set(easy, CURLOPT_CUSTOMREQUEST, nullptr);
    set_fields(false);
  }
  if (!what.options.cookies.empty()) {
    const char* here = nullptr;
    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &here);
    // There may be several; libcurl follows the first that is not empty.
    bool stays = here && std::all_of(fields.begin(), fields.end(), [&](const auto& field) {
      return !equal_ignoring_case(field.first, "Location") || same_origin(here, field.second);
    });
    if (!stays) set(easy, CURLOPT_COOKIE, nullptr);
  }
}

// --- time ---

bool transfer_state::waits_for_us() const noexcept { return paused_ || upload_.paused(); }

bool transfer_state::waits_for_answer() const noexcept {
  return limits_.first_byte && !answered_ && (!what.content.streamed() || upload_.sent());
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
  if (limits_.total && !limits_.total->endless()) next = limits_.total->after(begun_);
  if (connected_) {
    if (!limits_.idle.endless()) next = std::min(next, limits_.idle.after(window_));
    if (waits_for_answer()) next = std::min(next, limits_.first_byte->after(window_));
  }
  session->event_loop.timers().disarm(*this);
  if (next == INT64_MAX) return;
  expire = [](timer& t) noexcept { static_cast<transfer_state&>(t).check_time(); };
  session->event_loop.timers().arm(*this, next);
}

void transfer_state::check_time() noexcept {
  std::int64_t now = session->event_loop.now_ns();
  if (limits_.total && now >= limits_.total->after(begun_)) return give_up(trouble::total);
  if (connected_) {
    std::uint64_t bytes = moved();
    bool window_is_over = now >= limits_.idle.after(window_);
    bool judges_speed = limits_.slowest > 0 && answered_;
    if (waits_for_us()) {
      window_ = now;
      moved_before_ = bytes;
    } else if (judges_speed && window_is_over) {
      double least = static_cast<double>(limits_.slowest) * static_cast<double>(now - window_) * 1e-9;
      if (static_cast<double>(bytes - moved_before_) < least) return give_up(trouble::too_slow);
      window_ = now;
      moved_before_ = bytes;
    } else if (!judges_speed && bytes != moved_before_) {
      window_ = last_moved_ > window_ ? last_moved_ : now;
      moved_before_ = bytes;
    } else if (waits_for_answer() && now >= limits_.first_byte->after(window_)) {
      return give_up(trouble::no_first_byte);
    } else if (window_is_over) {
      return give_up(trouble::idle);
    }
  }
  watch_time();
}

// --- what the user's side waits for ---

task<> transfer_state::until_done() {
  while (!done) {
    changed.clear();
    co_await changed.wait();
  }
}

task<> transfer_state::until_header_and_sent() {
  while (!header_done_ && !done) {
    changed.clear();
    co_await changed.wait();
  }
  co_await upload_.run_to_end();
}

task<> transfer_state::wait_for_end() {
  if (what.content.streamed()) {
    co_await race(upload_.run(), until_done());
  } else {
    co_await until_done();
  }
}

task<> transfer_state::wait_for_header() {
  if (what.content.streamed()) {
    co_await race(upload_.run(), until_header_and_sent());
  } else {
    while (!header_done_ && !done) {
      changed.clear();
      co_await changed.wait();
    }
  }
}

task<std::string> transfer_state::read() {
  while (body.empty() && !done) {
    changed.clear();
    co_await changed.wait();
  }
  if (body.empty()) {
    if (failed()) fail();
    co_return std::string();
  }
  std::string piece = std::exchange(body, {});
  if (std::exchange(paused_, false)) resume();
  co_return piece;
}

void transfer_state::resume() {
  if (!running) return;
  window_ = session->event_loop.now_ns();
  int still = (paused_ ? CURLPAUSE_RECV : 0) | (upload_.paused() ? CURLPAUSE_SEND : 0);
  CURLcode result = curl_easy_pause(easy, still);  // may call on_body
  if (result != CURLE_OK && !done) end(result);
  session->attend();
}

std::optional<delay> transfer_state::wait_before_retry(int failures) const {
  retry_policy policy = what.options.retry.value_or(session ? session->options.retry : retry_policy());
  if (failures >= policy.retries || !session || error_) return std::nullopt;
  if (!policy.any_method && !is_idempotent(what.method)) return std::nullopt;
  if (!what.content.replayable()) return std::nullopt;
  if (failed()) {
    if (!may_pass(kind())) return std::nullopt;
  } else {
    if (!may_pass(status)) return std::nullopt;
    if (std::optional<delay> asked = retry_after(fields)) {
      if (asked->count() > policy.longest_retry_after.count()) return std::nullopt;
      return asked;
    }
  }
  return policy.wait_after(failures + 1);
}

// --- errors, and what is known of the response ---

std::string transfer_state::request() const { return what.method + " " + shown_url(what.url); }

failure transfer_state::kind() const noexcept {
  switch (trouble_) {
    case trouble::none:
      // No HTTP (connected, and then something else), and a line of the header beyond
      // libcurl's limit of 100 KB.
      if (code == CURLE_UNSUPPORTED_PROTOCOL && connected_) return failure::malformed;
      if (code == CURLE_OUT_OF_MEMORY && connected_) return failure::too_large;
      return kind_of(code);
    case trouble::body_too_large:
    case trouble::header_too_large:
      return failure::too_large;
    default:
      return failure::timeout;
  }
}

std::string transfer_state::cause() const {
  switch (trouble_) {
    case trouble::body_too_large:
      return "the body is larger than " + std::to_string(what.options.max_body) + " bytes";
    case trouble::header_too_large:
      return "the header is larger than " + std::to_string(max_header_size) + " bytes";
    case trouble::no_first_byte:
      return "timed out: no response within " + seconds(*limits_.first_byte);
    case trouble::idle:
      return "timed out: nothing came or went for " + seconds(limits_.idle);
    case trouble::too_slow:
      return "timed out: slower than " + std::to_string(limits_.slowest) + " bytes/s for " +
             seconds(limits_.idle);
    case trouble::total:
      return "timed out: not complete within " + seconds(*limits_.total);
    case trouble::none:
      break;
  }
  if (!session && code == CURLE_ABORTED_BY_CALLBACK) return "the session was closed";
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
  if (code == CURLE_OUT_OF_MEMORY && !connected_) throw std::bad_alloc();
  throw http_error(request(), cause(), kind(), status);
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

std::optional<std::uint64_t> transfer_state::content_length() const noexcept {
  curl_off_t length = -1;
  curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length < 0) return std::nullopt;
  return static_cast<std::uint64_t>(length);
}

}  // namespace rondo::inline v0::http::detail
