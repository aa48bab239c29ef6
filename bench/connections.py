#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""What connections cost a server: memory while they are idle, CPU to accept.

Starts each server that is built on one core and opens COUNT connections from the
other, each of which exchanges one message and is then left alone; then opens and
closes as many one after the other. Reads the server's own memory (Pss of
/proc/PID/smaps_rollup, so nothing of the kernel's) and CPU time.

    bench/connections.py [--count 9000] [--rounds 3] [--programs rondo,go] [--workload echo|http]
"""
import argparse
import os
import pathlib
import resource
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "build" / "peers"


def programs():
    """Name -> (command before the arguments, environment)."""
    rondo = str(ROOT / "build/release/bench/rondo_bench")
    gcc = str(ROOT / "build/gcc/bench/rondo_bench")
    python = str(PEERS / "venv/bin/python")
    peer = str(ROOT / "bench/peers/asyncio_peer.py")
    all_of_them = {
        "rondo uring": ([rondo], {"RONDO_BACKEND": "uring"}),
        "rondo epoll": ([rondo], {"RONDO_BACKEND": "epoll"}),
        "rondo g++": ([gcc], {"RONDO_BACKEND": "uring"}),
        "libuv": ([str(PEERS / "libuv_peer")], {}),
        "asio": ([str(PEERS / "asio_peer")], {}),
        "go": ([str(PEERS / "go_peer")], {}),
        "tokio": ([str(PEERS / "tokio_peer")], {}),
        "uvloop": ([python, peer, "--uvloop"], {}),
        "asyncio": ([python if os.path.exists(python) else sys.executable, peer], {}),
    }
    return {n: p for n, p in all_of_them.items() if all(os.path.exists(w) for w in p[0] if "/" in w)}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def memory(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no Pss for process {pid}")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def echo(s):
    s.sendall(b"x")
    if s.recv(1) != b"x":
        raise RuntimeError("the echo differs")


def http(s):
    s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    reply = b""
    while not reply.endswith(b"Hello, World!"):
        piece = s.recv(4096)
        if not piece:
            raise RuntimeError("the reply differs")
        reply += piece


def measure(command, environment, count, workload):
    exchange = {"echo": echo, "http": http}[workload]
    port = free_port()
    server = subprocess.Popen([*command, workload, str(port)], stdout=subprocess.PIPE,
                              env={**os.environ, **environment},
                              preexec_fn=lambda: os.sched_setaffinity(0, {0}))
    try:
        if server.stdout.readline().strip() != b"READY":
            raise RuntimeError("the server did not start")
        # What the first connections make for all of them is not theirs.
        for _ in range(100):
            with socket.create_connection(("127.0.0.1", port)) as s:
                exchange(s)
        time.sleep(0.2)
        before = memory(server.pid)
        idle = []
        for _ in range(count):
            s = socket.create_connection(("127.0.0.1", port))
            exchange(s)
            idle.append(s)
        bytes_each = (memory(server.pid) - before) / count
        for s in idle:
            s.close()
        time.sleep(0.3)
        cpu, start = cpu_seconds(server.pid), time.monotonic()
        for _ in range(count):
            with socket.create_connection(("127.0.0.1", port)) as s:
                exchange(s)
        wall = time.monotonic() - start
        time.sleep(0.2)
        return bytes_each, (cpu_seconds(server.pid) - cpu) / count * 1e6, count / wall
    finally:
        server.kill()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=9000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--programs", default="", help="beginnings of names, with commas between")
    parser.add_argument("--workload", default="echo", choices=["echo", "http"])
    options = parser.parse_args()
    wanted = [w for w in options.programs.split(",") if w]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < options.count + 100:
        sys.exit(f"connections: {options.count} connections need more than {hard} file descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, options.count + 1000), hard))
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    chosen = {n: p for n, p in programs().items()
              if not wanted or any(n.startswith(w) for w in wanted)}
    seen = {name: [] for name in chosen}
    for _ in range(options.rounds):
        for name, (command, environment) in chosen.items():
            seen[name].append(measure(command, environment, options.count, options.workload))
    print(f"| {options.count} connections | B each, idle | min–max | us of CPU to accept, exchange, close "
          "| min–max | connections/s |")
    print("|:--|--:|--:|--:|--:|--:|")
    for name, rounds in seen.items():
        memory_each, cpu, rate = (sorted(r[i] for r in rounds) for i in range(3))
        print(f"| {name} | {statistics.median(memory_each):.0f} "
              f"| {memory_each[0]:.0f}–{memory_each[-1]:.0f} | {statistics.median(cpu):.1f} "
              f"| {cpu[0]:.1f}–{cpu[-1]:.1f} | {statistics.median(rate):.0f} |")


if __name__ == "__main__":
    main()
