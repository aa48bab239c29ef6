// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/server/server.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>

#include <rondo/coro/diagnostic.hpp>
#include <rondo/http/message/date.hpp>
#include <rondo/tls/connection.hpp>

#include "http/server/http1_connection.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace detail {

namespace {

/// How long a handler may take before its client is watched: most end sooner, and
/// then it costs nothing.
constexpr std::int64_t unwatched_ns = 50'000'000;
constexpr std::size_t most_spare_messages = 64;

}  // namespace

server_state::server_state(handler h, const server_options& o)
    : handle(std::move(h)), options(o), loop_(loop::current()) {
  clock_.of = this;
  clock_.expire = [](rondo::detail::timer& t) noexcept { static_cast<clock&>(t).of->look(); };
  constexpr std::int64_t never = rondo::detail::timer_queue::never;
  auto limit = [](delay d) { return d.endless() ? never : d.count(); };
  list_of(phase::idle).limit = limit(options.idle_timeout);
  list_of(phase::header).limit = limit(options.header_timeout);
  list_of(phase::body).limit = limit(options.body_timeout);
  list_of(phase::work).limit = unwatched_ns;
  list_of(phase::long_work).limit = never;
  // Two looks without progress between them end it.
  list_of(phase::write).limit = options.write_timeout.endless()
                                    ? never
                                    : std::max<std::int64_t>(1, options.write_timeout.count() / 2);
  list_of(phase::upgraded).limit = never;
}

server_state::~server_state() {
  if (clock_.armed()) loop_.timers().disarm(clock_);
}

std::int64_t server_state::now_ns() const noexcept { return loop_.now_ns(); }

timed_connection::timed_connection(server_state& s) : server_(s) {
  server_.retain();
  server_.append(*this, phase::idle);
}

timed_connection::~timed_connection() {
  server_.remove(*this);
  server_.release();
}

void server_state::append(timed_connection& c, phase p) noexcept {
  list& l = list_of(p);
  c.phase_ = p;
  c.next_ = nullptr;
  c.previous_ = l.last;
  (l.last ? l.last->next_ : l.first) = &c;
  l.last = &c;
  constexpr std::int64_t never = rondo::detail::timer_queue::never;
  if (l.limit == never) {
    c.deadline_ = never;
    return;
  }
  c.deadline_ = delay(std::chrono::nanoseconds(l.limit)).after(now_ns());
  if (!clock_.armed() || c.deadline_ < clock_.deadline) arm(c.deadline_);
}

void server_state::remove(timed_connection& c) noexcept {
  list& l = list_of(c.phase_);
  (c.previous_ ? c.previous_->next_ : l.first) = c.next_;
  (c.next_ ? c.next_->previous_ : l.last) = c.previous_;
}

void server_state::arm(std::int64_t when) noexcept {
  if (clock_.armed()) loop_.timers().disarm(clock_);
  loop_.timers().arm(clock_, when);
}

void server_state::look() noexcept {
  std::int64_t now = now_ns();
  std::int64_t next = rondo::detail::timer_queue::never;
  for (list& l : lists_) {
    while (l.first && l.first->deadline_ <= now) l.first->expired();
  }
  for (list& l : lists_)
    if (l.first) next = std::min(next, l.first->deadline_);
  if (next != rondo::detail::timer_queue::never) arm(next);
}

void server_state::close_idle_connections() noexcept {
  for (timed_connection* c = list_of(phase::idle).first; c; c = c->next_) c->close_if_idle();
}

std::unique_ptr<http1_message> server_state::take_message() {
  if (spare_.empty()) return std::make_unique<http1_message>(options);
  std::unique_ptr<http1_message> m = std::move(spare_.back());
  spare_.pop_back();
  return m;
}

void server_state::give_back(std::unique_ptr<http1_message> m) noexcept {
  if (spare_.size() >= most_spare_messages) return;
  try {
    spare_.push_back(std::move(m));
  } catch (const std::bad_alloc&) {  // it is freed
  }
}

std::string_view server_state::date_line() {
  std::time_t now = std::time(nullptr);
  if (now != dated_) {
    dated_ = now;
    // Not by strftime, which writes the names of the program's locale.
    std::string date = format_date(std::chrono::sys_seconds(std::chrono::seconds(now)));
    std::snprintf(date_, sizeof date_, "Date: %s\r\n", date.c_str());
  }
  return date_;
}

