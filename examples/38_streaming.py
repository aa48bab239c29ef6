# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A download and an upload that never lie in memory as a whole, and the server
# they go to.
import asyncio

import aiohttp
from aiohttp import web


async def numbers(n):
    for i in range(n):
        yield f"number {i}\n".encode()


async def download(request):
    response = web.StreamResponse()
    await response.prepare(request)
    async for piece in numbers(2_000):
        await response.write(piece)
    return response


async def upload(request):
    size = 0
    async for piece in request.content.iter_any():
        size += len(piece)
    return web.Response(text=f"received {size} bytes")


async def main():
    app = web.Application()
    app.router.add_get("/numbers", download)
    app.router.add_put("/upload", upload)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async with aiohttp.ClientSession() as session:
        count = 0
        last = ""
        async with session.get(base + "/numbers") as response:
            async for line in response.content:
                last = line.decode().rstrip("\n")
                count += 1
        print(f"{count} lines, the last is '{last}'")

        async with session.put(base + "/upload", data=numbers(20_000)) as answer:
            print(f"The server says: {await answer.text()}")
    await runner.cleanup()


asyncio.run(main())
