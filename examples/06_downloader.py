# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# Three downloads at the same time take as long as one.
import asyncio


async def download_file(name):
    print(f"Downloading {name}")
    await asyncio.sleep(2)
    print(f"{name} downloaded")


async def main():
    await asyncio.gather(
        download_file("file1"),
        download_file("file2"),
        download_file("file3"),
    )


asyncio.run(main())
