# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A lock keeps others out while a task reads, waits and writes.
import asyncio

balance = 0


async def deposit(lock, amount):
    global balance
    async with lock:
        before = balance
        await asyncio.sleep(0.05)
        balance = before + amount


async def main():
    lock = asyncio.Lock()
    await asyncio.gather(deposit(lock, 10), deposit(lock, 20), deposit(lock, 30))
    print(f"balance: {balance}")


asyncio.run(main())
