// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/session_state.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>

#include <rondo/coro/errors.hpp>
#include "io/fd_watcher.hpp"

#include "http/client/tls_session.hpp"
#include "http/client/transfer_state.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

using rondo::detail::fd_watcher;

/// The sessions that a loop has, to be closed when it ends: a session may live longer, but
/// its sockets and timers are the loop's.
class sessions_of_loop {
 public:
  explicit sessions_of_loop(loop&) noexcept {}
  sessions_of_loop(const sessions_of_loop&) = delete;
  sessions_of_loop& operator=(const sessions_of_loop&) = delete;
  ~sessions_of_loop() {
    while (session_state* s = all.front()) s->close();
  }

  rondo::detail::list<session_state> all;
};

namespace {

bool is_noted(const transfer_state& t) noexcept {
  return static_cast<const rondo::detail::list_link<noted_transfer>&>(t).listed();
}

constexpr std::size_t most_idle = 256;

void open_library() {
  struct library {
    library() { curl_global_init(CURL_GLOBAL_DEFAULT); }
    ~library() { curl_global_cleanup(); }
  };
  static library opened;
}

fd_watcher* watch_socket(loop& l, curl_socket_t fd, void (*act)(void*, curl_socket_t, int),
                         void* self) {
  return fd_watcher::open(l, fd, [act, self, fd](unsigned ready) {
    int events = (ready & POLLIN ? CURL_CSELECT_IN : 0) | (ready & POLLOUT ? CURL_CSELECT_OUT : 0) |
                 (ready & (POLLERR | POLLHUP) ? CURL_CSELECT_ERR : 0);
    // A closed peer is readable: let curl read what it has sent.
    if (ready & POLLHUP) events |= CURL_CSELECT_IN;
    act(self, fd, events);
  });
}

/// 0 if it has none yet.
int local_port_of(int fd) noexcept {
  sockaddr_storage where{};
  socklen_t size = sizeof where;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &size) != 0) return 0;
  if (where.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(where).sin_port);
  if (where.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(where).sin6_port);
  return 0;
}

void check_options(const session_options& o) {
  for (const std::string* text : {&o.ca_file, &o.certificate_file, &o.key_file, &o.key_password,
                                  &o.proxy, &o.no_proxy, &o.base_url, &o.user_agent})
    if (!is_one_line(*text))
      throw usage_error("http::session: an option holds a line break or NUL");
}

session_options without_cookies() {
  session_options options;
  options.cookies = false;
  return options;
}

/// The next of the fields that tabs separate.
std::string_view take_field(std::string_view& line) {
  std::size_t end = std::min(line.find('\t'), line.size());
  std::string_view field = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return field;
}

/// A line of Netscape's cookie file.
cookie parse_cookie(std::string_view line) {
  constexpr std::string_view http_only = "#HttpOnly_";
  if (line.starts_with(http_only)) line.remove_prefix(http_only.size());
  cookie c;
  c.domain = take_field(line);
  if (c.domain.starts_with('.')) c.domain.erase(0, 1);
  c.subdomains = take_field(line) == "TRUE";
  c.path = take_field(line);
  c.secure = take_field(line) == "TRUE";
  std::string_view expires = take_field(line);
  std::from_chars(expires.data(), expires.data() + expires.size(), c.expires);
  c.name = take_field(line);
  c.value = line;
  return c;
}

}  // namespace

session_state::session_state(loop& l) : session_state(l, without_cookies()) {}

