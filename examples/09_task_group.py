# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A task group waits for every task that was created in it.
import asyncio
import time


async def say_after(delay, what):
    await asyncio.sleep(delay)
    print(what)


async def main():
    start = time.monotonic()
    async with asyncio.TaskGroup() as tg:
        tg.create_task(say_after(1, "hello"))
        tg.create_task(say_after(2, "world"))
    took = time.monotonic() - start
    print(f"took {took:.0f} seconds")


asyncio.run(main())
