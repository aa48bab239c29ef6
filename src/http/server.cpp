// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/server.hpp>

#include <algorithm>
#include <ctime>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>

#include <llhttp.h>

#include <rondo/compose/cancel_scope.hpp>
#include <rondo/compose/wait_for.hpp>
#include <rondo/coro/diagnostic.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo::inline v0::http {

namespace detail {

/// A request that cannot be served, with the status that says so.
class refused : public error {
 public:
  refused(int code, const std::string& why) : error(why), status(code) {}
  int status;
};

struct server_state {
  server_state(handler h, const server_options& o) : handle(std::move(h)), options(o) {}

  handler handle;
  server_options options;
  connection* first = nullptr;
  bool draining = false;
  unsigned references = 1;

  void retain() { ++references; }
  void release() {
    if (--references == 0) delete this;
  }
  std::string_view date_line();

 private:
  std::time_t dated_ = 0;
  char date_[48] = "";
};

std::string_view server_state::date_line() {
  std::time_t now = std::time(nullptr);
  if (now != dated_) {
    dated_ = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(date_, sizeof date_, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  }
  return date_;
}

/// Cancels a scope when for `limit` the peer has acknowledged not one byte; it
/// may take half as long again. Writes alone do not show progress: the kernel
/// takes megabytes, then nothing until a slow peer has read a third of them.
class stall_watch {
 public:
  stall_watch(cancel_scope& scope, int fd, delay limit)
      : scope_(scope), fd_(fd), interval_(std::max(std::chrono::nanoseconds(1), limit.nanoseconds() / 2)) {
    arm();
  }
  stall_watch(const stall_watch&) = delete;
  stall_watch& operator=(const stall_watch&) = delete;
  ~stall_watch() { timer_.cancel(); }

 private:
  void arm() {
    timer_ = loop::current().call_later(interval_, [this] { look(); });
  }
  void look() {
    tcp_info info{};
    socklen_t size = sizeof info;
    ::getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size);
    bool silent = info.tcpi_bytes_acked == std::exchange(acknowledged_, info.tcpi_bytes_acked);
    if (silent && std::exchange(was_silent_, silent)) {
      scope_.cancel();
    } else {
      was_silent_ = silent;
      arm();
    }
  }

  cancel_scope& scope_;
  int fd_;
  delay interval_;
  std::uint64_t acknowledged_ = 0;
  bool was_silent_ = false;
  scheduled timer_;
};

/// One connection: the parser, what it has produced, and the replies.
class connection {
 public:
  connection(server_state& s, stream& client);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  task<> serve();
  task<std::string> read_body();
  void close_if_idle() noexcept {
    if (idle_) ::shutdown(client_.fd(), SHUT_RD);
  }

  connection* next = nullptr;
  connection* previous = nullptr;

 private:
  task<bool> read_header();
  task<bool> receive(delay limit);
  void parse();
  task<> answer(reply r, bool keep_alive);
  void write_head(std::string& out, const reply& r, bool keep_alive, bool has_length, bool chunked);
  task<> flush();
  task<bool> skip_body();

  static connection& self(llhttp_t* p) { return *static_cast<connection*>(p->data); }
  static const llhttp_settings_t& settings();
  int collect(std::string& into, const char* at, std::size_t n);

