// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What PostgreSQL notifies of appears in every open browser at once, by server-sent events.
// `44_pg_live CONNINFO PORT` serves browsers until Ctrl-C: `notify orders, '3 apples'` in psql
// then adds a line to the page. Without a port it plays the browser itself.
#include <cstdio>
#include <rondo/http.hpp>
#include <rondo/pg.hpp>
#include <rondo/rondo.hpp>

namespace http = rondo::http;
namespace pg = rondo::pg;
using namespace std::chrono_literals;

const char* page = R"(<!doctype html><title>Orders</title><h1>Orders</h1><ul id=list></ul>
<script>
  new EventSource("/orders").onmessage = (event) => {
    const line = list.appendChild(document.createElement("li"));
    line.textContent = event.data;
  };
</script>
)";

rondo::async_generator<http::server_sent_event> hear_orders(pg::pool& db) {
  auto orders = co_await db.listen("orders");
  co_yield http::server_sent_event("listening");
  while (auto order = co_await orders.next()) {
    std::string line = order->reconnected ? "some are missing" : order->payload;
    co_yield http::server_sent_event(line);
  }
}

rondo::task<> play_browser(pg::pool& db, std::string base) {
  auto root = co_await http::get(base + "/");
  std::printf("The page has %zu bytes\n", root.body.size());
  http::session session;
  auto events = co_await session.stream(base + "/orders");
  auto lines = events.lines();
  while (auto line = co_await lines.next()) {
    if (line->empty()) continue;
    std::printf("%s\n", line->c_str());
    if (*line == "data: 5 pears") break;
    if (*line != "data: listening") continue;
    co_await db.execute("notify orders, '3 apples'");
    co_await db.query("select pg_notify('orders', $1)", "5 pears");
  }
}

rondo::task<> amain(std::string conninfo, int port) {
  pg::pool db(conninfo);
  http::router site;
  site.get("/", [](http::request&) { return http::reply::html(page); });
  site.get("/orders", [&](http::request&) { return http::server_sent_events(hear_orders(db)); });
  auto server = co_await http::start_server(site, "127.0.0.1", static_cast<std::uint16_t>(port));
  if (port > 0) {
    std::printf("http://127.0.0.1:%d/\n", port);
    co_await server.serve_forever();
  }
  co_await play_browser(db, "http://127.0.0.1:" + std::to_string(server.port()));
  co_await server.close(0s);
}

int main(int argc, char** argv) {
  rondo::run(amain(argc > 1 ? argv[1] : "", argc > 2 ? std::atoi(argv[2]) : 0));
}
