# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# What computes long runs in other processes, on all cores.
import asyncio
from concurrent.futures import ProcessPoolExecutor


def count_primes(limit):
    count = 0
    for n in range(2, limit):
        d = 2
        while d * d <= n and n % d != 0:
            d += 1
        count += d * d > n
    return count


async def main():
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(max_workers=2) as pool:
        n = await loop.run_in_executor(pool, count_primes, 1000)
        print(f"{n} primes below 1000")
        limits = [10, 100, 10000]
        counts = await asyncio.gather(*(loop.run_in_executor(pool, count_primes, m) for m in limits))
        for limit, count in zip(limits, counts):
            print(f"{count} below {limit}")


if __name__ == "__main__":
    asyncio.run(main())