session_state::session_state(loop& l, const session_options& given)
    : event_loop(l), options(given) {
  check_options(options);
  open_library();
  if (options.connections == 0u || options.connections_per_host == 0u)
    throw usage_error("http::session: a limit of 0 connections lets no request be made");
  for (const auto& [name, value] : options.headers) check_own_field(name);
  if (!options.headers.contains("User-Agent"))
    options.headers.add("User-Agent",
                        options.user_agent.empty() ? "rondo/" RONDO_VERSION : options.user_agent);
  for (const auto& [name, value] : options.headers) append(fields, field_line(name, value));
  if (!known_codings().empty()) append(fields, "Accept-Encoding: " + std::string(known_codings()));
  if (options.served_by) {
    own_ = std::make_unique<own_listener>(event_loop, options.served_by);
    append(connect_to_, "::127.0.0.1:");  // so no name is looked up
  }
  auto& siblings = event_loop.local<sessions_of_loop>();
  multi_ = curl_multi_init();
  if (options.cookies) share_ = curl_share_init();
  if (!multi_ || (options.cookies && !share_)) {
    curl_share_cleanup(share_);
    curl_multi_cleanup(multi_);
    throw std::bad_alloc();
  }
  if (share_) curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  auto limit = [&](CURLMoption option, std::size_t value) {
    curl_multi_setopt(multi_, option, static_cast<long>(std::min<std::size_t>(value, 1'000'000)));
  };
  limit(CURLMOPT_MAXCONNECTS, std::max<std::size_t>(1, options.kept_connections));
  if (options.connections_per_host)
    limit(CURLMOPT_MAX_HOST_CONNECTIONS, *options.connections_per_host);
  if (options.connections) limit(CURLMOPT_MAX_TOTAL_CONNECTIONS, *options.connections);
  siblings.all.push_front(*this);
  open_ = true;
}

session_state::~session_state() { close(); }

void session_state::close() noexcept {
  if (!std::exchange(open_, false)) return;
  unlink();
  // Requests of other tasks fail; they do not dangle.
  closed->set();
  while (!live_.empty()) {
    transfer_state& t = *live_.front();
    forget(t);
    if (share_) curl_easy_setopt(t.easy, CURLOPT_SHARE, nullptr);
    t.session_gone();
  }
  for (CURL* easy : idle_) curl_easy_cleanup(easy);
  idle_.clear();
  if (jar_) curl_easy_cleanup(std::exchange(jar_, nullptr));
  curl_multi_cleanup(multi_);  // closes the connections, and with them the watchers
  multi_ = nullptr;
  if (share_) curl_share_cleanup(std::exchange(share_, nullptr));
  event_loop.timers().disarm(*this);
}

void session_state::check_loop() const {
  if (open_ && &loop::current() == &event_loop) return;
  throw usage_error(
      "http::session: it belongs to another loop, or to one that has ended; make it in the run "
      "that uses it");
}

bool session_state::bypasses_proxy(const std::string& url) {
  if (options.served_by || (!options.environment && options.proxy.empty())) return true;
  std::string_view text = options.no_proxy;
  if (options.proxy.empty() && text.empty()) {
    const char* given = std::getenv("no_proxy");
    if (!given) given = std::getenv("NO_PROXY");
    if (given) text = given;
  }
  if (text != no_proxy_text_) {
    no_proxy_ = no_proxy_list(text);
    no_proxy_text_ = text;
  }
  std::string where = authority_of(url);
  std::size_t colon = where.rfind(':');
  return no_proxy_.contains(where.substr(0, colon), where.substr(colon + 1));
}

void session_state::on_close_notify(void* self, const void* tls) noexcept {
  for (transfer_state& t : static_cast<session_state*>(self)->live_) t.note_tls_end(tls);
}

int session_state::on_close_socket(void* self, curl_socket_t fd) {
  auto& sockets = static_cast<session_state*>(self)->sockets_;
  std::erase_if(sockets, [fd](const open_socket& s) { return s.fd == fd; });
  return ::close(fd);
}

void session_state::add_socket(curl_socket_t fd) {
  std::erase_if(sockets_, [fd](const open_socket& s) { return s.fd == fd; });
  sockets_.push_back({fd, 0});
}

bool session_state::has_input(int local_port) noexcept {
  bool found = false;
  if (own_) return found;  // what answers is of this process, and has no ports
  for (open_socket& s : sockets_) {
    if (s.local_port == 0) s.local_port = local_port_of(s.fd);
    if (s.local_port != local_port) continue;
    char byte;
    bool is_silent =
        ::recv(s.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR);
    found = found || !is_silent;
  }
  return found;
}

std::size_t session_state::started_to(const std::string& where) const {
  std::size_t n = 0;
  for (const transfer_state& t : live_)
    if (t.running && t.started() && authority_of(t.url) == where) ++n;
  return n;
}

