# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A JSON API: a server of notes, and the calls of a client to it.
import asyncio
import json

import aiohttp
from aiohttp import web

notes = {}


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def answer(value, status=200):
    return web.json_response(value, status=status, dumps=compact)


async def add_note(request):
    try:
        note = await request.json()
    except ValueError:
        return answer({"error": "no JSON"}, status=400)
    if "text" not in note:
        return answer({"error": "a note has a text"}, status=422)
    note["id"] = len(notes) + 1
    notes[note["id"]] = note
    return answer(note, status=201)


async def get_note(request):
    note = notes.get(int(request.match_info["id"]))
    if note is None:
        return answer({"error": "no such note"}, status=404)
    return answer(note)


async def list_notes(request):
    limit = int(request.query.get("limit", 10))
    return answer(list(notes.values())[:limit])


async def call(session, method, url, **body):
    async with session.request(method, url, **body) as reply:
        print(f"{method} {reply.url.path_qs}: {reply.status} {await reply.text()}")


async def main():
    app = web.Application()
    app.router.add_post("/notes", add_note)
    app.router.add_get("/notes/{id:[0-9]+}", get_note)
    app.router.add_get("/notes", list_notes)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    base = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as session:
        await call(session, "POST", f"{base}/notes", json={"text": "buy milk"})
        await call(session, "POST", f"{base}/notes", json={"text": "call Ada"})
        await call(session, "POST", f"{base}/notes", json={"title": "?"})
        await call(session, "GET", f"{base}/notes/2")
        await call(session, "GET", f"{base}/notes/3")
        await call(session, "GET", f"{base}/notes?limit=1")
    await runner.cleanup()


asyncio.run(main())
