// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/client.hpp>

#include <curl/curl.h>
#include <algorithm>
#include <poll.h>
#include <vector>

#include <rondo/io/detail/fd_watcher.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/sync/event.hpp>

namespace rondo::inline v0::http {

namespace detail {

using rondo::detail::fd_watcher;

namespace {
struct curl_library {
  curl_library() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~curl_library() { curl_global_cleanup(); }
};
constexpr std::size_t read_ahead = 512 * 1024;  // a transfer pauses with so much unread
}  // namespace

/// One libcurl multi handle, driven by the loop: its sockets watched, its timer
/// one of the loop's. libcurl must not be called from its own callbacks, and
/// nothing may be thrown through it, so those only note what they are told, and
/// what they failed at.
struct session_state : private rondo::detail::timer {
  explicit session_state(loop& l, session_options options = {});
  ~session_state();
  session_state(const session_state&) = delete;
  session_state& operator=(const session_state&) = delete;

  CURL* take_easy();
  void give_easy(CURL* easy) noexcept;
  void start(transfer_state& t);
  void remember(transfer_state& t) noexcept;
  void forget(transfer_state& t) noexcept;
  void act(curl_socket_t fd, int events) noexcept;
  void set_timer(long ms) noexcept;
  void collect() noexcept;
  /// Ends the transfers that failed in a callback where libcurl could not be told.
  void end_failed() noexcept;

  loop& event_loop;
  transfer_state* live = nullptr;
  CURLM* multi = nullptr;
  std::vector<CURL*> idle;
};

struct transfer_state {
  explicit transfer_state(session_state& s) : session(&s), easy(s.take_easy()) { s.remember(*this); }
  ~transfer_state() {
    if (session) session->forget(*this);
    curl_slist_free_all(request_fields);
    session ? session->give_easy(easy) : curl_easy_cleanup(easy);
  }
  transfer_state(const transfer_state&) = delete;
  transfer_state& operator=(const transfer_state&) = delete;

  void prepare(const std::string& url, const request_options& options);
  [[noreturn]] void fail() const;
  void note_header_end();
  /// Not that of a 1xx, nor of a redirect that is followed.
  bool header_is_final() const;
  task<> wait_for_header();
  task<> wait_for_end();

