// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What browsers, curl and wrk are tested against:
//
//     clients_server FOLDER [CERTIFICATE KEY]
//
// Serves the files of FOLDER and what is below, over HTTP and with a certificate over
// HTTPS too, on free ports of 127.0.0.1 that it prints; until SIGTERM. Then it fails if
// a connection, a file or a handler is left.
#include <unistd.h>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <nlohmann/json.hpp>

#include <rondo/http/files/files.hpp>
#include <rondo/http/files/gzip.hpp>
#include <rondo/http/server/server.hpp>
#include <rondo/http/site/router.hpp>
#include <rondo/http/site/server_sent_events.hpp>
#include <rondo/http/websocket/accept.hpp>
#include <rondo/io.hpp>
#include <rondo/rondo.hpp>
#include <rondo/tls.hpp>

namespace http = rondo::http;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t max_body = 10 << 20;

/// What a client asks for at /seen, to compare with what it did.
struct {
  int ranges = 0;        ///< replies with a part of a file
  int not_modified = 0;  ///< replies that a client's cache was right
  int unending = 0;      ///< handlers and streams that only a cancel ends: that run,
  int cancelled = 0;     ///< and that were
  int websockets = 0;    ///< that are open
  int close_code = 0;    ///< of the WebSocket that ended last
  std::string close_reason;
  std::string said;  ///< in a form
} seen;

/// In the frame of a coroutine that never ends by itself.
struct unending {
  unending() { ++seen.unending; }
  unending(const unending&) = delete;
  ~unending() {
    --seen.unending;
    ++seen.cancelled;
  }
};

http::reply tell_seen(http::request&) {
  http::reply answer = http::reply::json({{"ranges", seen.ranges},
                                          {"not_modified", seen.not_modified},
                                          {"unending", seen.unending},
                                          {"cancelled", seen.cancelled},
                                          {"websockets", seen.websockets},
                                          {"close_code", seen.close_code},
                                          {"close_reason", seen.close_reason},
                                          {"said", seen.said}});
  answer.headers.set("Cache-Control", "no-store");
  return answer;
}

rondo::task<http::reply> watch(http::request& r, http::next next) {
  http::reply answer = co_await next(r);
  if (answer.status == 206) ++seen.ranges;
  if (answer.status == 304) ++seen.not_modified;
  co_return answer;
}

// Text, JSON, forms, uploads.

http::reply greet(http::request& r) {
  return http::reply::json({{"greeting", "Grüße, " + r.query_value("name").value_or("世界")},
                            {"page", r.query_as<int>("page", 1)},
                            {"id", r.id()}});
}

rondo::task<http::reply> echo_json(http::request& r) {
  nlohmann::json value = co_await r.json();
  nlohmann::json answer;
  answer["method"] = r.method;
  answer["received"] = std::move(value);
  co_return http::reply::json(answer, r.method == "POST" ? 201 : 200);
}

/// The length and the sum of all bytes of a body, which is read piece by piece.
rondo::task<http::reply> upload(http::request& r) {
  std::uint64_t length = 0, sum = 0;
  for (;;) {
    std::string piece = co_await r.read();
    if (piece.empty()) break;
    length += piece.size();
    for (char c : piece) sum += static_cast<unsigned char>(c);
  }
  co_return http::reply::json({{"length", length},
                               {"sum", sum},
                               {"chunked", r.headers.contains("Transfer-Encoding")},
                               {"type", std::string(r.headers.get("Content-Type"))}});
}

rondo::task<http::reply> submit(http::request& r) {
  http::form_fields fields = co_await r.form();
  for (auto& [name, value] : fields) {
    if (name == "text") seen.said = value;
  }
  co_return http::reply::redirect("/said");
}

http::reply log_in(http::request&) {
  http::reply answer("logged in\n");
  answer.headers.add("Set-Cookie", "session=s3cret; Path=/; HttpOnly; SameSite=Lax");
  answer.headers.add("Set-Cookie", "theme=dark; Path=/");
  return answer;
}

