# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# wait_for cancels what takes too long.
import asyncio


async def eternity():
    await asyncio.sleep(3600)
    print("yay!")


async def main():
    try:
        await asyncio.wait_for(eternity(), timeout=0.1)
    except TimeoutError:
        print("timeout!")


asyncio.run(main())
