# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# create_task starts a coroutine beside its creator: two seconds, not three.
import asyncio
import time


async def say_after(delay, what):
    await asyncio.sleep(delay)
    print(what)


async def main():
    start = time.monotonic()
    task1 = asyncio.create_task(say_after(1, "hello"))
    task2 = asyncio.create_task(say_after(2, "world"))
    await task1
    await task2
    took = time.monotonic() - start
    print(f"took {took:.0f} seconds")


asyncio.run(main())