http::reply tell_cookies(http::request& r) { return std::string(r.headers.get("Cookie")); }

http::reply tell_connection(http::request& r) { return std::to_string(r.peer.port()); }

http::reply tell_target(http::request& r) {
  return std::string(r.headers.get("Host")) + " " + r.target;
}

// Streams: what is POSTed to /relay/NAME comes out of GET at once, until DELETE.

std::map<std::string, rondo::queue<std::string>> relays;

rondo::async_generator<std::string> relayed(std::string name) {
  rondo::queue<std::string>& pieces = relays[name];
  for (;;) {
    std::string piece = co_await pieces.get();
    if (piece.empty()) break;
    co_yield piece;
  }
  relays.erase(name);
}

rondo::async_generator<std::string> endless() {
  unending here;
  std::string piece(64 * 1024, 'x');
  for (;;) {
    co_yield piece;
    co_await rondo::sleep(1ms);
  }
}

rondo::async_generator<std::string> silent_after_one() {
  unending here;
  co_yield std::string("first\n");
  co_await rondo::event().wait();
}

/// A stream that a browser shows as it comes, instead of looking for its type first.
http::reply streamed(rondo::async_generator<std::string> pieces) {
  http::reply answer;
  answer.stream = std::move(pieces);
  answer.headers.set("X-Content-Type-Options", "nosniff");
  return answer;
}

rondo::task<http::reply> wait_for_ever(http::request&) {
  unending here;
  co_await rondo::event().wait();
  co_return "never";
}

// Server-sent events: three a connection, six in all.

rondo::async_generator<http::server_sent_event> three_events(int first) {
  for (int i = first; i < first + 3; ++i) {
    http::server_sent_event e("event " + std::to_string(i) + "\nof six", i % 2 ? "odd" : "",
                              std::to_string(i));
    e.retry = 10ms;
    co_yield e;
  }
}

http::reply six_events(http::request& r) {
  std::string_view last = http::last_event_id(r);
  int had = 0;
  std::from_chars(last.data(), last.data() + last.size(), had);
  if (had >= 6) return http::reply(204, "");  // a browser then reconnects no more
  return http::server_sent_events(three_events(had + 1));
}

rondo::async_generator<http::server_sent_event> one_event_and_silence() {
  unending here;
  co_yield http::server_sent_event("hello");
  co_await rondo::event().wait();
}

// WebSocket.

struct open_websocket {
  open_websocket() { ++seen.websockets; }
  open_websocket(const open_websocket&) = delete;
  ~open_websocket() { --seen.websockets; }
};

rondo::task<> echo(http::websocket ws) {
  open_websocket here;
  try {
    for (;;) {
      auto message = co_await ws.receive();
      if (!message) break;
      if (message->is_text)
        co_await ws.send(message->data);
      else
        co_await ws.send_bytes(message->data);
    }
  } catch (http::websocket_error&) {  // it ended with a code that means no good
  }
  seen.close_code = ws.close_code();
  seen.close_reason = ws.close_reason();
}

rondo::task<> close_first(http::websocket ws) {
  open_websocket here;
  co_await ws.send("closing");
  co_await ws.close(3001, "the server's reason");
}

rondo::task<> fail(http::websocket ws) {
  open_websocket here;
  co_await ws.send("failing");
  throw std::runtime_error("a secret of the server");
}

void add_websockets(http::router& site) {
  site.get("/ws/echo", [](http::request& r) {
    return http::accept_websocket(r, echo, {.subprotocols = "chat.v2,chat.v1"});
  });
  // A browser that did not answer pings would be cut off after 1.1 s.
  site.get("/ws/pinged", [](http::request& r) {
    return http::accept_websocket(r, echo, {.ping_interval = 100ms, .ping_timeout = 1s});
  });
  site.get("/ws/small",
           [](http::request& r) { return http::accept_websocket(r, echo, {.max_message = 1000}); });
  site.get("/ws/close", [](http::request& r) { return http::accept_websocket(r, close_first); });
  site.get("/ws/fail", [](http::request& r) { return http::accept_websocket(r, fail); });
}

