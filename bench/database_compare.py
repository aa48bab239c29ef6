#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""Databases: Rondo's clients beside the same in C (libpq with epoll, SQLite's own
interface, redis-benchmark) and in Python (asyncpg, aiosqlite, redis-py on uvloop), each
against the same server, which this starts. Prints what an operation costs the client in
processor time: the median of the rounds and their spread, and the median of the ratios
to Rondo's own figure within a round.

    bench/peers/build.sh floor_libpq floor_sqlite python
    bench/database_compare.py build/release/bench/rondo_bench [--rounds 5] [--scale 1.0]

Needs postgresql and redis-server.
"""
import argparse
import os
import pathlib
import pwd
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILT = HERE.parent / "build" / "peers"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_postgres(folder, port):
    programs = max(pathlib.Path("/usr/lib/postgresql").iterdir(), key=lambda p: int(p.name)) / "bin"
    as_user = {}
    if os.getuid() == 0:  # it refuses to run as root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    subprocess.run([programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "app"],
                   check=True, stdout=subprocess.DEVNULL, cwd="/", **as_user)
    server = subprocess.Popen(
        [programs / "postgres", "-D", folder / "data", "-p", str(port), "-k", folder, "-c",
         "fsync=off"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **as_user)
    while subprocess.run([programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p",
                          str(port)]).returncode:
        time.sleep(0.1)
    return server


def start_redis(folder, port):
    server = subprocess.Popen(["redis-server", "--port", str(port), "--save", "", "--dir", folder],
                              stdout=subprocess.DEVNULL)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server
        except OSError:
            time.sleep(0.1)


def cpu(command, operations=None, backend=None):
    """What a program says of itself; operations: what it cost, of one that says nothing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run([str(c) for c in command], capture_output=True, text=True,
                         env={**os.environ, **({"RONDO_BACKEND": backend} if backend else {})})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode:
        sys.exit(f"{command}: ended with {ran.returncode}: {ran.stderr}")
    if operations:
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return spent / operations * 1e6
    return float(re.search(r"_cpu ([\d.]+) us", ran.stdout).group(1))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--scale", type=float, default=1.0)
    options = arguments.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
    os.chmod(folder, 0o755)
    postgres_port, redis_port = free_port(), free_port()
    conninfo = f"postgres://app@127.0.0.1:{postgres_port}/postgres"
    python = [BUILT / "venv" / "bin" / "python", HERE / "peers" / "asyncio_databases.py"]
    libpq, sqlite = [BUILT / "floor_libpq"], [BUILT / "floor_sqlite"]

    def n(operations):
        return int(operations * options.scale)

    def benchmark(operations):  # sets, and as many gets
        return ["redis-benchmark", "-p", redis_port, "-c", "1", "-P", "64", "-n", operations // 2,
                "-t", "set,get", "-q"]

    file = folder / "bench.db"
    rows = [  # workload and its arguments; who else does it
        ("a query, pool of 10", "pg", [conninfo, n(20_000), 10], {"C": libpq, "Python": python}),
        ("64 tasks, one connection", "pg_pipe", [conninfo, n(50_000), 64], {"C": libpq}),
        ("a batch of 64", "pg_batch", [conninfo, n(100_000), 64], {"C": libpq}),
        ("COPY in, a row", "pg_copy", [conninfo, n(500_000)], {"C": libpq, "Python": python}),
        ("streamed select, a row", "pg_stream", [conninfo, n(500_000)],
         {"C": libpq, "Python": python}),
        ("awaited insert, 1 task", "sqlite", [file, n(20_000), 1], {"Python": python}),
        ("awaited insert, 64 tasks", "sqlite", [file, n(50_000), 64], {"Python": python}),
        ("execute_many, a row", "sqlite_many", [file, n(300_000)], {"C": sqlite, "Python": python}),
        ("SET and GET, 64 tasks", "redis", [redis_port, n(200_000), 64], {"Python": python}),
    ]
    servers = []
    found = {}
    try:
        servers = [start_postgres(folder, postgres_port), start_redis(folder, redis_port)]
        for _ in range(options.rounds):
            for title, workload, given, peers in rows:
                def note(who, value):
                    found.setdefault((title, who), []).append(value)

                def fresh():
                    for end in ("", "-wal", "-shm"):
                        pathlib.Path(str(file) + end).unlink(missing_ok=True)

                for backend in ("uring", "epoll"):
                    fresh()
                    note(backend, cpu([options.program, workload, *given], backend=backend))
                for who, program in peers.items():
                    fresh()
                    # Python takes its time: fewer operations show the same.
                    less = [a // 10 if who == "Python" and isinstance(a, int) and a > 1000 and
                            a != redis_port else a for a in given]
                    note(who, cpu([*program, workload, *less]))
                if workload == "redis":
                    note("C", cpu(benchmark(n(200_000)), n(200_000)))
        print("| µs of the client's CPU | uring | epoll | C | Python | uring ÷ C | epoll ÷ C "
              "| Python ÷ uring |\n|---|--:|--:|--:|--:|--:|--:|--:|")
        for title, *_ in rows:
            def shown(who):
                all_ = found.get((title, who))
                if not all_:
                    return ""
                return f"{statistics.median(all_):.2f} ({min(all_):.2f}–{max(all_):.2f})"

            def ratio(one, other):
                a, b = found.get((title, one)), found.get((title, other))
                return f"{statistics.median(x / y for x, y in zip(a, b)):.2f}" if a and b else ""

            print(f"| {title} | {shown('uring')} | {shown('epoll')} | {shown('C')} | "
                  f"{shown('Python')} | {ratio('uring', 'C')} | {ratio('epoll', 'C')} | "
                  f"{ratio('Python', 'uring')} |")
        ran = subprocess.run([options.program, "pg_cancel", conninfo, "2000"], capture_output=True,
                             text=True)
        print("\n" + ran.stdout)
    finally:
        for server in servers:
            server.terminate()
            server.wait()
        subprocess.run(["rm", "-rf", folder])


if __name__ == "__main__":
    main()
