# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# shield protects what must be finished from the cancellation of its caller.
import asyncio


async def save():
    print("saving")
    await asyncio.sleep(0.2)
    print("saved")


async def request():
    await asyncio.shield(save())
    await asyncio.sleep(3600)
    print("never printed")


async def main():
    task = asyncio.create_task(request())
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.sleep(0.2)
    if task.cancelled():
        print("the request was cancelled")


asyncio.run(main())