  server_state& server_;
  stream& client_;
  llhttp_t parser_;
  request request_;
  std::string field_;
  std::string value_;
  std::string body_;         // what of the body has come and was not read
  std::size_t body_read_ = 0;
  std::size_t header_bytes_ = 0;
  bool header_done_ = false;
  bool message_done_ = false;
  bool continue_expected_ = false;
  bool replied_ = false;     // the head of this request's reply is written
  bool idle_ = false;
  int refuse_ = 0;           // status, when a limit was passed
  std::string out_;          // replies not yet sent
  char buffer_[16 * 1024];
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

connection::connection(server_state& s, stream& client) : server_(s), client_(client) {
  server_.retain();
  next = server_.first;
  if (next) next->previous = this;
  server_.first = this;
  llhttp_init(&parser_, HTTP_REQUEST, &settings());
  parser_.data = this;
  request_.connection_ = this;
  request_.peer = client.peer();
}

connection::~connection() {
  (previous ? previous->next : server_.first) = next;
  if (next) next->previous = previous;
  server_.release();
}

int connection::collect(std::string& into, const char* at, std::size_t n) {
  header_bytes_ += n;
  if (header_bytes_ > server_.options.max_header_bytes) {
    refuse_ = &into == &request_.target ? 414 : 431;
    return -1;
  }
  into.append(at, n);
  return 0;
}

const llhttp_settings_t& connection::settings() {
  static const llhttp_settings_t table = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_url = [](llhttp_t* p, const char* at, std::size_t n) {
      return self(p).collect(self(p).request_.target, at, n);
    };
    s.on_header_field = [](llhttp_t* p, const char* at, std::size_t n) {
      return self(p).collect(self(p).field_, at, n);
    };
    s.on_header_value = [](llhttp_t* p, const char* at, std::size_t n) {
      return self(p).collect(self(p).value_, at, n);
    };
    s.on_header_value_complete = [](llhttp_t* p) {
      connection& c = self(p);
      if (c.header_done_) {  // trailers are read and dropped
        c.field_.clear();
        c.value_.clear();
        return 0;
      }
      if (c.request_.fields.size() >= c.server_.options.max_fields) {
        c.refuse_ = 431;
        return -1;
      }
      c.request_.fields.add_parsed(std::exchange(c.field_, {}), std::exchange(c.value_, {}));
      return 0;
    };
    s.on_headers_complete = [](llhttp_t* p) -> int {
      self(p).header_done_ = true;
      // Offers to change the protocol are declined: the request is an ordinary
      // one (RFC 9110, 7.8), and the parser must not stop for another protocol.
      p->upgrade = 0;
      return HPE_PAUSED;
    };
    s.on_body = [](llhttp_t* p, const char* at, std::size_t n) {
      self(p).body_.append(at, n);
      return 0;
    };
    s.on_message_complete = [](llhttp_t* p) -> int {
      self(p).message_done_ = true;
      return HPE_PAUSED;
    };
    return s;
  }();
  return table;
}

// Parses what was received, up to the end of a header or of a message.
void connection::parse() {
  if (llhttp_get_errno(&parser_) == HPE_PAUSED) llhttp_resume(&parser_);
  bool in_header = !header_done_;
  llhttp_errno_t e = llhttp_execute(&parser_, buffer_ + begin_, end_ - begin_);
  if (e == HPE_OK) {
    begin_ = end_ = 0;
  } else if (e == HPE_PAUSED) {
    begin_ = static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - buffer_);
    // llhttp 8.1 takes a carriage return and any byte for the end of a header
    // (CVE-2025-23167): a way to smuggle a second request past a proxy.
    if (in_header && header_done_ && (begin_ == 0 || buffer_[begin_ - 1] != '\n'))
      throw refused(400, "the header does not end in a line feed");
  } else if (refuse_) {
    throw refused(refuse_, "the header is too large");
  } else {
    throw refused(400, llhttp_get_error_reason(&parser_));
  }
}

// False at the end of the stream.
task<bool> connection::receive(delay limit) {
  begin_ = end_ = 0;
  std::optional<std::size_t> n =
      co_await move_on_after(client_.read_some({buffer_, sizeof buffer_}), limit);
  if (!n) throw refused(408, "the client is too slow");
  end_ = *n;
  co_return *n > 0;
}

