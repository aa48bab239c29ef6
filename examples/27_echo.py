# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# An echo server and its client over TCP.
import asyncio


async def handle_echo(reader, writer):
    line = await reader.readline()
    print(f"Server received: {line.decode()}", end="")
    writer.write(line)
    await writer.drain()
    writer.close()


async def echo_client(message, port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(message.encode())
    await writer.drain()
    reply = await reader.read()
    print(f"Client received: {reply.decode()}", end="")
    writer.close()
    await writer.wait_closed()


async def main():
    server = await asyncio.start_server(handle_echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await echo_client("Hello\n", port)
    await echo_client("World\n", port)
    server.close()
    await server.wait_closed()


asyncio.run(main())
