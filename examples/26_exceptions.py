# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# Exceptions come out of await; gather can give them back as results instead.
import asyncio


async def divide(a, b):
    await asyncio.sleep(0.05)
    if b == 0:
        raise ValueError("division by zero")
    return a // b


async def main():
    try:
        await divide(1, 0)
    except ValueError as error:
        print(f"caught: {error}")

    results = await asyncio.gather(divide(6, 3), divide(1, 0), return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            print("failed")
        else:
            print(f"result: {result}")


asyncio.run(main())
