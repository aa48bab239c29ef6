# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# as_completed gives tasks in the order in which they end.
import asyncio


async def fetch(name, seconds):
    await asyncio.sleep(seconds)
    return name


async def main():
    tasks = [
        asyncio.create_task(fetch("slow", 0.3)),
        asyncio.create_task(fetch("quick", 0.1)),
        asyncio.create_task(fetch("middling", 0.2)),
    ]
    for task in asyncio.as_completed(tasks):
        print(await task)


asyncio.run(main())
