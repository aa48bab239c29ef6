# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# Another thread gives the loop a coroutine to run, and waits for its result.
import asyncio


async def answer():
    await asyncio.sleep(0.1)
    return 42


def other_thread(loop):
    future = asyncio.run_coroutine_threadsafe(answer(), loop)
    print(f"the other thread got {future.result()}")


async def main():
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(other_thread, loop)


asyncio.run(main())
