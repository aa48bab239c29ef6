# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# A context variable has a value of its own in each task.
import asyncio
import contextvars

user = contextvars.ContextVar("user", default="nobody")


async def greet():
    await asyncio.sleep(0.05)
    print(f"Hello, {user.get()}")


async def handle(name):
    user.set(name)
    await greet()


async def main():
    await asyncio.gather(handle("Ada"), handle("Grace"))
    await greet()


asyncio.run(main())