void session_state::configure(CURL* easy) {
  const session_options& o = options;
  set(easy, CURLOPT_NOSIGNAL, 1L);
  // What a proxy answers to CONNECT is no response to the request.
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // A transfer that ends while its host is looked up leaves the look-up's thread
  // to end by itself; else libcurl would wait for it, and with it the loop.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  // Chunks are undone here (chunked_decoder).
  set(easy, CURLOPT_HTTP_TRANSFER_DECODING, 0L);
  watch_close_notify(easy, this, &on_close_notify);
  set(easy, CURLOPT_CLOSESOCKETFUNCTION, &on_close_socket);
  set(easy, CURLOPT_CLOSESOCKETDATA, this);
  transfer_state::set_callbacks(easy);
  if (share_) {
    set(easy, CURLOPT_SHARE, share_);
    set(easy, CURLOPT_COOKIEFILE, "");
  }
  if (o.kept_connections == 0) set(easy, CURLOPT_FORBID_REUSE, 1L);
  switch (o.version) {
    case http_version::automatic:
      break;
    case http_version::http1:
      set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
      break;
    case http_version::http2:
      set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2_0));
      break;
    case http_version::http2_prior_knowledge:
      set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE));
      if (curl_version_info(CURLVERSION_NOW)->version_num < 0x080000) {
        // Its second request on such a connection fails (curl's issue 10634).
        set(easy, CURLOPT_FRESH_CONNECT, 1L);
        set(easy, CURLOPT_FORBID_REUSE, 1L);
      }
      break;
  }
  if (!o.ca_file.empty()) {
    set(easy, CURLOPT_CAINFO, o.ca_file.c_str());
    set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  } else if (o.environment) {
    // As OpenSSL does: each stands for its part of the system's.
    if (const char* file = ::secure_getenv("SSL_CERT_FILE"); file && *file)
      set(easy, CURLOPT_CAINFO, file);
    if (const char* folder = ::secure_getenv("SSL_CERT_DIR"); folder && *folder)
      set(easy, CURLOPT_CAPATH, folder);
  }
  if (!o.certificate_file.empty()) set(easy, CURLOPT_SSLCERT, o.certificate_file.c_str());
  if (!o.key_file.empty()) set(easy, CURLOPT_SSLKEY, o.key_file.c_str());
  if (!o.key_password.empty()) set(easy, CURLOPT_KEYPASSWD, o.key_password.c_str());
  if (o.dangerously_skip_verification) {
    set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (own_) {
    set(easy, CURLOPT_CONNECT_TO, connect_to_.get());
    set(easy, CURLOPT_OPENSOCKETFUNCTION, &own_listener::on_open_socket);
    set(easy, CURLOPT_OPENSOCKETDATA, own_.get());
  }
  // Which hosts are reached without one, each transfer is told (bypasses_proxy).
  if (!o.proxy.empty()) {
    set(easy, CURLOPT_PROXY, o.proxy.c_str());
  } else if (!o.environment) {
    set(easy, CURLOPT_PROXY, "");
  }
}

CURL* session_state::take_easy() {
  if (!idle_.empty()) {
    CURL* easy = idle_.back();
    idle_.pop_back();
    return easy;
  }
  CURL* easy = curl_easy_init();
  if (!easy) throw std::bad_alloc();
  try {
    configure(easy);
  } catch (...) {
    curl_easy_cleanup(easy);
    throw;
  }
  return easy;
}

void session_state::give_easy(CURL* easy, bool changed) noexcept {
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);  // it was the transfer's
  if (idle_.size() < most_idle) {
    try {
      if (changed) {
        curl_easy_setopt(easy, CURLOPT_COOKIEFILE, nullptr);  // a reset would lose its memory
        curl_easy_reset(easy);
        configure(easy);
      }
      idle_.push_back(easy);
      return;
    } catch (...) {  // no room to keep it: then it goes
    }
  }
  curl_easy_cleanup(easy);
}

void session_state::start(transfer_state& t) {
  if (curl_multi_add_handle(multi_, t.easy) != CURLM_OK) throw std::bad_alloc();
  t.running = true;
}

void session_state::stop(transfer_state& t) noexcept {
  if (!t.running) return;
  t.drop_paused();
  t.running = false;
  curl_multi_remove_handle(multi_, t.easy);
}

void session_state::remember(transfer_state& t) noexcept { live_.push_front(t); }

