# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# The orders of four shops go into PostgreSQL at the same time, with COPY. The server is that
# of the first argument, or of PGHOST and the like.
import asyncio
import sys

import asyncpg


async def read_orders(shop, count):
    for number in range(1, count + 1):
        yield f"{shop},{number},{number % 90}\n".encode()


async def import_orders(db, shop, count):
    async with db.acquire() as connection:
        await connection.copy_to_table("orders", source=read_orders(shop, count), format="csv")


async def main():
    async with asyncpg.create_pool(*sys.argv[1:], min_size=1) as db:
        await db.execute("drop table if exists orders")
        await db.execute("create table orders(shop text, number int, cents int)")
        await asyncio.gather(
            import_orders(db, "Oslo", 2000),
            import_orders(db, "Rome", 1000),
            import_orders(db, "Kiel", 500),
            import_orders(db, "Bern", 1))
        async with db.acquire() as connection, connection.transaction():
            async for row in connection.cursor(
                    "select shop, count(*)::int as orders, sum(cents)::int as cents from orders "
                    "group by shop order by shop"):
                print(f"{row['shop']}: {row['orders']} orders, {row['cents']} cents")

        async def lines():
            yield b"Oslo,1,50\n"
            yield b"Oslo,two,50\n"

        async with db.acquire() as connection:
            try:
                await connection.copy_to_table("orders", source=lines(), format="csv")
            except asyncpg.PostgresError as error:
                print("Refused:", error.as_dict()["message"])
        print(await db.fetchval("select count(*) from orders"), "orders")
        await db.execute("drop table orders")


asyncio.run(main())
