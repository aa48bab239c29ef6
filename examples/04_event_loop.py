# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# The event loop: run makes it, and it runs what is ready, turn by turn.
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(print, "The loop calls a function")
    print("The loop runs main")
    await asyncio.sleep(0)
    print("The loop runs main again")


print("No loop yet")
asyncio.run(main())
print("The loop is closed")
