#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Rondo authors
"""The asyncio peer: asyncio_peer.py [--uvloop] WORKLOAD ARGS…

The same workloads on asyncio's own loop or on uvloop, written as tuned asyncio
programs are: protocols rather than streams for servers, `asyncio.timeout`,
pidfd child watcher, `TCP_NODELAY` (asyncio's default), aiohttp for HTTP.
"""
import asyncio
import os
import random
import resource
import sys
import time

now = time.perf_counter_ns


def result(name, value, unit, **more):
    extra = "".join(f" {key}={val}" for key, val in more.items())
    print(f"RESULT {name} {value:.3f} {unit}{extra}", flush=True)


def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


async def switch(n):
    async def yielder():
        for _ in range(n):
            await asyncio.sleep(0)

    began = now()
    await asyncio.gather(yielder(), yielder())
    result("switch", (now() - began) / (2 * n), "ns/switch")


async def spawn(n):
    async def nothing():
        pass

    began = now()
    for first in range(0, n, 1000):
        await asyncio.gather(*[nothing() for _ in range(min(1000, n - first))])
    result("spawn", (now() - began) / n, "ns/task")


async def await_(n):
    async def child(value):
        return value

    total = 0
    began = now()
    for i in range(n):
        total += await child(i)
    took = now() - began
    assert total == n * (n - 1) // 2
    result("await", took / n, "ns/await")


async def sleepers(n):
    before = resident()
    began = now()
    tasks = [asyncio.create_task(asyncio.sleep(100)) for _ in range(n)]
    await asyncio.sleep(0)  # every task runs up to its sleep
    took = now() - began
    result("sleepers", (resident() - before) / n, "B/task")
    result("sleepers_start", took / n, "ns/task")
    began = now()
    for task in tasks:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    result("cancel", (now() - began) / n, "ns/task")
    assert all(isinstance(o, asyncio.CancelledError) for o in outcomes)


async def timers(n):
    random.seed(1)
    began = time.process_time_ns()
    await asyncio.gather(*[asyncio.sleep(random.random()) for _ in range(n)])
    result("timers", (time.process_time_ns() - began) / n, "cpu-ns/timer")


async def timeout(n):
    began = now()
    for _ in range(n):
        async with asyncio.timeout(10):
            await asyncio.sleep(0)
    result("timeout", (now() - began) / n, "ns/timeout-scope")


async def queue(n):
    items = asyncio.Queue(128)

    async def producer():
        for i in range(n):
            await items.put(i)

    async def consumer():
        total = 0
        for _ in range(n):
            total += await items.get()
        return total

    began = now()
    _, total = await asyncio.gather(producer(), consumer())
    took = now() - began
    assert total == n * (n - 1) // 2
    result("queue", took / n, "ns/item")


async def to_thread(n):
    def trivial(value):
        return value

    began = now()
    for i in range(n):
        assert await asyncio.to_thread(trivial, i) == i
    result("to_thread", (now() - began) / n, "ns/roundtrip")


async def udp(n):
    class Answer(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, sender):
            self.transport.sendto(data, sender)

    class Ask(asyncio.DatagramProtocol):
        def __init__(self):
            self.done = loop.create_future()
            self.count = 0

        def connection_made(self, transport):
            self.transport = transport

        def send(self):
            self.question = self.count.to_bytes(8, "little") + bytes(56)
            self.transport.sendto(self.question)

        def datagram_received(self, data, sender):
            assert data == self.question
            self.count += 1
            if self.count == n:
                self.done.set_result(None)
            else:
                self.send()

    loop = asyncio.get_running_loop()
    server, _ = await loop.create_datagram_endpoint(Answer, local_addr=("127.0.0.1", 0))
    client, ask = await loop.create_datagram_endpoint(Ask, remote_addr=server.get_extra_info("sockname"))
    began = now()
    ask.send()
    await ask.done
    result("udp", (now() - began) / n, "ns/roundtrip")
    client.close()
    server.close()


async def subprocess(n):
    left = iter(range(n))

    async def worker():
        for _ in left:
            process = await asyncio.create_subprocess_exec("/bin/true")
            assert await process.wait() == 0

    began = now()
    await asyncio.gather(*[worker() for _ in range(16)])
    result("subprocess", (now() - began) / n / 1e3, "us/process")


