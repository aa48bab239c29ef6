# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A crawler: all pages of a site, four at a time, each once.
import asyncio
from urllib.parse import urldefrag, urljoin

import aiohttp
from aiohttp import web
from bs4 import BeautifulSoup

SITE = {
    "/": "<title>Home</title><a href=/docs/>Docs</a> <a href=news.html>News</a>",
    "/news.html": "<title>News</title><a href=/>Home</a> <a href=/old.html>Old</a>",
    "/docs/": "<title>Docs</title><a href=a.html#top>A</a> <a href='b.html'>B</a>",
    "/docs/a.html": "<title>A</title><a href=b.html>B</a>",
    "/docs/b.html": "<title>B</title><a href=../>Home</a> <a href=mailto:us@here>Us</a>",
}


async def serve(request):
    await asyncio.sleep(0.3)  # a site of this world
    if request.path not in SITE:
        return web.Response(text="no such page", status=404)
    return web.Response(text=SITE[request.path], content_type="text/html")


class Crawler:
    def __init__(self, session, start):
        self.session, self.start = session, start
        self.seen, self.found = set(), {}
        self.at_once = asyncio.Semaphore(4)

    async def crawl(self, url):
        if not url.startswith(self.start) or url in self.seen:
            return
        self.seen.add(url)
        async with self.at_once, self.session.get(url) as response:
            page = BeautifulSoup(await response.text(), "html.parser")
        title = page.select_one("title")
        self.found[url] = f"{response.status} {title.get_text() if title else '-'}"
        links = {urldefrag(urljoin(url, a["href"])).url for a in page.select("a[href]")}
        await asyncio.gather(*[self.crawl(link) for link in links])


async def main():
    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    start = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with aiohttp.ClientSession() as session:
        crawler = Crawler(session, start)
        await crawler.crawl(start)
    for url, what in sorted(crawler.found.items()):
        print(f"/{url.removeprefix(start)}: {what}")
    await runner.cleanup()


asyncio.run(main())
