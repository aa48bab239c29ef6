# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A chat room over WebSocket: its server, and two who talk.
import asyncio

import websockets

room = set()


def tell(text):
    websockets.broadcast(room, text)


async def chat(ws):
    name = await ws.recv()
    room.add(ws)
    tell(f"{name} joins")
    try:
        async for text in ws:
            tell(f"{name}: {text}")
    finally:
        room.remove(ws)
    tell(f"{name} leaves")


async def hear(name, ws):
    print(f"{name} hears: {await ws.recv()}")


async def main():
    async with websockets.serve(chat, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        ann = await websockets.connect(url)
        await ann.send("Ann")
        await hear("Ann", ann)
        bob = await websockets.connect(url)
        await bob.send("Bob")
        await hear("Ann", ann)
        await hear("Bob", bob)
        for sender, text in (ann, "Hello, Bob!"), (bob, "Hello, Ann!"):
            await sender.send(text)
            await hear("Ann", ann)
            await hear("Bob", bob)
        await bob.close()
        await hear("Ann", ann)
        await ann.close()
    print(f"closed with {bob.close_code} and {ann.close_code}, {len(room)} left")


asyncio.run(main())
