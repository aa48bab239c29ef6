// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A crawler: all pages of a site, four at a time, each once.
#include <cstdio>
#include <map>
#include <rondo/html.hpp>
#include <rondo/http/client.hpp>
#include <rondo/http/server.hpp>
#include <rondo/rondo.hpp>
#include <set>
#include <string>
using namespace std::chrono_literals;
namespace http = rondo::http;

const std::map<std::string, const char*, std::less<>> site = {
    {"/", "<title>Home</title><a href=/docs/>Docs</a> <a href=news.html>News</a>"},
    {"/news.html", "<title>News</title><a href=/>Home</a> <a href=/old.html>Old</a>"},
    {"/docs/", "<title>Docs</title><a href=a.html#top>A</a> <a href='b.html'>B</a>"},
    {"/docs/a.html", "<title>A</title><a href=b.html>B</a>"},
    {"/docs/b.html", "<title>B</title><a href=../>Home</a> <a href=mailto:us@here>Us</a>"},
};

rondo::task<http::reply> serve(http::request& request) {
  co_await rondo::sleep(300ms);  // a site of this world
  auto page = site.find(request.path());
  if (page == site.end()) co_return http::reply(404, "no such page");
  http::reply reply(page->second);
  reply.content_type = "text/html";
  co_return reply;
}

struct crawler {
  http::session session;
  std::string start;
  std::set<std::string> seen;
  std::map<std::string, std::string> found;
  rondo::semaphore at_once{4};

  rondo::task<> crawl(std::string url) {
    if (!url.starts_with(start) || !seen.insert(url).second) co_return;
    auto permit = co_await at_once.acquire();
    auto response = co_await session.get(url);
    permit.release();
    rondo::html::document page(response.body, response.url);
    auto title = page.select_one("title");
    found[url] = std::to_string(response.status) + " " + (title ? title.text() : "-");
    std::vector<rondo::task<>> pages;
    for (auto& link : page.links()) pages.push_back(crawl(link.without_fragment().str()));
    co_await rondo::gather(pages);
  }
};

rondo::task<> amain() {
  auto server = co_await http::start_server(serve, "127.0.0.1", 0);
  crawler c;
  c.start = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
  co_await c.crawl(c.start);
  for (auto& [url, what] : c.found)
    std::printf("/%s: %s\n", url.substr(c.start.size()).c_str(), what.c_str());
  co_await server.close();
}

int main() { rondo::run(amain()); }
