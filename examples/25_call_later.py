# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# The loop calls plain functions: soon, later, at a point in time.
import asyncio


def tick(n, done):
    print(f"tick {n}")
    if n < 3:
        asyncio.get_running_loop().call_later(0.1, tick, n + 1, done)
    else:
        done.set()


async def main():
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    loop.call_soon(tick, 1, done)
    loop.call_at(loop.time() + 0.15, print, "between two ticks")
    timer = loop.call_later(0.05, print, "never printed")
    timer.cancel()
    await done.wait()


asyncio.run(main())
