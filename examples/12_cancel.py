# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A cancelled task goes no further, but cleans up: in its finally blocks.
import asyncio


async def cancel_me():
    print("cancel_me(): before sleep")
    try:
        await asyncio.sleep(3600)
        print("cancel_me(): never printed")
    finally:
        print("cancel_me(): cleaning up")


async def main():
    task = asyncio.create_task(cancel_me())
    await asyncio.sleep(0.1)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("main(): cancel_me is cancelled now")


asyncio.run(main())