  session_state* session;  // null once it is gone
  transfer_state* next_live = nullptr;
  transfer_state* previous_live = nullptr;
  CURL* easy;
  curl_slist* request_fields = nullptr;
  std::string method;
  std::string request_url;
  std::string effective_url;
  std::string request_body;
  headers fields;
  std::string body;  // what has come and was not read
  std::size_t max_body = 0;
  int status = 0;
  bool follows = true;  // redirects
  bool whole = false;   // collect everything, never pause
  bool running = false;
  bool paused = false;
  bool header_whole = false;  // its last, empty line has come
  bool header_done = false;
  bool done = false;
  bool too_large = false;
  CURLcode code = CURLE_OK;
  std::exception_ptr error;  // of a callback
  char message[CURL_ERROR_SIZE] = "";
  event changed;
};

namespace {

template <class F>
void set(CURL* easy, CURLoption option, F value) {
  curl_easy_setopt(easy, option, value);
}

/// Calls what a callback does; an exception is kept for the transfer instead of
/// being thrown through libcurl, which gets `failed`.
template <class R, class F>
R guarded(transfer_state& t, R failed, F&& f) noexcept {
  try {
    return f();
  } catch (...) {
    if (!t.error) t.error = std::current_exception();
    return failed;
  }
}

std::size_t take_header(transfer_state& t, char* data, std::size_t size) {
  std::string_view line(data, size);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // a new response: after a redirect, a 100
    t.fields.clear();
    t.header_whole = false;
  } else if (line.empty()) {
    t.header_whole = true;
    if (t.header_is_final()) {
      t.note_header_end();
      t.changed.set();
    }
  } else if (std::size_t colon = line.find(':'); colon != line.npos) {
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    t.fields.add_parsed(std::string(line.substr(0, colon)), std::string(value));
  }
  return size;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto& t = *static_cast<transfer_state*>(self);
  return guarded(t, std::size_t{0}, [&] { return take_header(t, data, size); });
}

std::size_t take_body(transfer_state& t, char* data, std::size_t size) {
  if (!t.header_done) {
    t.note_header_end();
    t.changed.set();
  }
  if (t.whole) {
    if (size > t.max_body - std::min(t.max_body, t.body.size())) {
      t.too_large = true;
      return 0;
    }
  } else if (t.body.size() >= read_ahead) {
    t.paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  t.body.append(data, size);
  if (!t.whole) t.changed.set();
  return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& t = *static_cast<transfer_state*>(self);
  return guarded(t, std::size_t{0}, [&] { return take_body(t, data, size); });
}

fd_watcher* watch_socket(session_state& s, curl_socket_t fd) {
  return fd_watcher::open(s.event_loop, fd, [&s, fd](unsigned ready) {
    int events = (ready & POLLIN ? CURL_CSELECT_IN : 0) | (ready & POLLOUT ? CURL_CSELECT_OUT : 0) |
                 (ready & (POLLERR | POLLHUP) ? CURL_CSELECT_ERR : 0);
    // A closed peer is readable: let curl read what it has sent.
    if (ready & POLLHUP) events |= CURL_CSELECT_IN;
    s.act(fd, events);
  });
}

int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* watcher) {
  auto& s = *static_cast<session_state*>(self);
  auto* w = static_cast<fd_watcher*>(watcher);
  if (what == CURL_POLL_REMOVE) {
    if (w) {
      w->close();
      curl_multi_assign(s.multi, fd, nullptr);
    }
    return 0;
  }
  if (!w) {
    transfer_state* t = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    w = guarded(*t, static_cast<fd_watcher*>(nullptr), [&] { return watch_socket(s, fd); });
    if (!w) return 0;  // an error here would end the whole session: see end_failed
    curl_multi_assign(s.multi, fd, w);
  }
  w->watch((what & CURL_POLL_IN ? POLLIN : 0u) | (what & CURL_POLL_OUT ? POLLOUT : 0u));
  return 0;
}

int on_timer(CURLM*, long ms, void* self) {
  static_cast<session_state*>(self)->set_timer(ms);
  return 0;
}

failure kind_of(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return failure::bad_url;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return failure::unknown_host;
    case CURLE_COULDNT_CONNECT:
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
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return failure::tls;
    case CURLE_TOO_MANY_REDIRECTS:
      return failure::redirects;
    default:
      return failure::other;
  }
}

long milliseconds(delay d) {
  long ms = static_cast<long>((d.count() + 999'999) / 1'000'000);
  return ms > 0 ? ms : 1;
}

[[noreturn]] void throw_status(const std::string& method, const std::string& url, int status) {
  throw http_error(method + " " + url + ": status " + std::to_string(status), failure::status,
                   status);
}

}  // namespace

session_state::session_state(loop& l, session_options options) : event_loop(l) {
  static curl_library library;
  multi = curl_multi_init();
  if (!multi) throw std::bad_alloc();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                    static_cast<long>(std::max<std::size_t>(1, options.kept_connections)));
}

session_state::~session_state() {
  // Transfers of other tasks fail; they do not dangle.
  while (live) {
    transfer_state& t = *live;
    forget(t);
    t.session = nullptr;
    if (!t.done) {
      t.done = true;
      t.code = CURLE_ABORTED_BY_CALLBACK;
      t.changed.set();
    }
  }
  for (CURL* easy : idle) curl_easy_cleanup(easy);
  curl_multi_cleanup(multi);  // closes the connections, and with them the watchers
  event_loop.timers().disarm(*this);
}

CURL* session_state::take_easy() {
  if (!idle.empty()) {
    CURL* easy = idle.back();
    idle.pop_back();
    return easy;
  }
  CURL* easy = curl_easy_init();
  if (!easy) throw std::bad_alloc();
  return easy;
}

void session_state::give_easy(CURL* easy) noexcept {
  if (idle.size() < idle.capacity() || idle.size() < 256) {
    try {
      curl_easy_reset(easy);
      idle.push_back(easy);
      return;
    } catch (...) {  // no room to keep it: then it goes
    }
  }
  curl_easy_cleanup(easy);
}

void session_state::start(transfer_state& t) {
  if (curl_multi_add_handle(multi, t.easy) != CURLM_OK) throw std::bad_alloc();
  t.running = true;
}

void session_state::remember(transfer_state& t) noexcept {
  t.next_live = live;
  if (live) live->previous_live = &t;
  live = &t;
}

void session_state::forget(transfer_state& t) noexcept {
  if (std::exchange(t.running, false)) curl_multi_remove_handle(multi, t.easy);
  (t.previous_live ? t.previous_live->next_live : live) = t.next_live;
  if (t.next_live) t.next_live->previous_live = t.previous_live;
  t.next_live = t.previous_live = nullptr;
}

void session_state::act(curl_socket_t fd, int events) noexcept {
  int running = 0;
  curl_multi_socket_action(multi, fd, events, &running);
  collect();
  end_failed();
}

void session_state::set_timer(long ms) noexcept {
  event_loop.timers().disarm(*this);
  if (ms < 0) return;
  expire = [](timer& t) noexcept { static_cast<session_state&>(t).act(CURL_SOCKET_TIMEOUT, 0); };
  event_loop.timers().arm(*this, delay(std::chrono::milliseconds(ms)).after(event_loop.now_ns()));
}

void session_state::end_failed() noexcept {
  for (transfer_state* t = live; t; t = t->next_live) {
    if (!t->error || t->done) continue;
    if (std::exchange(t->running, false)) curl_multi_remove_handle(multi, t->easy);
    t->code = CURLE_OUT_OF_MEMORY;
    t->done = true;
    t->changed.set();
  }
}

void session_state::collect() noexcept {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    transfer_state* t = nullptr;
    CURL* easy = message->easy_handle;
    CURLcode code = message->data.result;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    curl_multi_remove_handle(multi, easy);
    t->running = false;
    t->done = true;
    // libcurl takes the end of the connection for the end of the header too.
    t->code = code == CURLE_OK && !t->header_whole ? CURLE_GOT_NOTHING : code;
    if (t->code == CURLE_OK && !t->header_done) {
      bool noted = guarded(*t, false, [&] {
        t->note_header_end();
        return true;
      });
      if (!noted) t->code = CURLE_OUT_OF_MEMORY;
    }
    t->changed.set();
  }
}