void session_state::forget(transfer_state& t) noexcept {
  stop(t);
  if (is_noted(t)) static_cast<rondo::detail::list_link<noted_transfer>&>(t).unlink();
  static_cast<rondo::detail::list_link<live_transfer>&>(t).unlink();
}

void session_state::note(transfer_state& t) noexcept {
  if (!is_noted(t)) noted_.push_front(t);
}

void session_state::attend() noexcept {
  while (transfer_state* t = noted_.pop_front()) t->attend();
}

void session_state::act(curl_socket_t fd, int events) noexcept {
  int running = 0;
  curl_multi_socket_action(multi_, fd, events, &running);
  if (own_) own_->serve();
  collect();
  attend();
}

void session_state::set_timer(long ms) noexcept {
  event_loop.timers().disarm(*this);
  if (ms < 0) return;
  expire = [](timer& t) noexcept { static_cast<session_state&>(t).act(CURL_SOCKET_TIMEOUT, 0); };
  event_loop.timers().arm(*this, delay(std::chrono::milliseconds(ms)).after(event_loop.now_ns()));
}

int session_state::on_timer(CURLM*, long ms, void* self) {
  static_cast<session_state*>(self)->set_timer(ms);
  return 0;
}

int session_state::on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* watcher) {
  auto& s = *static_cast<session_state*>(self);
  auto* w = static_cast<fd_watcher*>(watcher);
  if (what == CURL_POLL_REMOVE) {
    if (w) {
      w->close();
      curl_multi_assign(s.multi_, fd, nullptr);
    }
    return 0;
  }
  // libcurl 8 shuts connections down when nobody uses them any more, at last while it is
  // cleaned up: then it waits for nothing.
  if (!w && !s.open_) return 0;
  if (!w) {
    auto act = [](void* to, curl_socket_t ready, int events) {
      static_cast<session_state*>(to)->act(ready, events);
    };
    // An error given to libcurl here would end the whole session: see attend.
    auto watch = [&] { return watch_socket(s.event_loop, fd, act, &s); };
    if (transfer_state* t = transfer_state::find(easy)) {
      w = t->guarded(static_cast<fd_watcher*>(nullptr), watch);
    } else {  // a handle of libcurl's own, for such an end
      try {
        w = watch();
      } catch (const std::exception&) {  // no memory, no place: that connection just closes
      }
    }
    if (!w) return 0;
    curl_multi_assign(s.multi_, fd, w);
  }
  w->watch((what & CURL_POLL_IN ? POLLIN : 0u) | (what & CURL_POLL_OUT ? POLLOUT : 0u));
  return 0;
}

void session_state::collect() noexcept {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    CURLcode code = message->data.result;
    transfer_state& t = transfer_state::of(easy);
    curl_multi_remove_handle(multi_, easy);
    t.running = false;
    t.ended(code);
  }
}

CURL* session_state::jar() {
  check_loop();
  if (!share_) throw usage_error("http::session: it keeps no cookies (session_options::cookies)");
  if (!jar_) jar_ = take_easy();
  return jar_;
}

std::vector<cookie> session_state::cookies() {
  curl_slist* lines = nullptr;
  if (curl_easy_getinfo(jar(), CURLINFO_COOKIELIST, &lines) != CURLE_OK) throw std::bad_alloc();
  field_list owner(lines);
  std::vector<cookie> all;
  for (; lines; lines = lines->next) all.push_back(parse_cookie(lines->data));
  return all;
}

void session_state::set_cookie(const cookie& c) {
  check_cookie(c.name, c.value);
  for (const std::string* text : {&c.domain, &c.path})
    if (text->empty() || text->find_first_of(std::string_view("\r\n\t\0;", 5)) != text->npos)
      throw usage_error("http::cookie: the domain or path of '" + c.name + "' is malformed");
  auto flag = [](bool b) { return b ? "TRUE" : "FALSE"; };
  std::string line = (c.subdomains ? "." : "") + c.domain + '\t' + flag(c.subdomains) + '\t' +
                     c.path + '\t' + flag(c.secure) + '\t' + std::to_string(c.expires) + '\t' +
                     c.name + '\t' + c.value;
  set(jar(), CURLOPT_COOKIELIST, line.c_str());
}

void session_state::clear_cookies() { set(jar(), CURLOPT_COOKIELIST, "ALL"); }

}}}  // namespace rondo::v0::http::detail
