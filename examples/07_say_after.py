# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# One await after the other: one second and two seconds are three.
import asyncio
import time


async def say_after(delay, what):
    await asyncio.sleep(delay)
    print(what)


async def main():
    start = time.monotonic()
    await say_after(1, "hello")
    await say_after(2, "world")
    took = time.monotonic() - start
    print(f"took {took:.0f} seconds")


asyncio.run(main())
