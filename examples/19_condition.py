# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A condition tells when what its lock protects has changed.
import asyncio

items = 0


async def consumer(condition):
    async with condition:
        await condition.wait_for(lambda: items == 3)
        print(f"{items} items, at last")


async def producer(condition):
    global items
    for _ in range(3):
        await asyncio.sleep(0.05)
        async with condition:
            items += 1
            print("one more item")
            condition.notify()


async def main():
    condition = asyncio.Condition()
    await asyncio.gather(consumer(condition), producer(condition))


asyncio.run(main())
