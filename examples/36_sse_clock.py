# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A clock that ticks in server-sent events, and a client that listens to it.
import asyncio


async def clock_ticks():
    tick = 1
    while True:
        yield f"event: clock\nid: {tick}\ndata: tick {tick}\n\n"
        tick += 1
        await asyncio.sleep(0.02)


async def serve_clock(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
    try:
        async for event in clock_ticks():
            writer.write(event.encode())
            await writer.drain()
    except (ConnectionError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


async def listen(port, events):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /clock HTTP/1.1\r\nHost: localhost\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    print("Status", int(head.split()[1]))
    for _ in range(events):
        event = await reader.readuntil(b"\n\n")
        print("Event:")
        print(event.decode()[:-2])
    writer.close()
    await writer.wait_closed()


async def main():
    server = await asyncio.start_server(serve_clock, "127.0.0.1", 0)
    await listen(server.sockets[0].getsockname()[1], 3)
    print("Heard enough")
    server.close()


asyncio.run(main())
