# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# An echo server and its client over TLS, with a certificate of their own making.
import asyncio
import ssl
import subprocess
import tempfile


def make_certificate(folder):
    command = ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
               " -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
               f" -keyout {folder}/key.pem -out {folder}/cert.pem 2>{folder}/log")
    subprocess.run(command, shell=True, check=True)


async def handle_echo(reader, writer):
    line = await reader.readline()
    print(f"Server received: {line.decode()}", end="")
    writer.write(line)
    await writer.drain()
    writer.close()


async def echo_client(host, port, context):
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    print("Connected with", writer.get_extra_info("ssl_object").version())
    writer.write(b"Hello\n")
    await writer.drain()
    reply = await reader.read()
    print(f"Client received: {reply.decode()}", end="")
    writer.close()
    await writer.wait_closed()


async def main():
    with tempfile.TemporaryDirectory() as folder:
        await asyncio.to_thread(make_certificate, folder)
        server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server_context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        server = await asyncio.start_server(handle_echo, "127.0.0.1", 0, ssl=server_context)
        port = server.sockets[0].getsockname()[1]
        context = ssl.create_default_context(cafile=f"{folder}/cert.pem")
        await echo_client("localhost", port, context)
        try:
            await echo_client("127.0.0.1", port, context)
        except ssl.SSLCertVerificationError:
            print("Not for 127.0.0.1")
        server.close()
        await server.wait_closed()


asyncio.run(main())