http::router make_site(const std::string& folder) {
  http::router site;
  site.use(watch).use(http::gzip());
  site.get("/", http::files(folder));
  site.get("/static/{path...}", http::files(folder));
  site.get("/seen", tell_seen);
  site.get("/greeting", greet);
  site.post("/json", echo_json).put("/json", echo_json);
  site.post("/upload", upload).put("/upload/{name...}", upload);
  site.post("/refuse", [](http::request&) { return http::reply(403, "not you\n"); });
  site.post("/form", submit);
  site.get("/said", [](http::request&) { return seen.said; });
  site.get("/log_in", log_in);
  site.get("/cookies", tell_cookies);
  site.get("/connection", tell_connection);
  site.get("/target", tell_target);
  site.get("/fail", [](http::request&) -> http::reply {
    throw std::runtime_error("a secret of the server");
  });
  site.get("/numbers/{number}",
           [](http::request& r) { return std::to_string(r.param_as<int>("number")); });
  site.get("/relay/{name}", [](http::request& r) { return streamed(relayed(r.param("name"))); });
  site.post("/relay/{name}", [](http::request& r) -> rondo::task<http::reply> {
    std::string piece = co_await r.body();
    relays[r.param("name")].put_nowait(std::move(piece));
    co_return http::reply(204, "");
  });
  site.delete_("/relay/{name}", [](http::request& r) {
    relays[r.param("name")].put_nowait("");
    return http::reply(204, "");
  });
  site.get("/endless", [](http::request&) { return streamed(endless()); });
  site.get("/silent", [](http::request&) { return streamed(silent_after_one()); });
  site.get("/wait", wait_for_ever);
  site.get("/events", six_events);
  site.get("/events/silent",
           [](http::request&) { return http::server_sent_events(one_event_and_silence()); });
  add_websockets(site);
  return site;
}

/// Sockets, and files of the folder, that this process has open; its standard streams,
/// which may be sockets, are another's.
int left_open(const std::string& folder) {
  int count = 0;
  for (auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    if (std::atoi(entry.path().filename().c_str()) <= STDERR_FILENO) continue;
    std::error_code ended;
    std::string what = std::filesystem::read_symlink(entry, ended);
    if (what.starts_with("socket:") || what.starts_with(folder + "/")) {
      std::fprintf(stderr, "left open: %s\n", what.c_str());
      ++count;
    }
  }
  return count;
}

rondo::task<> serve(std::string folder, std::string certificate, std::string key) {
  rondo::signal_stream ends({SIGTERM});
  http::router site = make_site(folder);
  http::server_options options{.max_body = max_body};
  http::server plain = co_await http::start_server(site, "127.0.0.1", 0, options);
  std::printf("http %d\n", plain.port());
  http::server secure;
  if (!certificate.empty()) {
    rondo::tls_context context = rondo::tls_context::server(certificate, key);
    context.set_alpn_protocols({"http/1.1"});
    secure = co_await http::start_tls_server(site, "127.0.0.1", 0, context, options);
    std::printf("https %d\n", secure.port());
  }
  std::printf("ready\n");
  std::fflush(stdout);
  co_await ends.next();
  co_await plain.close(200ms);
  if (!certificate.empty()) co_await secure.close(200ms);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2 && count != 4) {
    std::fprintf(stderr, "usage: clients_server FOLDER [CERTIFICATE KEY]\n");
    return 2;
  }
  std::string folder = arguments[1];
  rondo::run(serve(folder, count == 4 ? arguments[2] : "", count == 4 ? arguments[3] : ""));
  if (seen.unending || seen.websockets) {
    std::fprintf(stderr, "left running: %d handlers, %d WebSockets\n", seen.unending,
                 seen.websockets);
    return 1;
  }
  return left_open(folder) ? 1 : 0;
}