class Echo(asyncio.BufferedProtocol):
    """Reads into one buffer of the connection: a plain Protocol makes asyncio
    allocate 256 KiB for every read, which costs several times the echo."""

    def connection_made(self, transport):
        self.transport = transport
        self.buffer = memoryview(bytearray(65536))

    def get_buffer(self, sizehint):
        return self.buffer

    def buffer_updated(self, nbytes):
        # A copy: the transport may keep what it is given past the next read.
        self.transport.write(bytes(self.buffer[:nbytes]))

    # A peer that does not read is not read from.
    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def echo(port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", port, backlog=1024)
    print("READY", flush=True)
    await server.serve_forever()


async def http(port):
    from aiohttp import web

    async def hello(request):
        return web.Response(text="Hello, World!")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    print("READY", flush=True)
    await asyncio.Event().wait()


async def download(port, n, conc, path):
    import aiohttp

    url = f"http://127.0.0.1:{port}/{path.lstrip('/')}"
    left = iter(range(n))
    total = 0

    async def worker(session):
        nonlocal total
        for _ in left:
            async with session.get(url) as response:
                assert response.status == 200
                body = await response.read()  # apart: += reads `total` before the await
                total += len(body)

    cpu, began = time.process_time_ns(), now()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=conc)) as session:
        await asyncio.gather(*[worker(session) for _ in range(conc)])
    took, cpu = now() - began, time.process_time_ns() - cpu
    result("download", took / n / 1e3, "us/get", bytes=total)
    result("download_cpu", cpu / n / 1e3, "us/get", bytes=total)


async def files(folder, n):
    with os.scandir(folder) as entries:
        paths = sorted(e.path for e in entries if e.is_file())[:n]

    def read(path):
        with open(path, "rb") as f:
            return f.read()

    cpu, began = time.process_time_ns(), now()
    contents = await asyncio.gather(*[asyncio.to_thread(read, path) for path in paths])
    took, cpu = now() - began, time.process_time_ns() - cpu
    total = sum(map(len, contents))
    count = max(1, len(paths))
    result("files", took / count / 1e3, "us/file", bytes=total)
    result("files_cpu", cpu / count / 1e3, "us/file", bytes=total)


WORKLOADS = {
    "switch": (switch, int),
    "spawn": (spawn, int),
    "await": (await_, int),
    "sleepers": (sleepers, int),
    "timers": (timers, int),
    "timeout": (timeout, int),
    "queue": (queue, int),
    "to_thread": (to_thread, int),
    "subprocess": (subprocess, int),
    "udp": (udp, int),
    "echo": (echo, int),
    "http": (http, int),
    "download": (download, int, int, int, str),
    "files": (files, str, int),
}


def main():
    arguments = sys.argv[1:]
    use_uvloop = "--uvloop" in arguments
    if use_uvloop:
        arguments.remove("--uvloop")
        try:
            import uvloop
        except ImportError:
            print("uvloop is not installed", file=sys.stderr)
            return 64
    if arguments == ["version"]:
        versions = [f"Python {sys.version.split()[0]}"]
        if use_uvloop:
            versions.append(f"uvloop {uvloop.__version__}")
        try:
            import aiohttp

            versions.append(f"aiohttp {aiohttp.__version__}")
        except ImportError:
            pass
        print("VERSION " + ", ".join(versions))
        return 0
    function, *types = WORKLOADS.get(arguments[0] if arguments else "", (None,))
    if function is None or len(arguments) - 1 != len(types):
        return 64
    if arguments[0] in ("http", "download"):
        try:
            import aiohttp  # noqa: F401
        except ImportError:
            print("aiohttp is not installed", file=sys.stderr)
            return 64
    call = function(*[kind(text) for kind, text in zip(types, arguments[1:])])
    if use_uvloop:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(call)
    else:
        if sys.version_info < (3, 12):  # later versions choose this one by themselves
            asyncio.set_child_watcher(asyncio.PidfdChildWatcher())
        asyncio.run(call)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
