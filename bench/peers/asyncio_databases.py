#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Rondo authors
"""The Python peer of the database workloads: asyncio_databases.py WORKLOAD ARGUMENTS…,
on uvloop: asyncpg, aiosqlite, redis-py with hiredis.
"""
import asyncio
import os
import sys
import time


class measured:
    def __init__(self, name, unit, n):
        self.name, self.unit, self.n = name, unit, n

    def __enter__(self):
        self.began, self.cpu = time.perf_counter_ns(), time.process_time_ns()

    def __exit__(self, *_):
        for name, took in ((self.name, time.perf_counter_ns() - self.began),
                           (self.name + "_cpu", time.process_time_ns() - self.cpu)):
            print(f"RESULT {name} {took / 1000 / self.n:.3f} us/{self.unit}", flush=True)


async def in_tasks(ask, n, tasks):
    await asyncio.gather(*[ask(n * i // tasks, n * (i + 1) // tasks) for i in range(tasks)])


async def pg(conninfo, n, tasks):
    import asyncpg

    async with asyncpg.create_pool(conninfo, min_size=tasks, max_size=tasks) as pool:
        async def ask(first, last):
            for i in range(first, last):
                assert await pool.fetchval("select $1::int", i) == i

        await in_tasks(ask, tasks * 10, tasks)
        with measured("pg", "query", n):
            await in_tasks(ask, n, tasks)


async def pg_copy(conninfo, n):
    import asyncpg

    connection = await asyncpg.connect(conninfo)
    await connection.execute("drop table if exists bench_copy")
    await connection.execute("create unlogged table bench_copy(id int, name text)")

    async def rows():
        piece = []
        for i in range(n):
            piece.append(b"%d\tname of the row %05d\n" % (i, i % 10000))
            if len(piece) == 1000 or i + 1 == n:
                yield b"".join(piece)
                piece.clear()

    with measured("pg_copy", "row", n):
        done = await connection.copy_to_table("bench_copy", source=rows())
    assert done == f"COPY {n}"
    await connection.close()


async def pg_stream(conninfo, n):
    import asyncpg

    connection = await asyncpg.connect(conninfo)
    with measured("pg_stream", "row", n):
        async with connection.transaction():
            got = 0
            async for row in connection.cursor(
                    "select i, 'name of the row ' || i % 10000 from generate_series(1, $1::int) i",
                    n, prefetch=512):
                got += 1
                assert row[0] == got
    assert got == n
    await connection.close()


async def sqlite(file, n, tasks):
    import aiosqlite

    async with aiosqlite.connect(file) as db:
        await db.execute("pragma journal_mode = wal")
        await db.execute("pragma synchronous = normal")
        await db.execute("create table t(id integer primary key, name text, score real)")
        await db.commit()

        async def insert(first, last):
            for i in range(first, last):
                await db.execute("insert into t values(?, ?, ?)", (i, "name", 0.5))

        with measured("sqlite", "row", n):
            await in_tasks(insert, n, tasks)
            await db.commit()


async def sqlite_many(file, n):
    import aiosqlite

    async with aiosqlite.connect(file) as db:
        await db.execute("pragma journal_mode = wal")
        await db.execute("pragma synchronous = normal")
        await db.execute("create table t(id integer primary key, name text, score real)")
        await db.commit()
        with measured("sqlite_many", "row", n):
            await db.executemany("insert into t values(?, ?, ?)",
                                 ((i, "name", 0.5) for i in range(n)))
            await db.commit()


async def redis(port, n, tasks):
    import redis.asyncio

    client = redis.asyncio.Redis(port=port, max_connections=tasks)

    async def set_and_get(first, last):
        for i in range(first, last):
            value = str(i)
            await client.set(f"key{first}", value)
            assert await client.get(f"key{first}") == value.encode()

    await in_tasks(set_and_get, tasks, tasks)
    with measured("redis", "op", 2 * n):
        await in_tasks(set_and_get, n, tasks)
    await client.aclose()


WORKLOADS = {
    "pg": (pg, str, int, int),
    "pg_copy": (pg_copy, str, int),
    "pg_stream": (pg_stream, str, int),
    "sqlite": (sqlite, str, int, int),
    "sqlite_many": (sqlite_many, str, int),
    "redis": (redis, int, int, int),
}


def main():
    function, *types = WORKLOADS.get(sys.argv[1] if len(sys.argv) > 1 else "", (None,))
    if function is None or len(sys.argv) - 2 < len(types):
        return 64
    if function in (sqlite, sqlite_many):
        for end in ("", "-wal", "-shm"):
            if os.path.exists(sys.argv[2] + end):
                os.unlink(sys.argv[2] + end)
    import uvloop

    uvloop.run(function(*[kind(text) for kind, text in zip(types, sys.argv[2:])]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
