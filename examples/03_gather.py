# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# gather runs tasks concurrently: both are done after two seconds, not three.
import asyncio


async def task1():
    await asyncio.sleep(1)
    print("Task 1 completed")


async def task2():
    await asyncio.sleep(2)
    print("Task 2 completed")


async def main():
    await asyncio.gather(task1(), task2())


asyncio.run(main())