void transfer_state::note_header_end() {
  long number = 0;
  const char* url = nullptr;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &number);
  curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
  status = static_cast<int>(number);
  effective_url = url ? url : request_url;
  header_done = true;
}

bool transfer_state::header_is_final() const {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &number);
  if (number < 200) return false;
  bool redirect = number >= 300 && number < 400 && number != 304 && fields.contains("Location");
  return !redirect || !follows;
}

void transfer_state::prepare(const std::string& url, const request_options& options) {
  method = options.method;
  request_url = url;
  max_body = options.max_body;
  follows = options.max_redirects > 0;
  request_body = options.body;
  if (!is_token(method)) throw http_error(url + ": malformed method '" + method + "'", failure::bad_url);
  if (url.find_first_of(std::string_view("\r\n\0 ", 4)) != url.npos)
    throw http_error(method + " " + url + ": malformed URL", failure::bad_url);
  set(easy, CURLOPT_URL, url.c_str());
  set(easy, CURLOPT_PRIVATE, this);
  set(easy, CURLOPT_NOSIGNAL, 1L);
  // A transfer that ends while its host is looked up leaves the look-up's thread
  // to end by itself; else libcurl would wait for it, and with it the loop.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_ERRORBUFFER, message);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, options.max_redirects > 0 ? 1L : 0L);
  set(easy, CURLOPT_MAXREDIRS, static_cast<long>(options.max_redirects));
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connect_timeout));
  if (options.total_timeout) set(easy, CURLOPT_TIMEOUT_MS, milliseconds(*options.total_timeout));
  set(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(easy, CURLOPT_LOW_SPEED_TIME, std::max(1L, milliseconds(options.stall_timeout) / 1000));
  set(easy, CURLOPT_HEADERFUNCTION, &on_header);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_WRITEFUNCTION, &on_body);
  set(easy, CURLOPT_WRITEDATA, this);
  if (whole) set(easy, CURLOPT_ACCEPT_ENCODING, "");
  if (method == "HEAD") {
    set(easy, CURLOPT_NOBODY, 1L);
  } else if (method != "GET" || !request_body.empty()) {
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_body.size()));
    set(easy, CURLOPT_POSTFIELDS, request_body.c_str());
    // Not for POST: after a 303 it would be sent again, instead of a GET.
    if (method != "POST") set(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  for (const auto& [name, value] : options.fields) {
    std::string line = value.empty() ? name + ";" : name + ": " + value;
    curl_slist* longer = curl_slist_append(request_fields, line.c_str());
    if (!longer) throw std::bad_alloc();
    request_fields = longer;
  }
  set(easy, CURLOPT_HTTPHEADER, request_fields);
}

