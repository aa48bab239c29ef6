# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# await pauses the coroutine: two seconds pass before "World".
import asyncio


async def greet():
    print("Hello")
    await asyncio.sleep(2)
    print("World")


asyncio.run(greet())
