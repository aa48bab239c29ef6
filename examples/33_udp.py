# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# An echo server and its client over UDP.
import asyncio


class EchoServer(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        print(f"Server received: {data.decode()}")
        self.transport.sendto(data, sender)


class EchoClient(asyncio.DatagramProtocol):
    def __init__(self, message):
        self.message = message
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        transport.sendto(self.message.encode())

    def datagram_received(self, data, sender):
        print(f"Client received: {data.decode()}")
        self.done.set_result(None)

    def error_received(self, error):
        self.done.set_exception(error)


async def echo_client(message, address):
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: EchoClient(message), remote_addr=address)
    try:
        await asyncio.wait_for(protocol.done, 5)
    finally:
        transport.close()


async def main():
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        EchoServer, local_addr=("127.0.0.1", 0))
    address = transport.get_extra_info("sockname")
    await echo_client("Hello", address)
    await echo_client("World", address)
    transport.close()


asyncio.run(main())
