# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# Files: write, read lines, copy, list a directory.
import asyncio
import shutil
import tempfile
from asyncio import to_thread
from pathlib import Path


async def main():
    with tempfile.TemporaryDirectory() as directory:
        notes = Path(directory) / "notes.txt"
        await to_thread(notes.write_text, "buy milk\ncall home\n")
        with await to_thread(open, notes) as lines:
            for line in lines:
                print(f"- {line}", end="")
        await to_thread(shutil.copy, notes, notes.with_name("copy.txt"))
        names = sorted(p.name for p in await to_thread(lambda: list(Path(directory).iterdir())))
        print(" ".join(names))
        size = (await to_thread(notes.stat)).st_size
        print(f"{size} bytes")
        try:
            await to_thread(Path("/no/such/file").read_text)
        except OSError as error:
            print(error.strerror)


asyncio.run(main())