// False when the client has gone, or kept silent for too long, between requests.
task<bool> connection::read_header() {
  request_.method.clear();
  request_.target.clear();
  request_.fields.clear();
  field_.clear();
  value_.clear();
  body_.clear();
  header_bytes_ = body_read_ = 0;
  header_done_ = message_done_ = continue_expected_ = replied_ = false;
  bool begun = false;
  time_point deadline = now() + server_.options.header_timeout;
  while (!header_done_) {
    if (begin_ == end_) {
      if (!begun) {
        co_await flush();
        if (server_.draining) co_return false;
        idle_ = true;
        begin_ = end_ = 0;
        auto n = co_await move_on_after(client_.read_some({buffer_, sizeof buffer_}),
                                        server_.options.idle_timeout);
        idle_ = false;
        if (!n || *n == 0) co_return false;
        end_ = *n;
        deadline = now() + server_.options.header_timeout;
      } else if (!co_await receive(deadline - now())) {
        throw refused(400, "the request ended in its header");
      }
    }
    begun = true;
    parse();
  }
  request_.method = llhttp_method_name(static_cast<llhttp_method_t>(parser_.method));
  request_.http_1_0 = parser_.http_major == 1 && parser_.http_minor == 0;
  if (parser_.http_major != 1) throw refused(505, "not HTTP/1");
  std::size_t hosts = 0;
  for (const auto& field : request_.fields) hosts += equal_ignoring_case(field.first, "Host");
  if (hosts > 1 || (hosts == 0 && !request_.http_1_0))
    throw refused(400, "the request has no Host, or several");  // RFC 9112, 3.2
  if (const std::string* expect = request_.fields.find("Expect")) {
    if (!equal_ignoring_case(*expect, "100-continue")) throw refused(417, "unknown expectation");
    continue_expected_ = !request_.http_1_0;  // which knows no 100 (RFC 9110, 10.1.1)
  }
  if ((parser_.flags & F_CONTENT_LENGTH) && parser_.content_length > server_.options.max_body)
    throw refused(413, "the body is too large");
  parse();  // past the header: finds a message without a body
  co_return true;
}

task<std::string> connection::read_body() {
  while (body_.empty() && !message_done_) {
    if (begin_ == end_) {
      if (std::exchange(continue_expected_, false)) {
        out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        co_await flush();
      }
      bool more = co_await receive(server_.options.body_timeout);
      if (!more) throw refused(400, "the request ended in its body");
    }
    parse();
  }
  body_read_ += body_.size();
  if (body_read_ > server_.options.max_body) throw refused(413, "the body is too large");
  co_return std::exchange(body_, {});
}

// After a reply: false when the rest of the body is not worth reading.
task<bool> connection::skip_body() {
  if (message_done_) co_return true;
  if (continue_expected_) co_return false;  // the client may or may not send it
  constexpr std::size_t worth = 64 * 1024;
  std::size_t skipped = 0;
  while (!message_done_) {
    std::string piece = co_await read_body();
    skipped += piece.size();
    if (skipped > worth) co_return false;
  }
  co_return true;
}

task<> connection::flush() {
  if (out_.empty()) co_return;
  std::string sending = std::exchange(out_, {});
  cancel_scope scope;
  stall_watch watch(scope, client_.fd(), server_.options.write_timeout);
  auto sent = co_await scope.run(client_.write(sending));
  if (!sent) throw refused(0, "the client does not read");
  sending.clear();
  constexpr std::size_t kept = 64 * 1024;  // what a large reply needed is not kept for an idle peer
  if (sending.capacity() <= kept) out_ = std::move(sending);
}