void transfer_state::fail() const {
  if (error) std::rethrow_exception(error);
  std::string what = method + " " + request_url + ": ";
  if (too_large)
    throw http_error(what + "the body is larger than " + std::to_string(max_body) + " bytes",
                     failure::too_large, status);
  if (code == CURLE_COULDNT_CONNECT) {
    long number = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    if (number)
      throw http_error(what + std::generic_category().message(static_cast<int>(number)),
                       failure::connect);
  }
  throw http_error(what + (*message ? message : curl_easy_strerror(code)), kind_of(code), status);
}

task<> transfer_state::wait_for_header() {
  while (!header_done && !done) {
    changed.clear();
    co_await changed.wait();
  }
  if (done && code != CURLE_OK && !header_done) fail();
}

task<> transfer_state::wait_for_end() {
  while (!done) {
    changed.clear();
    co_await changed.wait();
  }
  if (code != CURLE_OK) fail();
}

}  // namespace detail

void response::raise_for_status() const {
  if (status >= 400) detail::throw_status("GET", url, status);
}

transfer::~transfer() { delete state_; }
int transfer::status() const noexcept { return state_->status; }
const headers& transfer::fields() const noexcept { return state_->fields; }
const std::string& transfer::url() const noexcept { return state_->effective_url; }

std::optional<std::uint64_t> transfer::content_length() const noexcept {
  curl_off_t length = -1;
  curl_easy_getinfo(state_->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length < 0) return std::nullopt;
  return static_cast<std::uint64_t>(length);
}

void transfer::raise_for_status() const {
  if (state_->status >= 400) detail::throw_status(state_->method, state_->request_url, state_->status);
}

task<std::string> transfer::read() {
  detail::transfer_state& t = *state_;
  while (t.body.empty() && !t.done) {
    t.changed.clear();
    co_await t.changed.wait();
  }
  if (t.body.empty()) {
    if (t.code != CURLE_OK) t.fail();
    co_return std::string();
  }
  std::string piece = std::exchange(t.body, {});
  if (std::exchange(t.paused, false) && t.session) {
    curl_easy_pause(t.easy, CURLPAUSE_CONT);  // may call on_body
    t.session->end_failed();
  }
  co_return piece;
}

session::session(session_options options)
    : state_(new detail::session_state(loop::current(), options)) {}
session::~session() { delete state_; }

namespace {

task<response> get_on(detail::session_state& session, std::string url, request_options options) {
  detail::transfer_state t(session);
  t.whole = true;
  t.prepare(url, options);
  session.start(t);
  co_await t.wait_for_end();
  response r;
  r.status = t.status;
  r.fields = std::move(t.fields);
  r.body = std::move(t.body);
  r.url = std::move(t.effective_url);
  co_return r;
}

}  // namespace

task<response> session::get(std::string url, request_options options) {
  co_return co_await get_on(*state_, std::move(url), std::move(options));
}

task<transfer> session::stream(std::string url, request_options options) {
  auto* t = new detail::transfer_state(*state_);
  transfer result(t);
  t->prepare(url, options);
  state_->start(*t);
  co_await t->wait_for_header();
  co_return result;
}

task<response> get(std::string url, request_options options) {
  auto& own = loop::current().local<detail::session_state>();
  co_return co_await get_on(own, std::move(url), std::move(options));
}

}  // namespace rondo::inline v0::http
