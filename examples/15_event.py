# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# An event is a flag that tasks can wait for.
import asyncio


async def waiter(event):
    print("waiting for it ...")
    await event.wait()
    print("... got it!")


async def main():
    event = asyncio.Event()
    waiter_task = asyncio.create_task(waiter(event))
    await asyncio.sleep(0.1)
    event.set()
    await waiter_task


asyncio.run(main())
