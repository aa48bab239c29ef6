# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# An async generator yields values and may await between them.
import asyncio


async def countdown(start):
    for i in range(start, 0, -1):
        yield i
        await asyncio.sleep(0.1)


async def main():
    async for i in countdown(3):
        print(i)
    print("Liftoff!")


asyncio.run(main())
