# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# Money goes from account to account in transactions; those that the server makes give way
# to others are tried again. The server is that of the first argument, or of PGHOST and the
# like.
import asyncio
import random
import sys

import asyncpg


async def transfer(db, source, target, cents):
    for attempt in range(50):
        try:
            async with db.acquire() as t, t.transaction(isolation="serializable"):
                left = await t.fetchval("select cents from account where id = $1", source)
                if left < cents:
                    raise RuntimeError("not enough money")
                await t.execute("update account set cents = cents - $2 where id = $1", source, cents)
                await t.execute("update account set cents = cents + $2 where id = $1", target, cents)
            return
        except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
            if attempt == 49:
                raise
            await asyncio.sleep(random.uniform(0.5, 1) * min(0.005 * 2 ** attempt, 1))


async def show(db):
    for account, cents in await db.fetch("select id, cents from account order by id"):
        print(f"Account {account}: {cents} cents")


async def main():
    async with asyncpg.create_pool(*sys.argv[1:], min_size=1, max_size=4) as db:
        await db.execute("drop table if exists account")
        await db.execute("create table account(id int primary key, cents int)")
        accounts = [(1, 1000), (2, 1000), (3, 0)]
        await db.executemany("insert into account values($1, $2)", accounts)
        transfers = []
        for _ in range(10):
            transfers.append(transfer(db, 1, 2, 70))
            transfers.append(transfer(db, 2, 3, 100))
        await asyncio.gather(*transfers)
        await show(db)
        try:
            await transfer(db, 1, 3, 500)
        except RuntimeError as error:
            print("Account 1 to 3:", error)
        await show(db)
        await db.execute("drop table account")


asyncio.run(main())