namespace {

void check_reply(const reply& answer) {
  check_header("Content-Type", answer.content_type);
  // Fields of a parser have been added without a check: copied from a response, they may
  // hold what another program takes for a line's end.
  for (const auto& [name, value] : answer.fields) check_header(name, value);
  bool sensible =
      answer.upgrade ? answer.status == 101 : answer.status >= 200 && answer.status <= 999;
  if (!sensible) throw usage_error("it answered with status " + std::to_string(answer.status));
}

/// The reply to what a handler has thrown.
reply reply_to_exception(request& r) {
  try {
    throw;
  } catch (const status_error& e) {
    return reply(e.status(), std::string(e.what()) + "\n");
  } catch (...) {
    rondo::detail::report({problem::exception_not_retrieved,
                           "the handler of " + r.method + " " + r.target +
                               " failed: " + rondo::describe(std::current_exception()),
                           std::current_exception()});
  }
  return reply(500, "Internal Server Error\nrequest " + r.id() + "\n");
}

}  // namespace

task<reply> server_state::respond(request& r) {
  if (abandoned) co_return reply(503, "");  // to nobody: its connection is cancelled
  try {
    reply answer = co_await handle(r);
    check_reply(answer);
    co_return answer;
  } catch (...) {
    co_return reply_to_exception(r);
  }
}

task<reply> plain_handler::operator()(request& r) { co_return function(r); }

namespace {

/// Keeps the state as long as the listener may call it.
class state_ref {
 public:
  explicit state_ref(server_state& s) : state_(&s) { s.retain(); }
  state_ref(state_ref&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  state_ref& operator=(state_ref&&) = delete;
  ~state_ref() {
    if (state_) state_->release();
  }
  server_state& operator*() const noexcept { return *state_; }

 private:
  server_state* state_;
};

struct accept_connection {
  state_ref state;
  RONDO_CORO_WRAPPER task<> operator()(stream client) const {
    return serve_connection(*state, std::move(client));
  }
};

struct begin_draining {
  state_ref state;
  void operator()() const {
    (*state).draining = true;
    (*state).close_idle_connections();
  }
};

}  // namespace

task<http::server> start_server(handler h, std::string host, std::uint16_t port,
                                server_options options) {
  auto* state = new server_state(std::move(h), options);
  http::server result(state);
  rondo::detail::connection_handler accept = accept_connection{state_ref(*state)};
  rondo::server_options listen;
  listen.backlog = options.backlog;
  listen.max_connections = options.max_connections;
  listen.reuse_port = options.reuse_port;
  result.listener_ =
      co_await rondo::detail::start_server(std::move(accept), std::move(host), port, listen);
  rondo::detail::set_on_close(result.listener_, begin_draining{state_ref(*state)});
  co_return result;
}

task<http::server> start_tls_server(handler h, std::string host, std::uint16_t port,
                                    tls_context context, server_options options) {
  auto* state = new server_state(std::move(h), options);
  http::server result(state);
  rondo::detail::connection_handler accept = accept_connection{state_ref(*state)};
  tls_server_options listen;
  listen.backlog = options.backlog;
  listen.max_connections = options.max_connections;
  listen.reuse_port = options.reuse_port;
  listen.handshake_timeout = options.handshake_timeout;
  listen.alpn_protocol = "http/1.1";  // whatever the context has for others
  result.listener_ = co_await rondo::detail::start_tls_server(std::move(accept), std::move(host),
                                                              port, std::move(context), listen);
  rondo::detail::set_on_close(result.listener_, begin_draining{state_ref(*state)});
  co_return result;
}

}  // namespace detail

server::~server() {
  if (!state_) return;
  state_->abandoned = true;
  if (state_->running > 0) rondo::detail::report_destroyed(listener_, state_->running, "request");
  rondo::detail::stop_at_once(listener_);
  state_->release();
}

detail::server_state& server::state() const {
  if (!state_) throw usage_error("http::server: it was not started");
  return *state_;
}

void server::set_access_log(access_log log) { state().log = std::move(log); }

}}}  // namespace rondo::v0::http
