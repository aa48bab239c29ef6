# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A queue spreads work over three workers.
import asyncio


async def worker(name, queue):
    while True:
        seconds = await queue.get()
        await asyncio.sleep(seconds)
        print(f"{name} has slept for {seconds:.1f} seconds")
        queue.task_done()


async def main():
    queue = asyncio.Queue()
    for seconds in (0.1, 0.2, 0.3, 0.3, 0.3, 0.3):
        queue.put_nowait(seconds)

    workers = []
    for name in ("worker-0", "worker-1", "worker-2"):
        workers.append(asyncio.create_task(worker(name, queue)))

    await queue.join()
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    print("all work is done")


asyncio.run(main())
