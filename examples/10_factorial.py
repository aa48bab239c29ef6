# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# gather gives the results in the order of its arguments.
import asyncio


async def factorial(name, number):
    f = 1
    for i in range(2, number + 1):
        print(f"Task {name}: Compute factorial({number}), currently i={i}...")
        await asyncio.sleep(0.1)
        f *= i
    print(f"Task {name}: factorial({number}) = {f}")
    return f


async def main():
    a, b, c = await asyncio.gather(
        factorial("A", 2),
        factorial("B", 3),
        factorial("C", 4),
    )
    print(a, b, c)


asyncio.run(main())