void connection::write_head(std::string& out, const reply& r, bool keep_alive, bool has_length,
                            bool chunked) {
  out += "HTTP/1.1 ";
  out += std::to_string(r.status);
  out += ' ';
  out += reason_phrase(r.status);
  out += "\r\n";
  out += server_.date_line();
  if (!r.content_type.empty() && !r.fields.contains("Content-Type") && r.status != 204 &&
      r.status != 304) {
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
  if (has_length) {
    out += "Content-Length: ";
    out += std::to_string(r.body.size());
    out += "\r\n";
  } else if (chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (!keep_alive) {
    out += "Connection: close\r\n";
  } else if (request_.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
}

task<> connection::answer(reply r, bool keep_alive) {
  bool bodiless = r.status == 204 || r.status == 304 || r.status < 200;
  bool head_only = request_.method == "HEAD";
  bool streamed = static_cast<bool>(r.stream);
  bool chunked = streamed && !request_.http_1_0 && !bodiless;
  replied_ = true;
  write_head(out_, r, keep_alive && (!streamed || chunked), !streamed && !bodiless, chunked);
  if (bodiless || head_only) co_return;
  if (!streamed) {
    out_ += r.body;
    co_return;
  }
  for (;;) {
    co_await flush();
    std::optional<std::string> piece;
    try {
      piece = co_await r.stream.next();
    } catch (const std::system_error&) {  // not the client's connection: the reply's own source
      rondo::detail::report({problem::exception_not_retrieved,
                             "the reply to " + request_.method + " " + request_.target +
                                 " broke off: " + rondo::describe(std::current_exception()),
                             std::current_exception()});
      throw refused(0, "the reply broke off");
    }
    if (!piece) break;
    if (piece->empty()) continue;  // an empty chunk would be the end
    if (chunked) {
      char size[24];
      std::snprintf(size, sizeof size, "%zx\r\n", piece->size());
      out_ += size;
    }
    out_ += *piece;
    if (chunked) out_ += "\r\n";
  }
  if (chunked) out_ += "0\r\n\r\n";
}

task<> connection::serve() {
  int status = 0;  // of an answer to what went wrong
  try {
    while (co_await read_header()) {
      bool keep_alive = llhttp_should_keep_alive(&parser_) && request_.method != "CONNECT";
      reply r;
      bool handled = false;
      try {
        r = co_await server_.handle(request_);
        check_header("Content-Type", r.content_type);
        handled = true;
      } catch (const refused&) {
        throw;
      } catch (...) {
        rondo::detail::report(
            {problem::exception_not_retrieved,
             "the handler of " + request_.method + " " + request_.target +
                 " failed: " + rondo::describe(std::current_exception()),
             std::current_exception()});
      }
      if (!handled) r = reply(500, "Internal Server Error\n");
      if (server_.draining) keep_alive = false;
      if (!message_done_ && continue_expected_) keep_alive = false;
      bool streamed_close = static_cast<bool>(r.stream) && request_.http_1_0;
      co_await answer(std::move(r), keep_alive);
      constexpr std::size_t coalesce = 64 * 1024;  // replies to pipelined requests go together
      if (begin_ == end_ || out_.size() > coalesce) co_await flush();
      if (!keep_alive || streamed_close || !co_await skip_body()) break;
    }
    co_await flush();
  } catch (const refused& e) {
    if (!replied_) status = e.status;  // a second answer could be taken for the next request's
  } catch (const std::system_error&) {
    co_return;  // the client has gone: nobody to tell
  }
  if (status == 0) co_return;
  request_.method = "GET";  // an error has a body even where the request was not understood
  std::string text(reason_phrase(status));
  try {
    co_await answer(reply(status, text + "\n"), false);
    co_await flush();
    // Closing with unread data would reset the connection, and the client might
    // never see the answer: end our side and read a little more first.
    client_.shutdown_write();
    for (int i = 0; i < 16; ++i)
      if (!co_await receive(std::chrono::milliseconds(500))) break;
  } catch (const std::exception&) {
    co_return;  // likewise
  }
}

task<reply> plain_handler::operator()(request& r) { co_return function(r); }

namespace {
/// Keeps the state as long as the listener may call it.
class serve_connection {
 public:
  explicit serve_connection(server_state& s) : state_(&s) { s.retain(); }
  serve_connection(const serve_connection& other) : serve_connection(*other.state_) {}
  serve_connection& operator=(const serve_connection&) = delete;
  ~serve_connection() { state_->release(); }

  task<> operator()(stream client) const {
    connection c(*state_, client);
    co_await c.serve();
  }

 private:
  server_state* state_;
};
}  // namespace

task<http::server> start_server(handler h, std::string host, std::uint16_t port,
                                server_options options) {
  auto* state = new server_state(std::move(h), options);
  http::server result(state);
  rondo::server_options listen;
  listen.backlog = options.backlog;
  listen.max_connections = options.max_connections;
  listen.reuse_port = options.reuse_port;
  serve_connection handle(*state);
  result.listener_ = co_await rondo::start_server(handle, std::move(host), port, listen);
  co_return result;
}

}  // namespace detail

std::string_view request::path() const noexcept {
  return std::string_view(target).substr(0, target.find('?'));
}
std::string_view request::query() const noexcept {
  std::size_t mark = target.find('?');
  return mark == target.npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

RONDO_CORO_WRAPPER task<std::string> request::read() { return connection_->read_body(); }

task<std::string> request::body() {
  std::string whole;
  for (;;) {
    std::string piece = co_await connection_->read_body();
    if (piece.empty()) co_return whole;
    whole += piece;
  }
}

server::~server() {
  if (state_) state_->release();
}

task<> server::close(delay grace) {
  if (!state_) throw usage_error("http::server: it was not started");
  state_->draining = true;
  for (detail::connection* c = state_->first; c; c = c->next) c->close_if_idle();
  co_await listener_.close(grace);
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

}  // namespace rondo::inline v0::http
