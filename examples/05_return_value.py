# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# An async function returns its value to whoever awaits it.
import asyncio


async def calculate():
    await asyncio.sleep(1)
    return 10


async def main():
    result = await calculate()
    print(result)


asyncio.run(main())
