# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# An async function: calling it runs nothing yet, awaiting it does.
import asyncio


async def greet():
    print("Hello")


async def main():
    greeting = greet()
    print("Nothing was printed yet")
    await greeting


asyncio.run(main())
