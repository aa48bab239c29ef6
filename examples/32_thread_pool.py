# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A pool of its own for heavy work: two images at a time, whatever else runs.
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def resize(image):
    time.sleep(0.2)
    return f"small {image}"


async def tick():
    for _ in range(3):
        await asyncio.sleep(0.08)
        print("the loop runs meanwhile")


async def main():
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=2, thread_name_prefix="resize") as pool:
        begin = time.monotonic()
        a, b, c, d, _ = await asyncio.gather(
            loop.run_in_executor(pool, resize, "a.png"),
            loop.run_in_executor(pool, resize, "b.png"),
            loop.run_in_executor(pool, resize, "c.png"),
            loop.run_in_executor(pool, resize, "d.png"),
            tick())
        print(a, b, c, d, sep=", ")
        print(f"took {time.monotonic() - begin:.1f} s")


asyncio.run(main())
