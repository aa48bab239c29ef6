# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# What PostgreSQL notifies of appears in every open browser at once, by server-sent events.
# `44_pg_live.py CONNINFO PORT` serves browsers until Ctrl-C: `notify orders, '3 apples'` in
# psql then adds a line to the page. Without a port it plays the browser itself.
import asyncio
import sys

import aiohttp
import asyncpg
from aiohttp import web

PAGE = """<!doctype html><title>Orders</title><h1>Orders</h1><ul id=list></ul>
<script>
  new EventSource("/orders").onmessage = (event) => {
    const line = list.appendChild(document.createElement("li"));
    line.textContent = event.data;
  };
</script>
"""


async def serve_page(request):
    return web.Response(text=PAGE, content_type="text/html")


async def serve_orders(request):
    reply = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await reply.prepare(request)
    orders = asyncio.Queue()
    async with request.app["db"].acquire() as connection:
        def heard(_connection, _process, _channel, payload):
            orders.put_nowait(payload)

        await connection.add_listener("orders", heard)
        try:
            await reply.write(b"data: listening\n\n")
            while True:
                await reply.write(f"data: {await orders.get()}\n\n".encode())
        finally:
            await connection.remove_listener("orders", heard)


async def play_browser(db, base):
    async with aiohttp.ClientSession() as session:
        async with session.get(base + "/") as root:
            print(f"The page has {len(await root.text())} bytes")
        async with session.get(base + "/orders") as events:
            async for line in events.content:
                line = line.decode().strip()
                if not line:
                    continue
                print(line)
                if line == "data: 5 pears":
                    break
                if line != "data: listening":
                    continue
                await db.execute("notify orders, '3 apples'")
                await db.execute("select pg_notify('orders', $1)", "5 pears")


async def main(conninfo=None, port=0):
    async with asyncpg.create_pool(conninfo, min_size=1) as db:
        app = web.Application()
        app["db"] = db
        app.router.add_get("/", serve_page)
        app.router.add_get("/orders", serve_orders)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(port), shutdown_timeout=0.1).start()
        if port:
            print(f"http://127.0.0.1:{port}/")
            await asyncio.Event().wait()
        await play_browser(db, f"http://127.0.0.1:{runner.addresses[0][1]}")
        await runner.cleanup()


asyncio.run(main(*sys.argv[1:]))
