# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A semaphore lets at most two in at the same time.
import asyncio


async def fetch(name, seconds, semaphore):
    async with semaphore:
        print(f"{name} begins")
        await asyncio.sleep(seconds)
        print(f"{name} ends")


async def main():
    semaphore = asyncio.Semaphore(2)
    await asyncio.gather(
        fetch("page1", 0.1, semaphore),
        fetch("page2", 0.2, semaphore),
        fetch("page3", 0.2, semaphore),
    )


asyncio.run(main())
