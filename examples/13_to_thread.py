# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# to_thread keeps what blocks away from the event loop.
import asyncio
import time


def blocking_io():
    print("start blocking_io")
    time.sleep(0.2)
    print("blocking_io complete")


async def not_blocked():
    await asyncio.sleep(0.1)
    print("the loop runs meanwhile")


async def main():
    await asyncio.gather(asyncio.to_thread(blocking_io), not_blocked())
    print("finished main")


asyncio.run(main())
