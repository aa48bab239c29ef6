# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A scraper: pages are fetched four at a time, what they offer is stored in SQLite.
import asyncio
import sqlite3
from asyncio import to_thread

import aiohttp
from aiohttp import web
from bs4 import BeautifulSoup

PAGES = 8


async def serve(request):
    await asyncio.sleep(0.1)  # a site of this world
    page = int(request.path[1:])
    text = "".join(f"<li class=book><b>Book {page * 3 + i}</b> <i>{page * 7 + i}</i></li>"
                   for i in range(3))
    return web.Response(text=text, content_type="text/html")


async def main():
    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    start = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    db = sqlite3.connect(":memory:", check_same_thread=False)
    db.execute("create table book(title text primary key, price int, page int)")
    at_once, writing = asyncio.Semaphore(4), asyncio.Lock()

    async def scrape(page):
        async with at_once:
            async with session.get(f"{start}{page}") as response:
                document = BeautifulSoup(await response.text(), "html.parser")
            books = [(b.select_one("b").get_text(), int(b.select_one("i").get_text()), page)
                     for b in document.select("li.book")]
            async with writing:
                with db:
                    await to_thread(db.executemany, "insert into book values(?, ?, ?)", books)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*[scrape(page) for page in range(PAGES)])
    for title, price in db.execute("select title, price from book order by price desc limit 3"):
        print(f"{title}: {price}")
    print(f"{db.execute('select count(*) from book').fetchone()[0]} books")
    await runner.cleanup()


asyncio.run(main())
