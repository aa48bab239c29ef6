// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A scraper: pages are fetched four at a time, what they offer is stored in SQLite.
#include <cstdio>
#include <rondo/html.hpp>
#include <rondo/http/client.hpp>
#include <rondo/http/server.hpp>
#include <rondo/rondo.hpp>
#include <rondo/sqlite.hpp>
using namespace std::chrono_literals;
namespace http = rondo::http;
namespace sqlite = rondo::sqlite;

constexpr int pages = 8;

rondo::task<http::reply> serve(http::request& request) {
  co_await rondo::sleep(100ms);  // a site of this world
  int page = std::stoi(std::string(request.path().substr(1)));
  std::string text;
  for (int i = 0; i < 3; ++i)
    text += "<li class=book><b>Book " + std::to_string(page * 3 + i) + "</b> <i>" +
            std::to_string(page * 7 + i) + "</i></li>";
  http::reply reply(text);
  reply.content_type = "text/html";
  co_return reply;
}

rondo::task<> amain() {
  auto server = co_await http::start_server(serve, "127.0.0.1", 0);
  std::string start = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  auto db = co_await sqlite::open(":memory:");
  co_await db.execute("create table book(title text primary key, price int, page int)");
  http::session session;
  auto scrape = [&](int page) -> rondo::task<> {
    auto response = co_await session.get(start + std::to_string(page));
    rondo::html::document document(response.body, response.url);
    std::vector<std::tuple<std::string, int, int>> books;
    for (auto& book : document.select("li.book"))
      books.emplace_back(book.select_one("b").text(), std::stoi(book.select_one("i").text()), page);
    co_await db.execute_many("insert into book values(?, ?, ?)", books);
  };
  std::vector<rondo::task<>> all;
  for (int page = 0; page < pages; ++page) all.push_back(scrape(page));
  co_await rondo::gather(all, 4);
  auto dearest = db.rows<std::pair<std::string, int>>(
      "select title, price from book order by price desc limit 3");
  while (auto book = co_await dearest.next())
    std::printf("%s: %d\n", book->first.c_str(), book->second);
  std::printf("%d books\n", co_await db.one<int>("select count(*) from book"));
  co_await server.close();
}

int main() { rondo::run(amain()); }
