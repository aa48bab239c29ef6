# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# At a barrier tasks wait until all have come.
import asyncio


async def runner(name, seconds, barrier):
    await asyncio.sleep(seconds)
    print(f"{name} is at the start")
    await barrier.wait()
    print(f"{name} runs")


async def main():
    barrier = asyncio.Barrier(3)
    await asyncio.gather(
        runner("Ada", 0.1, barrier),
        runner("Grace", 0.2, barrier),
        runner("Alan", 0.3, barrier),
    )


asyncio.run(main())
